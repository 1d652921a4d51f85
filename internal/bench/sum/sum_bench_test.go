package sum

import (
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// BenchmarkSum adds up a scenario of a thousand invocations of 20 s and 1000
// statements each.
func BenchmarkSum(b *testing.B) {
	p := bench.Plan{Scenario: bench.Individual, Concurrency: 1000, Load: bench.Load{NumLambdas: 1000, Iterations: 1000, Count: 1}}
	results := make([]bench.Result, p.Load.NumLambdas)
	for i := range results {
		results[i] = longResult(b, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Of(p, results); err != nil {
			b.Fatal(err)
		}
	}
}

// longResult is of an invocation of 20 s in which no statement failed.
func longResult(b *testing.B, index int) bench.Result {
	b.Helper()
	h := latency.New()
	r := &bench.Response{
		Index: index, SuccessCount: 1000, TotalInserts: 1000, DurationMs: 20_000, InsertsPerSecond: 50, Attempts: 1000, RowsAffected: 1000,
		EnvironmentID: "a", StartedUs: epoch.UnixMicro(), Statements: &bench.Account{Planned: 1000, Acknowledged: 1000},
	}
	for s := range 20 {
		second := bench.Second{Unix: epoch.Unix() + int64(s), Statements: 50, Rows: 50, Retried: map[string]int64{"40001": 1}, Latency: latency.Sparse{}}
		for i := range 50 {
			took := time.Duration(1000+37*i*(s+1)+index) * time.Microsecond
			second.Latency.Record(took)
			h.Record(took)
			r.Slowest = append(r.Slowest, bench.Statement{Invocation: index, Iteration: 50*s + i, Rows: 1, LatencyUs: took.Microseconds(), Attempts: 1, Outcome: bench.Acknowledged})
		}
		r.Timeline = append(r.Timeline, second)
	}
	r.Slowest = bench.Slowest(r.Slowest)
	var err error
	if r.Latency, err = h.Snapshot(); err != nil {
		b.Fatal(err)
	}
	return bench.Result{Index: index, Outcome: bench.Acknowledged, Sent: epoch, Ended: epoch.Add(20 * time.Second), Response: r}
}
