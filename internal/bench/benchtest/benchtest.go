// Package benchtest makes answers of the function and records for tests.
package benchtest

import (
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Started returns the start of the loop in all answers.
func Started() time.Time { return time.Unix(1_795_000_000, 0) }

// Full returns the answer of this suite's function to inv if all statements succeed and each
// takes the same time.
func Full(inv bench.Invocation, each time.Duration) (*bench.Response, error) {
	const environment = "8f5ad9f5-3f5c-4f5e"
	n, h := int64(inv.Statements()), latency.New()
	second := bench.Second{Unix: Started().Unix(), Statements: n, Rows: inv.Rows(), Latency: latency.Sparse{}}
	r := &bench.Response{
		SuccessCount: inv.Rows(), TotalInserts: inv.Rows(), RowsAffected: inv.Rows(), Attempts: n,
		DurationMs: float64(n) * each.Seconds() * 1000, InsertsPerSecond: float64(inv.Rows()) / (float64(n) * each.Seconds()),
		Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType, Statement: inv.Statement, Index: inv.Index, RunID: inv.RunID,
		StartedUs: Started().UnixMicro(), Statements: &bench.Account{Planned: n, Acknowledged: n}, EnvironmentID: environment,
	}
	for i := range inv.Statements() {
		h.Record(each)
		second.Latency.Record(each)
		iteration, row := inv.Place(i)
		if i < bench.SlowestKept {
			r.Slowest = append(r.Slowest, bench.Statement{
				Invocation: inv.Index, Iteration: iteration, Row: row, Rows: inv.RowsPerStatement(), StartedUs: r.StartedUs,
				LatencyUs: each.Microseconds(), Attempts: 1, Outcome: bench.Acknowledged, Environment: environment,
			})
		}
	}
	r.Timeline = []bench.Second{second}
	var err error
	r.Latency, err = h.Snapshot()
	return r, err
}
