package sum_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
)

const partialStart = 1_795_000_000

// partialPlan is of invocations of ten batches of three rows.
func partialPlan(invocations int) bench.Plan {
	return bench.Plan{
		RunID: "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", Scenario: bench.Batch, EventType: bench.CarCreated, Concurrency: invocations,
		Load: bench.Load{NumLambdas: invocations, Iterations: 10, Count: 3},
	}
}

// soFar returns what an invocation of partialPlan has done after n statements, one each second:
// statement 1 has failed, statement 3 ended unknown.
func soFar(t *testing.T, n int) *bench.Response {
	t.Helper()
	h, a := latency.New(), &bench.Account{Planned: 10, NotStarted: int64(10 - n)}
	r := &bench.Response{
		Scenario: bench.Batch, Iterations: 10, Count: 3, TotalInserts: 30, Statements: a, StartedUs: partialStart * 1_000_000,
		DurationMs: float64(n) * 1000, Attempts: int64(n), EnvironmentID: "env-1", Truncated: n < 10,
	}
	for i := range n {
		s := bench.Second{Unix: partialStart + int64(i), Statements: 1, ErrorKinds: map[string]int64{}, Latency: latency.Sparse{}}
		kind := map[int]string{1: "23505", 3: "connection_lost"}[i]
		switch i {
		case 1:
			a.Failed++
			r.Failed.Append(i)
		case 3:
			a.Unknown++
			r.Unknown.Append(i)
		default:
			a.Acknowledged++
			s.Rows = 3
			s.Latency.Record(time.Second)
			h.Record(time.Second)
		}
		if kind != "" {
			s.Errors, s.ErrorKinds[kind] = 1, 1
			r.Errors = append(r.Errors, bench.ErrorCount{Kind: kind, Message: "no", Statements: 1, Rows: 3})
		}
		r.Timeline = append(r.Timeline, s)
	}
	r.SuccessCount = 3 * a.Acknowledged
	r.ErrorCount, r.RowsAffected = 30-r.SuccessCount, r.SuccessCount
	var err error
	if r.Latency, err = h.Snapshot(); err != nil {
		t.Fatal(err)
	}
	return r
}

// died is the result of an invocation that ended after n statements for a reason of that kind.
func died(t *testing.T, index, n int, kind string) *bench.Result {
	t.Helper()
	return &bench.Result{
		Index: index, Outcome: bench.Unknown, ErrorKind: kind, Error: "it died", Partial: true, Response: soFar(t, n).Unanswered(3, kind, "it died"),
		Sent: time.Unix(partialStart-1, 0), Ended: time.Unix(partialStart+int64(n)+1, 0),
	}
}

// What an invocation told before it died counts as it told it, and the rest is unknown.
func TestPartialResult(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		n    int
		kind string
		rows bench.Account
		lost map[string]int64 // rows
	}{
		{"after one statement", 1, "response_lost", bench.Account{Planned: 30, Acknowledged: 3, Unknown: 27}, map[string]int64{"response_lost": 27}},
		{
			"after failures", 6, "response_lost",
			bench.Account{Planned: 30, Acknowledged: 12, Failed: 3, Unknown: 15},
			map[string]int64{"23505": 3, "connection_lost": 3, "response_lost": 12},
		},
		{
			"for a reason that its statements had too", 6, "connection_lost",
			bench.Account{Planned: 30, Acknowledged: 12, Failed: 3, Unknown: 15},
			map[string]int64{"23505": 3, "connection_lost": 15},
		},
		{
			"after its last statement", 10, "Unhandled",
			bench.Account{Planned: 30, Acknowledged: 24, Failed: 3, Unknown: 3},
			map[string]int64{"23505": 3, "connection_lost": 3},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			all := sum.New(partialPlan(1))
			for n := 1; n <= tc.n; n++ {
				told := soFar(t, n)
				all.AddPartial(0, told)
				if live := all.Live(); live.Summary.Rows.Acknowledged != told.SuccessCount || !live.Summary.Rows.Balanced() || live.Ended != 0 {
					t.Errorf("after %d statements: %+v, %d ended", n, live.Summary.Rows, live.Ended)
				}
			}
			all.Add(died(t, 0, tc.n, tc.kind))
			s, err := all.Summary()
			if err != nil {
				t.Fatal(err)
			}
			if s.Rows != tc.rows || !s.Statements.Balanced() || s.Invocations != (bench.Account{Planned: 1, Unknown: 1}) {
				t.Errorf("rows %+v, statements %+v, invocations %+v, want the rows %+v", s.Rows, *s.Statements, s.Invocations, tc.rows)
			}
			live := all.Live()
			if diff := cmp.Diff(tc.lost, live.LostRows); diff != "" || live.Summary.Rows != tc.rows || live.Ended != 1 {
				t.Errorf("lost rows: %s; live rows %+v, %d ended", diff, live.Summary.Rows, live.Ended)
			}
			if s.StatementLatency.Count != s.Statements.Acknowledged || s.InvocationErrors[tc.kind] != 1 {
				t.Errorf("%d latencies of %d statements; errors %v", s.StatementLatency.Count, s.Statements.Acknowledged, s.InvocationErrors)
			}
			checkSeconds(t, s)
		})
	}
}

// checkSeconds compares the seconds with the account.
func checkSeconds(t *testing.T, s *bench.Summary) {
	t.Helper()
	var statements, rows, wrong int64
	kinds := map[string]int64{}
	for _, second := range s.Timeline {
		statements, rows, wrong = statements+*second.Statements, rows+*second.Rows, wrong+*second.Errors
		for kind, n := range second.ErrorKinds {
			kinds[kind] += n
		}
	}
	a := s.Statements
	if statements != a.Planned-a.NotStarted || rows != s.Rows.Acknowledged || wrong != a.Failed+a.Unknown {
		t.Errorf("the seconds have %d statements, %d rows, %d errors; the accounts are %+v and %+v", statements, rows, wrong, *a, s.Rows)
	}
	byKind := map[string]int64{}
	for _, e := range s.ErrorsByKind {
		byKind[e.Kind] = e.Statements
	}
	if diff := cmp.Diff(byKind, kinds); diff != "" {
		t.Errorf("errors by kind, -summary +seconds: %s", diff)
	}
}

// Among others, and merged in any order, partial results add up the same.
func TestPartialResultsMerge(t *testing.T) {
	t.Parallel()
	const n = 5
	p := partialPlan(n)
	results := make([]bench.Result, n)
	for i := range results {
		results[i] = *died(t, i, 2*i+1, "Runtime.ExitError")
	}
	results[4] = bench.Result{Index: 4, Outcome: bench.Unknown, ErrorKind: "response_lost", Error: "lost", Sent: results[0].Sent, Ended: results[0].Ended}
	want, err := sum.Of(p, results)
	if err != nil {
		t.Fatal(err)
	}
	whole := sum.New(p)
	for i := range results {
		one := sum.New(p)
		one.AddPartial(i, soFar(t, 1))
		one.Live()
		one.Add(&results[n-1-i])
		whole.Merge(one)
	}
	got, err := whole.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if live := whole.Live().Summary.Rows; live != want.Rows {
		t.Errorf("live rows %+v, want %+v", live, want.Rows)
	}
}
