package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/latency"
)

var epoch = time.Date(2026, 11, 23, 20, 0, 0, 250e6, time.UTC)

func summarize(t *testing.T, p Plan, results []Result) *Summary {
	t.Helper()
	s, err := Summarize(p, results)
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
	p := Plan{Scenario: Batch, EventType: CarCreated, Load: Load{NumLambdas: 6, Iterations: 2, Count: 5, Description: "d"}, Concurrency: 3}
	at := func(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }
	results := []Result{
		{Index: 0, Outcome: Acknowledged, Sent: at(0), Ended: at(100), Throttles: map[string]int{"Rate": 2, "Concurrent": 1}, ThrottledAt: []time.Time{at(-400), at(-100), at(-50)}, Response: &Response{
			SuccessCount: 10, StartedUs: at(10).UnixMicro(), DurationMs: 80, InsertsPerSecond: 125, RowsAffected: 10, Attempts: 3, ColdStart: true, EnvironmentID: "a",
			Statements: &Account{Planned: 2, Acknowledged: 2}, Latency: snapshotOf(t, 10*time.Millisecond, 30*time.Millisecond),
			Timeline: []Second{{Unix: epoch.Unix(), Statements: 2, Rows: 10, Latency: latency.Sparse{10_000: 1, 30_000: 1}}},
		}},
		{Index: 1, Outcome: Acknowledged, Sent: at(50), Ended: at(250), Throttles: map[string]int{"Rate": 1}, ThrottledAt: []time.Time{at(40)}, Report: &Report{
			Duration: 110 * time.Millisecond, Billed: 111 * time.Millisecond, MemoryMB: 512, MaxMemoryMB: 80,
		}, Response: &Response{
			// It says that it went on until 35 ms after its answer.
			SuccessCount: 5, ErrorCount: 5, StartedUs: at(165).UnixMicro(), DurationMs: 120, InsertsPerSecond: 40, RowsAffected: 4, StoredElsewhere: 1, Attempts: 2, EnvironmentID: "a",
			Statements: &Account{Planned: 2, Acknowledged: 1, Failed: 1}, Latency: snapshotOf(t, 20*time.Millisecond), Failed: Ranges{{0, 1}},
			Errors: []ErrorCount{{"40001", "OC000", 1, 5}},
			Timeline: []Second{{
				Unix: epoch.Unix() + 2, Statements: 2, Rows: 5, Errors: 1, Latency: latency.Sparse{20_000: 1},
				ErrorKinds: map[string]int64{"40001": 1}, Retried: map[string]int64{"40001": 3},
			}},
		}},
		{Index: 2, Outcome: Acknowledged, Sent: at(60), Ended: at(360), Response: &Response{
			ErrorCount: 5, DurationMs: 200, InsertsPerSecond: 0, Attempts: 1, Truncated: true, EnvironmentID: "b",
			Statements: &Account{Planned: 2, Unknown: 1, NotStarted: 1}, Latency: snapshotOf(t), Unknown: Ranges{{0, 1}},
			Errors: []ErrorCount{{"40001", "OC000", 2, 10}, {"connection_lost", "gone", 1, 5}},
		}},
		{Index: 3, Outcome: Failed, Error: "crash", ErrorKind: "Unhandled", Sent: at(70), Ended: at(470), Report: &Report{
			Duration: 390 * time.Millisecond, Billed: 590 * time.Millisecond, Init: 200 * time.Millisecond, MemoryMB: 512, MaxMemoryMB: 90,
		}},
		{Index: 4, Outcome: Unknown, Error: "lost", ErrorKind: "response_lost", Sent: at(100), Ended: at(2500)},
		{Index: 5, Outcome: NotStarted},
	}
	got := summarize(t, p, results)
	want := &Summary{
		Scenario: Batch, Description: "d", Concurrency: 3, StartedAt: at(-400), EndedAt: at(2500),
		TotalLambdas: 6, SuccessfulLambdas: 3, FailedLambdas: 2, SuccessRate: 50,
		TotalInserts: 15, TotalErrors: 5 + 5 + 10 + 10, TotalDurationMs: 2900, TotalDurationSeconds: 2.9, Throughput: 15 / 2.9,
		LatencyMs:        Stats{Spread{ptr(100), ptr(2400), ptr(680), ptr(300)}, HighPercentiles{ptr(2400), ptr(2400)}},
		LambdaDurationMs: Stats{Spread{ptr(80), ptr(200), ptr(400. / 3), ptr(120)}, HighPercentiles{ptr(200), ptr(200)}},
		LambdaThroughput: Spread{ptr(0), ptr(125), ptr(55), ptr(40)},
		Errors:           []InvocationError{{3, "crash"}, {4, "lost"}},
		Invocations:      Account{Planned: 6, Acknowledged: 3, Failed: 1, Unknown: 1, NotStarted: 1},
		Statements:       &Account{Planned: 12, Acknowledged: 3, Failed: 1 + 2, Unknown: 1 + 2, NotStarted: 1 + 2},
		Rows:             Account{Planned: 60, Acknowledged: 15, Failed: 15, Unknown: 15, NotStarted: 15},
		Retried:          map[string]int64{}, ConnectRetries: map[string]int64{}, RowsAffected: new(int64(14)), StoredElsewhere: 1, Attempts: new(int64(6)), Resent: new(int64), Confirmed: new(int64), ColdStarts: new(int64(2)), Environments: new(int64(2)), TruncatedLambdas: new(int64(1)),
		Throttles: map[string]int64{"Rate": 3, "Concurrent": 1},
		StatementLatency: StatementLatency{
			Count: 3, Min: ptr(10), Avg: ptr(20), Max: ptr(30),
			TooFewFor: []string{"p50", "p90", "p95", "p99", "p99.9"},
		},
		ErrorsByKind:     []ErrorCount{{"40001", "OC000", 3, 15}, {"connection_lost", "gone", 1, 5}},
		InvocationErrors: map[string]int64{"Unhandled": 1, "response_lost": 1},
		Slowest:          []Statement{},
		Timeline: []TimelineSecond{
			second(TimelineSecond{Throttled: 1}, 0, 0, 0, 0), // the last 150 ms before the full second: one refused call
			second(TimelineSecond{
				Second: 1, FewPercentiles: FewPercentiles{P50: ptr(10.007), P95: ptr(30), P99: ptr(30)}, Max: ptr(30), Sent: 5, Ended: 4, InFlight: 4, Throttled: 3,
				ErrorKinds: map[string]int64{"Unhandled": 2}, // the crash, which ended in it
			}, 4, 10, 2, 2),
			second(TimelineSecond{Second: 2, InFlight: 1}, 0, 0, 0, 0),
			second(TimelineSecond{
				Second: 3, FewPercentiles: FewPercentiles{P50: ptr(20), P95: ptr(20), P99: ptr(20)}, Max: ptr(20), Ended: 1, InFlight: 1,
				ErrorKinds: map[string]int64{"40001": 1, "response_lost": 2}, Retried: map[string]int64{"40001": 3},
			}, 4, 5, 3, 0),
		},
		Billed: &Billed{
			Invocations: 2, BilledSeconds: 0.701, Inits: 1, InitBilledSeconds: ptr(0.2), MemoryMB: 512, MaxMemoryMB: 90,
			DurationMs: Stats{Spread{ptr(110), ptr(390), ptr(250), ptr(250)}, HighPercentiles{ptr(390), ptr(390)}},
			InitMs:     Stats{Spread{ptr(200), ptr(200), ptr(200), ptr(200)}, HighPercentiles{ptr(200), ptr(200)}},
		},
		Cold: Stats{Spread{ptr(100), ptr(400), ptr(250), ptr(250)}, HighPercentiles{ptr(400), ptr(400)}},
		Warm: Stats{Spread{ptr(200), ptr(300), ptr(250), ptr(250)}, HighPercentiles{ptr(300), ptr(300)}},
		Sample: []InvocationSample{
			{Index: 0, SentMs: 400, LatencyMs: 100, DurationMs: 80, Rows: 10, Cold: new(true), Outcome: Acknowledged, Environment: "a"},
			{Index: 1, SentMs: 450, LatencyMs: 200, DurationMs: 120, Rows: 5, Cold: new(false), Outcome: Acknowledged, Environment: "a"},
			{Index: 2, SentMs: 460, LatencyMs: 300, DurationMs: 200, Cold: new(false), Outcome: Acknowledged, Environment: "b"},
			{Index: 3, SentMs: 470, LatencyMs: 400, Cold: new(true), Outcome: Failed},
			{Index: 4, SentMs: 500, LatencyMs: 2400, Outcome: Unknown},
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
func second(t TimelineSecond, statements, rows, errors, cold int64) TimelineSecond {
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
		want := Stats{Spread{ptr(c.min), ptr(c.max), ptr(c.avg), ptr(c.median)}, HighPercentiles{ptr(c.p95), ptr(c.p99)}}
		if diff := cmp.Diff(want, statsOf(upTo(c.n))); diff != "" {
			t.Errorf("1 to %d: -want +got\n%s", c.n, diff)
		}
	}
	if diff := cmp.Diff(Stats{}, statsOf(nil)); diff != "" {
		t.Errorf("nothing: -want +got\n%s", diff)
	}
}

// What one function doesn't report statements is null for the whole scenario, and so
// is what Lambda doesn't tell of cold starts.
func TestUntold(t *testing.T) {
	p := Plan{Scenario: Individual, Load: Load{NumLambdas: 3, Iterations: 4, Count: 1}}
	ended := epoch.Add(time.Second)
	results := func() []Result {
		return []Result{
			{Index: 0, Outcome: Acknowledged, Sent: epoch, Ended: ended, Response: &Response{SuccessCount: 3, ErrorCount: 1, TotalInserts: 4, DurationMs: 900, InsertsPerSecond: 5}},
			{Index: 1, Outcome: Acknowledged, Sent: epoch, Ended: ended, Response: &Response{
				SuccessCount: 4, DurationMs: 800, InsertsPerSecond: 5, Statements: &Account{Planned: 4, Acknowledged: 4}, Latency: snapshotOf(t, 1, 2, 3, 4), Attempts: 4, ColdStart: true,
				EnvironmentID: "a", StartedUs: epoch.UnixMicro(), Timeline: []Second{{Unix: epoch.Unix(), Statements: 4, Rows: 4}},
			}},
			{Index: 2, Outcome: Unknown, Error: "lost", ErrorKind: "response_lost", Sent: epoch, Ended: ended},
		}
	}
	want := &Summary{
		Scenario: Individual, Description: "3 invocations, 4 iterations, 1 insert each", StartedAt: epoch, EndedAt: ended,
		TotalLambdas: 3, SuccessfulLambdas: 2, FailedLambdas: 1, SuccessRate: 100 * ratio(2, 3), TotalInserts: 7, TotalErrors: 5,
		TotalDurationMs: 1000, TotalDurationSeconds: 1, Throughput: 7,
		LatencyMs:        Stats{Spread{ptr(1000), ptr(1000), ptr(1000), ptr(1000)}, HighPercentiles{ptr(1000), ptr(1000)}},
		LambdaDurationMs: Stats{Spread{ptr(800), ptr(900), ptr(850), ptr(850)}, HighPercentiles{ptr(900), ptr(900)}},
		LambdaThroughput: Spread{ptr(5), ptr(5), ptr(5), ptr(5)},
		Errors:           []InvocationError{{2, "lost"}}, InvocationErrors: map[string]int64{"response_lost": 1}, Throttles: map[string]int64{},
		Invocations: Account{Planned: 3, Acknowledged: 2, Unknown: 1}, Rows: Account{Planned: 12, Acknowledged: 7, Unknown: 5},
		StatementLatency: StatementLatency{TooFewFor: []string{}},
		Timeline:         []TimelineSecond{{Sent: 3, InFlight: 3}, {Second: 1, Ended: 3, InFlight: 3}},
		Sample: []InvocationSample{
			{Index: 0, LatencyMs: 1000, DurationMs: 900, Rows: 3, Outcome: Acknowledged},
			{Index: 1, LatencyMs: 1000, DurationMs: 800, Rows: 4, Outcome: Acknowledged, Environment: "a"},
			{Index: 2, LatencyMs: 1000, Outcome: Unknown},
		},
	}
	if diff := cmp.Diff(want, summarize(t, p, results())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	reported := results()
	for i := range reported {
		reported[i].Report = &Report{Duration: time.Second, Init: time.Duration(i%2) * time.Second}
	}
	s := summarize(t, p, reported)
	if s.ColdStarts == nil || *s.ColdStarts != 1 || *s.Timeline[0].ColdStarts != 1 || s.Warm.Avg == nil || s.Environments != nil || s.Timeline[0].Rows != nil {
		t.Errorf("Lambda told of one cold start: %v, warm %+v, timeline %+v", s.ColdStarts, s.Warm, s.Timeline)
	}
}

func TestSummarizeRefusesABrokenHistogram(t *testing.T) {
	p := Plan{Scenario: Individual, Load: Load{NumLambdas: 1, Iterations: 1, Count: 1}}
	_, err := Summarize(p, []Result{{Outcome: Acknowledged, Response: &Response{Latency: &latency.Snapshot{HDR: "x"}}}})
	if err == nil {
		t.Error("no error")
	}
}

// random is a plan with results that each pass check.Response (TestRandomIsSound), and all its statements.
func random(t *testing.T, seed uint64) (p Plan, results []Result, statements []Statement, latencies []time.Duration) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	p = Plan{Scenario: Scenarios()[seed%2], Load: Load{NumLambdas: 1 + r.IntN(12), Iterations: 1 + r.IntN(8), Count: 1 + r.IntN(4)}}
	kinds := []string{"40001", "08006", "timeout"}
	for i := range p.Load.NumLambdas {
		inv := p.Invocation(i)
		sent := epoch.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
		result := Result{Index: i, Outcome: []Outcome{Acknowledged, Acknowledged, Acknowledged, Failed, Unknown, NotStarted}[r.IntN(6)]}
		if result.Outcome != NotStarted {
			result.Sent, result.Ended = sent, sent.Add(time.Duration(1+r.IntN(2000))*time.Millisecond)
		}
		if result.Outcome != Acknowledged {
			results = append(results, result)
			continue
		}
		a, rows := Account{}, int64(inv.RowsPerStatement())
		answer := &Response{Scenario: inv.Scenario, Index: inv.Index, RunID: inv.RunID, Iterations: inv.Iterations, Count: inv.Count, Statements: &a}
		h := latency.New()
		started := r.IntN(inv.Statements() + 1)
		for n := range inv.Statements() {
			if n >= started {
				a.count(NotStarted, 1)
				continue
			}
			d := time.Duration(1+r.IntN(50_000)) * time.Microsecond
			o := []Outcome{Acknowledged, Acknowledged, Failed, Unknown}[r.IntN(4)]
			a.count(o, 1)
			second := Second{Unix: sent.Unix() + int64(r.IntN(3)), Statements: 1}
			switch o {
			case Acknowledged:
				h.Record(d)
				latencies = append(latencies, d)
				second.Rows, second.Latency = rows, latency.Sparse{}
				second.Latency.Record(d)
			case Failed:
				answer.Failed.Append(n)
			case Unknown:
				answer.Unknown.Append(n)
			}
			kind := ""
			if o != Acknowledged {
				kind = kinds[r.IntN(3)]
				second.Errors, second.ErrorKinds = 1, map[string]int64{kind: 1}
				at := slices.IndexFunc(answer.Errors, func(e ErrorCount) bool { return e.Kind == kind })
				if at < 0 {
					at, answer.Errors = len(answer.Errors), append(answer.Errors, ErrorCount{Kind: kind, Message: "m"})
				}
				answer.Errors[at].Statements++
				answer.Errors[at].Rows += rows
			}
			answer.Timeline = append(answer.Timeline, second)
			answer.Attempts++
			answer.DurationMs += ms(d)
			iteration, row := inv.Place(n)
			answer.Slowest = append(answer.Slowest, Statement{
				Invocation: i, Iteration: iteration, Row: row, Rows: int(rows), LatencyUs: d.Microseconds(), Attempts: 1, Outcome: o, Error: kind,
			})
		}
		statements = append(statements, answer.Slowest...)
		answer.Slowest = Slowest(answer.Slowest)
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
		if diff := cmp.Diff(Slowest(append([]Statement{}, statements...)), s.Slowest); diff != "" {
			t.Errorf("seed %d: slowest of all: -want +got\n%s", seed, diff)
		}
		sum, kinds := Second{}, int64(0)
		l := s.StatementLatency
		for i, second := range s.Timeline {
			for name, v := range map[string]*float64{"p50": second.P50, "p95": second.P95, "p99": second.P99, "max": second.Max} {
				if v != nil && (*v < *l.Min || *v > *l.Max) {
					t.Errorf("seed %d: second %d: %s is %v ms, the scenario's are from %v to %v", seed, i, name, *v, *l.Min, *l.Max)
				}
			}
			kinds += Total(second.ErrorKinds)
			if second.Second != int64(i) {
				t.Errorf("seed %d: second %d at %d", seed, second.Second, i)
			}
			sum.add(Second{Statements: *second.Statements, Rows: *second.Rows, Errors: *second.Errors})
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
	var all []Statement
	for i := range 120 {
		all = append(all, Statement{Invocation: i % 7, Iteration: i, LatencyUs: int64(i / 2)}) // in pairs of equals
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	got := fmt.Sprint(len(Slowest(all)))
	for i, s := range Slowest(all) {
		if want := int64(59 - i/2); s.LatencyUs != want {
			t.Errorf("place %d: %d us, want %d", i, s.LatencyUs, want)
		}
	}
	if got != "50" {
		t.Errorf("%s kept, want 50", got)
	}
}
