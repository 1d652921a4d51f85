package sum

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// decorated are random results with a value in each part that a Sum has.
func decorated(t *testing.T, seed uint64) (bench.Plan, []bench.Result) {
	t.Helper()
	p, results, _, _ := random(t, seed)
	r := rand.New(rand.NewPCG(seed, 3))
	kinds := 3
	if seed%4 == 0 {
		kinds = 3 * kindsKept
	}
	kind := func() string { return fmt.Sprintf("%05d", r.IntN(kinds)) }
	for i := range results {
		result := &results[i]
		for range r.IntN(3) {
			if result.Throttles == nil {
				result.Throttles = map[string]int{}
			}
			result.Throttles[kind()]++
			result.ThrottledAt = append(result.ThrottledAt, epoch.Add(time.Duration(r.IntN(5000))*time.Millisecond))
		}
		if r.IntN(3) > 0 && !result.Sent.IsZero() {
			result.Report = &bench.Report{Duration: time.Duration(r.Int64N(1e9)), Billed: time.Second, Init: time.Duration(r.Int64N(2) * 1e8), MemoryMB: 512, MaxMemoryMB: r.Int64N(512)}
		}
		if result.Outcome != bench.Acknowledged {
			result.ErrorKind, result.Error = kind(), fmt.Sprintf("error of %d", i)
			continue
		}
		decorate(t, r, result.Response, kind)
		if seed%5 == 0 && r.IntN(8) == 0 {
			result.Response = &bench.Response{SuccessCount: 1, DurationMs: 5}
		}
	}
	return p, results
}

func decorate(t *testing.T, r *rand.Rand, a *bench.Response, kind func() string) {
	t.Helper()
	a.StartedUs, a.ColdStart, a.EnvironmentID = epoch.UnixMicro()+r.Int64N(1e6), r.IntN(2) == 0, fmt.Sprint(r.IntN(3))
	a.Retried, a.ConnectRetries = map[string]int64{kind(): r.Int64N(9)}, map[string]int64{kind(): r.Int64N(9)}
	a.Resent, a.Confirmed, a.StoredElsewhere = r.Int64N(3), r.Int64N(3), r.Int64N(3)
	if a.Latency != nil && a.Latency.Count > 0 && r.IntN(2) == 0 {
		part := *a.Latency
		a.Connecting = &part
	}
	a.Overhead = snapshotOf(t, time.Duration(r.Int64N(1e6)), time.Duration(r.Int64N(1e6)))
	for range r.IntN(60) {
		a.Errors = append(a.Errors, bench.ErrorCount{Kind: kind() + fmt.Sprint("-", r.IntN(20)), Message: fmt.Sprintf("of %d", a.Index), Statements: 1, Rows: 2})
	}
	for i := range a.Timeline {
		a.Timeline[i].Retried = map[string]int64{kind(): 1}
	}
}

func jsonOf(t *testing.T, s *Sum) string {
	t.Helper()
	summary, err := s.Summary()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(summary, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	live, err := json.MarshalIndent(s.Live(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + string(live)
}

func sumOfAll(p bench.Plan, results []bench.Result) *Sum {
	s := New(p)
	for i := range results {
		s.Add(&results[i])
	}
	return s
}

// Split into parts in whatever order and merged in whatever grouping, the sum is the
// same to the last byte.
func TestMergeOfSplitIsWhole(t *testing.T) {
	for seed := range uint64(80) {
		p, results := decorated(t, seed)
		want := jsonOf(t, sumOfAll(p, results))
		r := rand.New(rand.NewPCG(seed, 4))
		parts := make([]*Sum, 1+r.IntN(6))
		for i := range parts {
			parts[i] = New(p)
		}
		for _, i := range r.Perm(len(results)) {
			part := parts[r.IntN(len(parts))]
			part.Add(&results[i])
			if r.IntN(3) == 0 {
				part.Live() // a look in between changes nothing
			}
		}
		for len(parts) > 1 {
			i, j := r.IntN(len(parts)), r.IntN(len(parts)-1)
			if j >= i {
				j++
			}
			parts[i].Merge(parts[j])
			parts[j] = parts[len(parts)-1]
			parts = parts[:len(parts)-1]
		}
		if diff := cmp.Diff(want, jsonOf(t, parts[0])); diff != "" {
			t.Fatalf("seed %d: -whole +merged\n%s", seed, diff)
		}
	}
}

// Whatever an invocation told while it ran, its result takes the place of all that.
func TestResultTakesThePlaceOfPartials(t *testing.T) {
	for seed := range uint64(40) {
		p, results := decorated(t, seed)
		_, others := decorated(t, seed+2) // of the same scenario; what was told may be anything
		want := jsonOf(t, sumOfAll(p, results))
		r := rand.New(rand.NewPCG(seed, 5))
		s, late := New(p), New(p)
		for _, i := range r.Perm(len(results)) {
			for range r.IntN(4) {
				if told := others[r.IntN(len(others))].Response; told != nil {
					s.AddPartial(i, told)
					late.AddPartial(i, told)
				}
				s.Live()
			}
			s.Add(&results[i])
			if told := others[0].Response; told != nil {
				s.AddPartial(i, told) // too late
			}
		}
		if diff := cmp.Diff(want, jsonOf(t, s)); diff != "" {
			t.Fatalf("seed %d: -results alone +after partial answers\n%s", seed, diff)
		}
		late.Merge(sumOfAll(p, results))
		if diff := cmp.Diff(want, jsonOf(t, late)); diff != "" {
			t.Fatalf("seed %d: -results alone +merged with partial answers\n%s", seed, diff)
		}
	}
}

// The last partial answer of an invocation shows in what is live, and not in the Summary.
func TestPartialsAreLive(t *testing.T) {
	p := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 3, Iterations: 10, Count: 5}}
	s := New(p)
	for n := range int64(4) {
		h, sparse := latency.New(), latency.Sparse{}
		for range n {
			h.Record(10 * time.Millisecond)
			sparse.Record(10 * time.Millisecond)
		}
		snapshot, err := h.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		s.AddPartial(1, &bench.Response{
			Index: 1, Statements: &bench.Account{Planned: 10, Acknowledged: n, Failed: 1, NotStarted: 9 - n}, Attempts: n + 2, Retried: map[string]int64{"40001": 1},
			Errors: []bench.ErrorCount{{Kind: "54000", Statements: 1, Rows: 5}}, Latency: snapshot,
			Timeline: []bench.Second{{Unix: 1000, Statements: n + 1, Rows: 5 * n, Errors: 1, Latency: sparse}},
		})
	}
	live := s.Live()
	got := []any{live.Summary.Rows, *live.Summary.Statements, *live.Summary.Attempts, live.Summary.Retried, live.LostRows, live.Ended, live.Unsent, *live.Summary.StatementLatency.Max}
	want := []any{
		bench.Account{Planned: 150, Acknowledged: 15, Failed: 5, NotStarted: 130},
		bench.Account{Planned: 4, Acknowledged: 3, Failed: 1},
		int64(5),
		map[string]int64{"40001": 1},
		map[string]int64{"54000": 5},
		0, 0, 10.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	s.Latencies(8, func(all, recent *latency.Histogram) {
		if all.Count() != 3 || recent.Count() != 3 {
			t.Errorf("%d latencies, %d of them recent, want 3", all.Count(), recent.Count())
		}
	})
	if summary, err := s.Summary(); err != nil || summary.Rows != (bench.Account{}) {
		t.Errorf("the summary has rows of an invocation that runs: %+v, %v", summary.Rows, err)
	}
}

// Of more kinds than are told apart none is lost.
func TestManyKinds(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 6))
		a, b := map[string]int64{}, map[string]int64{}
		all := r.Perm(2 * kindsKept)
		for _, n := range all {
			addCount(a, fmt.Sprintf("%04d", n), 1)
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, n := range all {
			addCount(b, fmt.Sprintf("%04d", n), 1)
		}
		if diff := cmp.Diff(a, b); diff != "" || len(a) != kindsKept+1 || a[other] != kindsKept || a["0000"] != 1 {
			t.Fatalf("seed %d: %d kinds, %d others, -one order +another\n%s", seed, len(a), a[other], diff)
		}
	}
}

// Results come from many goroutines while somebody looks: none is missed.
func TestSumAtOnce(t *testing.T) {
	p, results := decorated(t, 1)
	s := New(p)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			s.Add(&results[i])
			s.Live()
		})
	}
	all.Wait()
	if diff := cmp.Diff(jsonOf(t, sumOfAll(p, results)), jsonOf(t, s)); diff != "" {
		t.Errorf("-one by one +at once\n%s", diff)
	}
}

// While results are added to a Sum, others merge it: each has the results that it counts as
// ended, and of those without a result the partial answers.
func TestMergeBesideAdd(t *testing.T) {
	p := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 8, Iterations: 10, Count: 5}}
	for range 200 {
		a, b := New(p), New(p)
		for i := range p.Load.NumLambdas {
			a.AddPartial(i, &bench.Response{Index: i, Statements: &bench.Account{Planned: 10, Acknowledged: 10}})
		}
		var adding sync.WaitGroup
		for i := range p.Load.NumLambdas {
			adding.Go(func() {
				a.Add(&bench.Result{Index: i, Outcome: bench.Acknowledged, Sent: epoch, Ended: epoch.Add(time.Second), Response: &bench.Response{
					Index: i, Statements: &bench.Account{Planned: 10, Acknowledged: 10},
				}})
			})
		}
		adding.Go(func() { b.Merge(a) })
		adding.Wait()
		merged := b.Live()
		if got := merged.Summary.Rows.Acknowledged; got != 400 || merged.Ended != len(b.ended) || merged.Ended+len(b.running) != 8 {
			t.Fatalf("%d rows of %d results, %d ended, %d running: want 400 rows of 8 invocations", got, merged.Ended, len(b.ended), len(b.running))
		}
		if diff := cmp.Diff(a.Live().Summary.Rows, merged.Summary.Rows); diff != "" {
			t.Fatalf("-added to +merged\n%s", diff)
		}
	}
}

// Sums can be merged into each other at once, and into themselves.
func TestCrossedMerges(t *testing.T) {
	p, results := decorated(t, 1)
	a, b := sumOfAll(p, results), New(p)
	var merging sync.WaitGroup
	for range 20 {
		merging.Go(func() { New(p).Merge(a) })
		merging.Go(func() { b.Merge(New(p)) })
	}
	merging.Go(func() { b.Merge(a) })
	merging.Wait()
	a.Merge(a)
	if diff := cmp.Diff(jsonOf(t, a), jsonOf(t, b)); diff != "" {
		t.Errorf("-one +another\n%s", diff)
	}
	c, d := New(p), New(p)
	for range 100 {
		merging.Go(func() { c.Merge(d) })
		merging.Go(func() { d.Merge(c) })
	}
	merging.Wait()
}

// A view after which nothing was added is used again, and a partial answer is decoded once.
func TestViewsAreKept(t *testing.T) {
	s := New(bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 2, Iterations: 1, Count: 1}})
	s.AddPartial(0, &bench.Response{Statements: &bench.Account{}, Latency: snapshotOf(t, time.Millisecond)})
	first := s.live()
	if s.live() != first {
		t.Error("made again although nothing was added")
	}
	held := s.running[0].decoded
	s.AddPartial(1, &bench.Response{Index: 1, Statements: &bench.Account{}, Latency: snapshotOf(t, time.Second)})
	if got := s.live(); got == first || got.answers.histogram.Count() != 2 || !reflect.DeepEqual(held, s.running[0].decoded) {
		t.Errorf("%d latencies after another answer, want 2", got.answers.histogram.Count())
	}
}
