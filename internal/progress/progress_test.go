package progress

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/verify"
)

// batchPlan is of ten invocations of ten batches of five rows, four at a time.
func batchPlan() bench.Plan {
	return bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 10, Iterations: 10, Count: 5}, Concurrency: 4}
}

// answer is of an invocation all of whose statements took d and ended in second.
func answer(t testing.TB, index int, statements bench.Account, d time.Duration, second int64) *bench.Result {
	t.Helper()
	h, sparse := latency.New(), latency.Sparse{}
	for range statements.Acknowledged {
		h.Record(d)
		sparse.Record(d)
	}
	snapshot, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return &bench.Result{
		Index: index, Outcome: bench.Acknowledged, Sent: time.Now(),
		Response: &bench.Response{
			Statements: &statements, Latency: snapshot,
			Timeline: []bench.Second{{Unix: second, Statements: statements.Acknowledged, Latency: sparse}},
		},
	}
}

func startedProgress(t *testing.T, d *Display) *Part {
	t.Helper()
	return d.Begin(batchPlan(), nil)
}

// silent is a display that is neither quiet nor seen.
func silent() (*Display, *bytes.Buffer) {
	var lines bytes.Buffer
	return New(&lines, false), &lines
}

func TestProgress(t *testing.T) {
	d, lines := silent()
	g := startedProgress(t, d)
	lost := answer(t, 1, bench.Account{Planned: 10, Acknowledged: 4, Failed: 3, Unknown: 2, NotStarted: 1}, 20*time.Millisecond, 1000)
	lost.Response.Errors = []bench.ErrorCount{{Kind: "40001", Statements: 3, Rows: 15}, {Kind: "connection_lost", Statements: 1, Rows: 5}}
	lost.Response.Retried = map[string]int64{"40001": 9, "08006": 1}
	throttled := answer(t, 2, bench.Account{Planned: 10, Acknowledged: 10}, 30*time.Millisecond, 1001)
	throttled.Throttles = map[string]int{"ConcurrentInvocationLimitExceeded": 3}
	foreign := &bench.Result{Index: 3, Outcome: bench.Acknowledged, Sent: time.Now(), Response: &bench.Response{SuccessCount: 45, ErrorCount: 5}}
	crashed := &bench.Result{Index: 4, Outcome: bench.Unknown, ErrorKind: "Runtime.ExitError", Sent: time.Now()}
	unsent := &bench.Result{Index: 5, Outcome: bench.NotStarted, ErrorKind: "interrupted"}
	for _, r := range []*bench.Result{answer(t, 0, bench.Account{Planned: 10, Acknowledged: 10}, 10*time.Millisecond, 1000), lost, throttled, foreign, crashed, unsent} {
		g.Sum.Add(r)
	}
	got := g.view()
	got.Elapsed, got.Recent, got.Window = 0, 0, 0
	want := screen.Part{
		Name: "batch", Stage: screen.Running, Invocations: 10, Ended: 5, Planned: 500, Written: 50 + 20 + 50 + 45, Acknowledged: 165,
		Latency:  screen.Percentiles{Samples: 24, P50: 20 * time.Millisecond, P99: 30 * time.Millisecond},
		Total:    screen.Percentiles{Samples: 24, P50: 20 * time.Millisecond, P99: 30 * time.Millisecond},
		InFlight: 4, Limit: 4,
		Errors:    map[string]int64{"40001": 15, "Runtime.ExitError": 50, "connection_lost": 5, "other": 10},
		Retries:   map[string]int64{"08006": 1, "40001": 9},
		Throttles: map[string]int64{"ConcurrentInvocationLimitExceeded": 3},
	}
	for _, p := range []*screen.Percentiles{&got.Latency, &got.Total} { // histograms have three figures
		p.P50, p.P99 = p.P50.Round(time.Millisecond), p.P99.Round(time.Millisecond)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	g.Stop(nil)
	if got := g.view(); got.Stage != screen.Done || got.Elapsed <= 0 || got.InFlight != 0 {
		t.Errorf("%+v", got)
	}
	first, last, _ := strings.Cut(strings.TrimSpace(lines.String()), "\n")
	if first != "batch: 10 invocations, 500 rows" || !strings.HasPrefix(last, "batch: done in ") || strings.Contains(last, "left") ||
		!strings.Contains(last, "5/10 invocations, 165 rows") || !strings.Contains(last, "80 errors: Runtime.ExitError 50, 40001 (conflict) 15, other 10, connection_lost 5, 10 retries, 3 throttles") {
		t.Errorf("lines %q and %q", first, last)
	}
}

// The line at the end has the summary's numbers, however long the driver took
// around the calls.
func TestProgressEndsWithTheSummary(t *testing.T) {
	d, lines := silent()
	g := startedProgress(t, d)
	g.start = g.start.Add(-time.Hour)
	results := make([]bench.Result, 10)
	for i := range results {
		results[i] = *answer(t, i, bench.Account{Planned: 10, Acknowledged: 10}, 123_456*time.Microsecond, 1000)
		results[i].Sent, results[i].Ended = time.UnixMilli(1000), time.UnixMilli(1150)
		results[i].Response.SuccessCount = 50
		g.Sum.Add(&results[i])
	}
	s, err := sum.Of(g.plan, results)
	if err != nil {
		t.Fatal(err)
	}
	g.Stop(s)
	if got, want := lines.String(), "batch: done in 0.1 s, 10/10 invocations, 500 rows, 3333 rows/s, p99 123 ms, 0 errors\n"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %q at its end (throughput %v)", got, want, s.Throughput)
	}
	if p := g.view(); p.Total.Samples != 100 || float64(p.Total.P99)/1e6 != *s.StatementLatency.P99 {
		t.Errorf("%+v, summary %v ms", p.Total, *s.StatementLatency.P99)
	}
}

// Whoever knows what is in flight is believed.
func TestProgressOfFleet(t *testing.T) {
	d, _ := silent()
	d.Watch(func() invoke.Snapshot { return invoke.Snapshot{InFlight: 3, Limit: 2, Throttled: 12} })
	g := startedProgress(t, d)
	defer g.Stop(nil)
	r := answer(t, 0, bench.Account{Planned: 10, Acknowledged: 10}, time.Millisecond, 1)
	r.Throttles = map[string]int{"TooManyRequests": 5}
	g.Sum.Add(r)
	p := g.view()
	if p.InFlight != 3 || p.Limit != 2 {
		t.Errorf("%d of %d in flight", p.InFlight, p.Limit)
	}
	if diff := cmp.Diff(map[string]int64{"TooManyRequests": 5, "not ended yet": 7}, p.Throttles); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Rows that the database has count before the invocation answers, and are no
// longer counted once it has.
func TestProgressOfDatabase(t *testing.T) {
	d, _ := silent()
	g := newPart(d, batchPlan())
	rows, fails := int64(1000), false
	g.written = func(context.Context) (int64, error) {
		if fails {
			return 0, errors.New("busy")
		}
		return rows, nil
	}
	g.before = rows
	g.stage, g.start = screen.Running, time.Now().Add(-10*time.Second)
	for _, step := range []struct {
		rows  int64
		fails bool
		want  int64
	}{{1200, false, 200}, {1300, true, 200}, {1300, false, 300}, {1290, false, 300}, {9000, false, 500}} {
		rows, fails = step.rows, step.fails
		g.count()
		if got := g.view(); got.Written != step.want || got.Acknowledged != 0 {
			t.Errorf("%+v: written %d, acknowledged %d", step, got.Written, got.Acknowledged)
		}
	}
	g.Stop(nil)
	if got := screen.Line(g.view()); !strings.Contains(got, "0/10 invocations, 0 rows, 0 rows/s") {
		t.Errorf("the end tells of rows that nobody acknowledged: %s", got)
	}
}

// Results come from many goroutines while the screen looks on: none is missed.
func TestProgressAtOnce(t *testing.T) {
	d, _ := silent()
	g := startedProgress(t, d)
	r := answer(t, 0, bench.Account{Planned: 10, Acknowledged: 10}, time.Millisecond, 1)
	var senders, looker sync.WaitGroup
	quit := make(chan struct{})
	looker.Go(func() {
		for {
			select {
			case <-quit:
				return
			default:
				g.view()
			}
		}
	})
	for range 8 {
		senders.Go(func() {
			for range 50 {
				g.Sum.Add(r)
			}
		})
	}
	senders.Wait()
	close(quit)
	looker.Wait()
	g.Stop(nil)
	if p := g.view(); p.Ended != 400 || p.Total.Samples != 4000 || p.Latency.Samples != 4000 || p.Acknowledged != 20000 {
		t.Errorf("%+v", p)
	}
}

func TestQuiet(t *testing.T) {
	var lines bytes.Buffer
	d := New(&lines, true)
	d.Start(d.to, func() int { return 0 })
	d.Enter(screen.Verifying, "verifying")
	g := startedProgress(t, d)
	g.Sum.Add(answer(t, 0, bench.Account{Planned: 10, Acknowledged: 10}, time.Millisecond, 1))
	g.Stop(nil)
	d.Stop()
	if lines.Len() > 0 {
		t.Errorf("%q", lines.String())
	}
	if _, err := d.Write([]byte("the folder is kept\n")); err != nil || lines.String() != "the folder is kept\n" {
		t.Errorf("%q, %v: what is no progress must be said", lines.String(), err)
	}
}

// A long verification tells how far it is, every few seconds.
func TestAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		d := New(&lines, false)
		plan := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 10, Iterations: 10, Count: 100}}
		asked := d.Asking([]verify.Scenario{{Plan: plan}}).Asked
		asked(100)
		time.Sleep(plainEvery)
		asked(2500)
		asked(2600)
		time.Sleep(plainEvery)
		asked(7500)
		const want = "verifying: 2500 of 10000 ids, 15s left\nverifying: 7500 of 10000 ids, 3s left\n"
		if lines.String() != want {
			t.Errorf("%q, want %q", lines.String(), want)
		}
	})
}

// BenchmarkProgress is what a screen costs over a run of a thousand invocations
// that took 20 s each: taking in their answers, and looking four times a second.
func BenchmarkProgress(b *testing.B) {
	h := latency.New()
	r := &bench.Result{Outcome: bench.Acknowledged, Sent: time.Now(), Response: &bench.Response{Statements: &bench.Account{Planned: 10, Acknowledged: 10}}}
	for s := range int64(20) {
		second := bench.Second{Unix: 1000 + s, Latency: latency.Sparse{}}
		for i := range 50 {
			took := time.Duration(1000+37*i*int(s+1)) * time.Microsecond
			second.Latency.Record(took)
			h.Record(took)
		}
		r.Response.Timeline = append(r.Response.Timeline, second)
	}
	snapshot, err := h.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	r.Response.Latency = snapshot
	d := New(&bytes.Buffer{}, false)
	d.Start(d.to, func() int { return 0 })
	for b.Loop() {
		g := newPart(d, batchPlan())
		g.stage, g.start = screen.Running, time.Now()
		d.parts = []*Part{g}
		for i := range 1000 {
			g.Sum.Add(r)
			if i%10 == 0 { // a hundred looks
				_ = screen.View(d.state(), 100, 40)
			}
		}
	}
}
