package sum

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

var epoch = time.Date(2026, 11, 23, 20, 0, 0, 250e6, time.UTC)

func summarize(t *testing.T, p bench.Plan, results []bench.Result) *bench.Summary {
	t.Helper()
	s, err := Of(p, results)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func snapshotOf(t *testing.T, ds ...time.Duration) *latency.Snapshot {
	t.Helper()
	h := latency.New()
	for _, d := range ds {
		h.Record(d)
	}
	s, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ptr(v float64) *float64 { return &v }

// Six invocations of two batches of five rows each, one for every end.
func TestSummarizeByHand(t *testing.T) {
	p := bench.Plan{Scenario: bench.Batch, EventType: bench.CarCreated, Load: bench.Load{NumLambdas: 6, Iterations: 2, Count: 5, Description: "d"}, Concurrency: 3}
	at := func(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }
	results := []bench.Result{
		{Index: 0, Outcome: bench.Acknowledged, Sent: at(0), Ended: at(100), Throttles: map[string]int{"Rate": 2, "Concurrent": 1}, ThrottledAt: []time.Time{at(-400), at(-100), at(-50)}, Response: &bench.Response{
			SuccessCount: 10, StartedUs: at(10).UnixMicro(), DurationMs: 80, InsertsPerSecond: 125, RowsAffected: 10, Attempts: 3, ColdStart: true, EnvironmentID: "a",
			Statements: &bench.Account{Planned: 2, Acknowledged: 2}, Latency: snapshotOf(t, 10*time.Millisecond, 30*time.Millisecond),
			Timeline: []bench.Second{{Unix: epoch.Unix(), Statements: 2, Rows: 10, Latency: latency.Sparse{10_000: 1, 30_000: 1}}},
		}},
		{Index: 1, Outcome: bench.Acknowledged, Sent: at(50), Ended: at(250), Throttles: map[string]int{"Rate": 1}, ThrottledAt: []time.Time{at(40)}, Report: &bench.Report{
			Duration: 110 * time.Millisecond, Billed: 111 * time.Millisecond, MemoryMB: 512, MaxMemoryMB: 80,
		}, Response: &bench.Response{
			// It says that it went on until 35 ms after its answer.
			SuccessCount: 5, ErrorCount: 5, StartedUs: at(165).UnixMicro(), DurationMs: 120, InsertsPerSecond: 40, RowsAffected: 4, StoredElsewhere: 1, Attempts: 2, EnvironmentID: "a",
			Statements: &bench.Account{Planned: 2, Acknowledged: 1, Failed: 1}, Latency: snapshotOf(t, 20*time.Millisecond), Failed: bench.Ranges{{0, 1}},
			Errors: []bench.ErrorCount{{Kind: "40001", Message: "OC000", Statements: 1, Rows: 5}},
			Timeline: []bench.Second{{
				Unix: epoch.Unix() + 2, Statements: 2, Rows: 5, Errors: 1, Latency: latency.Sparse{20_000: 1},
				ErrorKinds: map[string]int64{"40001": 1}, Retried: map[string]int64{"40001": 3},
			}},
		}},
		{Index: 2, Outcome: bench.Acknowledged, Sent: at(60), Ended: at(360), Response: &bench.Response{
			ErrorCount: 5, DurationMs: 200, InsertsPerSecond: 0, Attempts: 1, Truncated: true, EnvironmentID: "b",
			Statements: &bench.Account{Planned: 2, Unknown: 1, NotStarted: 1}, Latency: snapshotOf(t), Unknown: bench.Ranges{{0, 1}},
			Errors: []bench.ErrorCount{{Kind: "40001", Message: "OC000", Statements: 2, Rows: 10}, {Kind: "connection_lost", Message: "gone", Statements: 1, Rows: 5}},
		}},
		{Index: 3, Outcome: bench.Failed, Error: "crash", ErrorKind: "Unhandled", Sent: at(70), Ended: at(470), Report: &bench.Report{
			Duration: 390 * time.Millisecond, Billed: 590 * time.Millisecond, Init: 200 * time.Millisecond, MemoryMB: 512, MaxMemoryMB: 90,
		}},
		{Index: 4, Outcome: bench.Unknown, Error: "lost", ErrorKind: "response_lost", Sent: at(100), Ended: at(2500)},
		{Index: 5, Outcome: bench.NotStarted},
	}
	got := summarize(t, p, results)
	want := &bench.Summary{
		Scenario: bench.Batch, Description: "d", Concurrency: 3, StartedAt: at(-400), EndedAt: at(2500),
		TotalLambdas: 6, SuccessfulLambdas: 3, FailedLambdas: 2, SuccessRate: 50,
		TotalInserts: 15, TotalErrors: 5 + 5 + 10 + 10, TotalDurationMs: 2900, TotalDurationSeconds: 2.9, Throughput: 15 / 2.9,
		LatencyMs:        bench.Stats{Spread: bench.Spread{Min: ptr(100), Max: ptr(2400), Avg: ptr(680), Median: ptr(300)}, HighPercentiles: bench.HighPercentiles{P95: ptr(2400), P99: ptr(2400)}},
		LambdaDurationMs: bench.Stats{Spread: bench.Spread{Min: ptr(80), Max: ptr(200), Avg: ptr(400. / 3), Median: ptr(120)}, HighPercentiles: bench.HighPercentiles{P95: ptr(200), P99: ptr(200)}},
		LambdaThroughput: bench.Spread{Min: ptr(0), Max: ptr(125), Avg: ptr(55), Median: ptr(40)},
		Errors:           []bench.InvocationError{{Index: 3, Error: "crash"}, {Index: 4, Error: "lost"}},
		Invocations:      bench.Account{Planned: 6, Acknowledged: 3, Failed: 1, Unknown: 1, NotStarted: 1},
		Statements:       &bench.Account{Planned: 12, Acknowledged: 3, Failed: 1 + 2, Unknown: 1 + 2, NotStarted: 1 + 2},
		Rows:             bench.Account{Planned: 60, Acknowledged: 15, Failed: 15, Unknown: 15, NotStarted: 15},
		Retried:          map[string]int64{}, ConnectRetries: map[string]int64{}, RowsAffected: new(int64(14)), StoredElsewhere: 1, Attempts: new(int64(6)), Resent: new(int64), Confirmed: new(int64), ColdStarts: new(int64(2)), Environments: new(int64(2)), TruncatedLambdas: new(int64(1)),
		Throttles: map[string]int64{"Rate": 3, "Concurrent": 1},
		StatementLatency: bench.StatementLatency{
			Count: 3, Min: ptr(10), Avg: ptr(20), Max: ptr(30),
			TooFewFor: []string{"p50", "p90", "p95", "p99", "p99.9"},
		},
		ErrorsByKind:     []bench.ErrorCount{{Kind: "40001", Message: "OC000", Statements: 3, Rows: 15}, {Kind: "connection_lost", Message: "gone", Statements: 1, Rows: 5}},
		InvocationErrors: map[string]int64{"Unhandled": 1, "response_lost": 1},
		Slowest:          []bench.Statement{},
		Timeline: []bench.TimelineSecond{
			second(bench.TimelineSecond{Throttled: 1}, 0, 0, 0, 0), // the last 150 ms before the full second: one refused call
			second(bench.TimelineSecond{
				Second: 1, FewPercentiles: bench.FewPercentiles{P50: ptr(10.007), P95: ptr(30), P99: ptr(30)}, Max: ptr(30), Sent: 5, Ended: 4, InFlight: 4, Throttled: 3,
				ErrorKinds: map[string]int64{"Unhandled": 2}, // the crash, which ended in it
			}, 4, 10, 2, 2),
			second(bench.TimelineSecond{Second: 2, InFlight: 1}, 0, 0, 0, 0),
			second(bench.TimelineSecond{
				Second: 3, FewPercentiles: bench.FewPercentiles{P50: ptr(20), P95: ptr(20), P99: ptr(20)}, Max: ptr(20), Ended: 1, InFlight: 1,
				ErrorKinds: map[string]int64{"40001": 1, "response_lost": 2}, Retried: map[string]int64{"40001": 3},
			}, 4, 5, 3, 0),
		},
		Billed: &bench.Billed{
			Invocations: 2, BilledSeconds: 0.701, Inits: 1, InitBilledSeconds: ptr(0.2), MemoryMB: 512, MaxMemoryMB: 90,
			DurationMs: bench.Stats{Spread: bench.Spread{Min: ptr(110), Max: ptr(390), Avg: ptr(250), Median: ptr(250)}, HighPercentiles: bench.HighPercentiles{P95: ptr(390), P99: ptr(390)}},
			InitMs:     bench.Stats{Spread: bench.Spread{Min: ptr(200), Max: ptr(200), Avg: ptr(200), Median: ptr(200)}, HighPercentiles: bench.HighPercentiles{P95: ptr(200), P99: ptr(200)}},
		},
		Cold: bench.Stats{Spread: bench.Spread{Min: ptr(100), Max: ptr(400), Avg: ptr(250), Median: ptr(250)}, HighPercentiles: bench.HighPercentiles{P95: ptr(400), P99: ptr(400)}},
		Warm: bench.Stats{Spread: bench.Spread{Min: ptr(200), Max: ptr(300), Avg: ptr(250), Median: ptr(250)}, HighPercentiles: bench.HighPercentiles{P95: ptr(300), P99: ptr(300)}},
		Sample: []bench.InvocationSample{
			{Index: 0, SentMs: 400, LatencyMs: 100, DurationMs: 80, Rows: 10, Cold: new(true), Outcome: bench.Acknowledged, Environment: "a"},
			{Index: 1, SentMs: 450, LatencyMs: 200, DurationMs: 120, Rows: 5, Cold: new(false), Outcome: bench.Acknowledged, Environment: "a"},
			{Index: 2, SentMs: 460, LatencyMs: 300, DurationMs: 200, Cold: new(false), Outcome: bench.Acknowledged, Environment: "b"},
			{Index: 3, SentMs: 470, LatencyMs: 400, Cold: new(true), Outcome: bench.Failed},
			{Index: 4, SentMs: 500, LatencyMs: 2400, Outcome: bench.Unknown},
		},
		ClockOffset: ptr(34.999),
	}
	l := got.StatementLatency
	for name, v := range map[string][2]*float64{"p50": {l.P50, ptr(20)}, "p90": {l.P90, ptr(30)}, "p99.9": {l.P999, ptr(30)}} {
		if *v[0] < 0.999**v[1] || *v[0] > 1.001**v[1] {
			t.Errorf("%s = %v ms, want %v within 0.1 percent", name, *v[0], *v[1])
		}
	}
	want.StatementLatency.Percentiles, want.StatementLatency.Histogram = l.Percentiles, l.Histogram
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// second is t with what a function may not tell.
func second(t bench.TimelineSecond, statements, rows, errors, cold int64) bench.TimelineSecond {
	t.Statements, t.Rows, t.Errors, t.ColdStarts = &statements, &rows, &errors, &cold
	return t
}

func TestStatsByNearestRank(t *testing.T) {
	upTo := func(n int) (values []float64) {
		for i := n; i > 0; i-- {
			values = append(values, float64(i))
		}
		return values
	}
	for _, c := range []struct {
		n                               int
		min, max, avg, median, p95, p99 float64
	}{{1, 1, 1, 1, 1, 1, 1}, {2, 1, 2, 1.5, 1.5, 2, 2}, {20, 1, 20, 10.5, 10.5, 19, 20}, {100, 1, 100, 50.5, 50.5, 95, 99}, {101, 1, 101, 51, 51, 96, 100}} {
		want := bench.Stats{Spread: bench.Spread{Min: ptr(c.min), Max: ptr(c.max), Avg: ptr(c.avg), Median: ptr(c.median)}, HighPercentiles: bench.HighPercentiles{P95: ptr(c.p95), P99: ptr(c.p99)}}
		if diff := cmp.Diff(want, statsOf(upTo(c.n))); diff != "" {
			t.Errorf("1 to %d: -want +got\n%s", c.n, diff)
		}
	}
	if diff := cmp.Diff(bench.Stats{}, statsOf(nil)); diff != "" {
		t.Errorf("nothing: -want +got\n%s", diff)
	}
}

// What one function doesn't report statements is null for the whole scenario, and so
// is what Lambda doesn't tell of cold starts.
func TestForeign(t *testing.T) {
	p := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 3, Iterations: 4, Count: 1}}
	ended := epoch.Add(time.Second)
	results := func() []bench.Result {
		return []bench.Result{
			{Index: 0, Outcome: bench.Acknowledged, Sent: epoch, Ended: ended, Response: &bench.Response{SuccessCount: 3, ErrorCount: 1, TotalInserts: 4, DurationMs: 900, InsertsPerSecond: 5}},
			{Index: 1, Outcome: bench.Acknowledged, Sent: epoch, Ended: ended, Response: &bench.Response{
				SuccessCount: 4, DurationMs: 800, InsertsPerSecond: 5, Statements: &bench.Account{Planned: 4, Acknowledged: 4}, Latency: snapshotOf(t, 1, 2, 3, 4), Attempts: 4, ColdStart: true,
				EnvironmentID: "a", StartedUs: epoch.UnixMicro(), Timeline: []bench.Second{{Unix: epoch.Unix(), Statements: 4, Rows: 4}},
			}},
			{Index: 2, Outcome: bench.Unknown, Error: "lost", ErrorKind: "response_lost", Sent: epoch, Ended: ended},
		}
	}
	want := &bench.Summary{
		Scenario: bench.Individual, Description: "3 invocations, 4 iterations, 1 insert each", StartedAt: epoch, EndedAt: ended,
		TotalLambdas: 3, SuccessfulLambdas: 2, FailedLambdas: 1, SuccessRate: 100 * ratio(2, 3), TotalInserts: 7, TotalErrors: 5,
		TotalDurationMs: 1000, TotalDurationSeconds: 1, Throughput: 7,
		LatencyMs:        bench.Stats{Spread: bench.Spread{Min: ptr(1000), Max: ptr(1000), Avg: ptr(1000), Median: ptr(1000)}, HighPercentiles: bench.HighPercentiles{P95: ptr(1000), P99: ptr(1000)}},
		LambdaDurationMs: bench.Stats{Spread: bench.Spread{Min: ptr(800), Max: ptr(900), Avg: ptr(850), Median: ptr(850)}, HighPercentiles: bench.HighPercentiles{P95: ptr(900), P99: ptr(900)}},
		LambdaThroughput: bench.Spread{Min: ptr(5), Max: ptr(5), Avg: ptr(5), Median: ptr(5)},
		Errors:           []bench.InvocationError{{Index: 2, Error: "lost"}}, InvocationErrors: map[string]int64{"response_lost": 1}, Throttles: map[string]int64{},
		Invocations: bench.Account{Planned: 3, Acknowledged: 2, Unknown: 1}, Rows: bench.Account{Planned: 12, Acknowledged: 7, Unknown: 5},
		StatementLatency: bench.StatementLatency{TooFewFor: []string{}},
		Timeline:         []bench.TimelineSecond{{Sent: 3, InFlight: 3}, {Second: 1, Ended: 3, InFlight: 3}},
		Sample: []bench.InvocationSample{
			{Index: 0, LatencyMs: 1000, DurationMs: 900, Rows: 3, Outcome: bench.Acknowledged},
			{Index: 1, LatencyMs: 1000, DurationMs: 800, Rows: 4, Outcome: bench.Acknowledged, Environment: "a"},
			{Index: 2, LatencyMs: 1000, Outcome: bench.Unknown},
		},
	}
	if diff := cmp.Diff(want, summarize(t, p, results())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	reported := results()
	for i := range reported {
		reported[i].Report = &bench.Report{Duration: time.Second, Init: time.Duration(i%2) * time.Second}
	}
	s := summarize(t, p, reported)
	if s.ColdStarts == nil || *s.ColdStarts != 1 || *s.Timeline[0].ColdStarts != 1 || s.Warm.Avg == nil || s.Environments != nil || s.Timeline[0].Rows != nil {
		t.Errorf("Lambda told of one cold start: %v, warm %+v, timeline %+v", s.ColdStarts, s.Warm, s.Timeline)
	}
}

func TestSummarizeRefusesABrokenHistogram(t *testing.T) {
	p := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 1, Iterations: 1, Count: 1}}
	_, err := Of(p, []bench.Result{{Outcome: bench.Acknowledged, Response: &bench.Response{Latency: &latency.Snapshot{HDR: "x"}}}})
	if err == nil {
		t.Error("no error")
	}
}

// random is a plan with results that each pass check.Response (TestRandomIsSound), and all its statements.
func random(t *testing.T, seed uint64) (p bench.Plan, results []bench.Result, statements []bench.Statement, latencies []time.Duration) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	p = bench.Plan{Scenario: bench.Scenarios()[seed%2], Load: bench.Load{NumLambdas: 1 + r.IntN(12), Iterations: 1 + r.IntN(8), Count: 1 + r.IntN(4)}}
	kinds := []string{"40001", "08006", "timeout"}
	for i := range p.Load.NumLambdas {
		inv := p.Invocation(i)
		sent := epoch.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		result := bench.Result{Index: i, Outcome: []bench.Outcome{bench.Acknowledged, bench.Acknowledged, bench.Acknowledged, bench.Failed, bench.Unknown, bench.NotStarted}[r.IntN(6)]}
		if result.Outcome != bench.NotStarted {
			result.Sent, result.Ended = sent, sent.Add(time.Duration(1+r.IntN(2000))*time.Millisecond)
		}
		if result.Outcome != bench.Acknowledged {
			results = append(results, result)
			continue
		}
		a, rows := bench.Account{}, int64(inv.RowsPerStatement())
		answer := &bench.Response{Scenario: inv.Scenario, Index: inv.Index, RunID: inv.RunID, Iterations: inv.Iterations, Count: inv.Count, Statements: &a}
		h := latency.New()
		started := r.IntN(inv.Statements() + 1)
		for n := range inv.Statements() {
			if n >= started {
				a.Count(bench.NotStarted, 1)
				continue
			}
			d := time.Duration(1+r.IntN(50_000)) * time.Microsecond
			o := []bench.Outcome{bench.Acknowledged, bench.Acknowledged, bench.Failed, bench.Unknown}[r.IntN(4)]
			a.Count(o, 1)
			second := bench.Second{Unix: sent.Unix() + int64(r.IntN(3)), Statements: 1}
			switch o {
			case bench.Acknowledged:
				h.Record(d)
				latencies = append(latencies, d)
				second.Rows, second.Latency = rows, latency.Sparse{}
				second.Latency.Record(d)
			case bench.Failed:
				answer.Failed.Append(n)
			case bench.Unknown:
				answer.Unknown.Append(n)
			}
			kind := ""
			if o != bench.Acknowledged {
				kind = kinds[r.IntN(3)]
				second.Errors, second.ErrorKinds = 1, map[string]int64{kind: 1}
				at := slices.IndexFunc(answer.Errors, func(e bench.ErrorCount) bool { return e.Kind == kind })
				if at < 0 {
					at, answer.Errors = len(answer.Errors), append(answer.Errors, bench.ErrorCount{Kind: kind, Message: "m"})
				}
				answer.Errors[at].Statements++
				answer.Errors[at].Rows += rows
			}
			answer.Timeline = append(answer.Timeline, second)
			answer.Attempts++
			answer.DurationMs += ms(d)
			iteration, row := inv.Place(n)
			answer.Slowest = append(answer.Slowest, bench.Statement{
				Invocation: i, Iteration: iteration, Row: row, Rows: int(rows), LatencyUs: d.Microseconds(), Attempts: 1, Outcome: o, Error: kind,
			})
		}
		statements = append(statements, answer.Slowest...)
		answer.Slowest = bench.Slowest(answer.Slowest)
		for i := range answer.Slowest {
			answer.Slowest[i].Detailed = i%2 == 0 // no matter in a summary
		}
		answer.SuccessCount, answer.ErrorCount = a.Acknowledged*rows, (a.Planned-a.Acknowledged)*rows
		answer.TotalInserts, answer.RowsAffected = answer.SuccessCount+answer.ErrorCount, answer.SuccessCount
		answer.InsertsPerSecond, answer.Truncated = 1000*ratio(float64(answer.SuccessCount), answer.DurationMs), a.NotStarted > 0
		var err error
		if answer.Latency, err = h.Snapshot(); err != nil {
			t.Fatal(err)
		}
		result.Response = answer
		results = append(results, result)
	}
	return p, results, statements, latencies
}

func TestSummarizeProperties(t *testing.T) {
	for seed := range uint64(120) {
		p, results, statements, latencies := random(t, seed)
		s := summarize(t, p, results)
		if !s.Rows.Balanced() || !s.Statements.Balanced() || !s.Invocations.Balanced() {
			t.Fatalf("seed %d: doesn't balance: %+v %+v %+v", seed, s.Invocations, *s.Statements, s.Rows)
		}
		planned := [3]int64{int64(p.Load.NumLambdas), p.Statements(), p.Rows()}
		if got := [3]int64{s.Invocations.Planned, s.Statements.Planned, s.Rows.Planned}; got != planned {
			t.Fatalf("seed %d: planned %v, want %v", seed, got, planned)
		}
		if s.TotalInserts != s.Rows.Acknowledged || s.TotalErrors != s.Rows.Failed+s.Rows.Unknown {
			t.Errorf("seed %d: %d inserts and %d errors of %+v", seed, s.TotalInserts, s.TotalErrors, s.Rows)
		}
		if s.StatementLatency.Count != s.Statements.Acknowledged {
			t.Errorf("seed %d: %d latencies, %d statements acknowledged", seed, s.StatementLatency.Count, s.Statements.Acknowledged)
		}
		if diff := cmp.Diff(snapshotOf(t, latencies...), s.StatementLatency.Histogram); diff != "" {
			t.Errorf("seed %d: histogram: -whole +merged\n%s", seed, diff)
		}
		if diff := cmp.Diff(bench.Slowest(append([]bench.Statement{}, statements...)), s.Slowest); diff != "" {
			t.Errorf("seed %d: slowest of all: -want +got\n%s", seed, diff)
		}
		sum, kinds := bench.Second{}, int64(0)
		l := s.StatementLatency
		for i, second := range s.Timeline {
			for name, v := range map[string]*float64{"p50": second.P50, "p95": second.P95, "p99": second.P99, "max": second.Max} {
				if v != nil && (*v < *l.Min || *v > *l.Max) {
					t.Errorf("seed %d: second %d: %s is %v ms, the scenario's are from %v to %v", seed, i, name, *v, *l.Min, *l.Max)
				}
			}
			kinds += bench.Total(second.ErrorKinds)
			if second.Second != int64(i) {
				t.Errorf("seed %d: second %d at %d", seed, second.Second, i)
			}
			addSecond(&sum, bench.Second{Statements: *second.Statements, Rows: *second.Rows, Errors: *second.Errors})
		}
		var refused int64
		for _, e := range s.ErrorsByKind {
			refused += e.Statements
		}
		told := int64(len(statements)) - s.Statements.Acknowledged // by invocations that answered
		lost := s.Statements.Failed + s.Statements.Unknown
		if got, want := []int64{sum.Statements, sum.Rows, sum.Errors, kinds, refused},
			[]int64{s.Statements.Acknowledged + lost, s.Rows.Acknowledged, lost, lost, told}; !cmp.Equal(got, want) {
			t.Errorf("seed %d: timeline's statements, rows, errors and those by kind, errors by kind %v, want %v", seed, got, want)
		}
	}
}

// The order in which results arrive changes nothing but which errors are first.
func TestSummarizeOrderIsIrrelevant(t *testing.T) {
	for seed := range uint64(30) {
		p, results, _, _ := random(t, seed)
		want := summarize(t, p, results)
		r := rand.New(rand.NewPCG(seed, 2))
		r.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		got := summarize(t, p, results)
		// A sum of floats depends on the order in its last digits.
		near := cmp.Comparer(func(a, b float64) bool { return a == b || (a-b)/(a+b) < 1e-12 && (b-a)/(a+b) < 1e-12 })
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Fatalf("seed %d: -in order +shuffled\n%s", seed, diff)
		}
		if diff := cmp.Diff(want.StatementLatency, got.StatementLatency); diff != "" {
			t.Fatalf("seed %d: latency: -in order +shuffled\n%s", seed, diff)
		}
	}
}

func TestSlowestKeepsTheTop(t *testing.T) {
	var all []bench.Statement
	for i := range 120 {
		all = append(all, bench.Statement{Invocation: i % 7, Iteration: i, LatencyUs: int64(i / 2)}) // in pairs of equals
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	got := fmt.Sprint(len(bench.Slowest(all)))
	for i, s := range bench.Slowest(all) {
		if want := int64(59 - i/2); s.LatencyUs != want {
			t.Errorf("place %d: %d us, want %d", i, s.LatencyUs, want)
		}
	}
	if got != "50" {
		t.Errorf("%s kept, want 50", got)
	}
}
