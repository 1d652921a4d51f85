package sum

import (
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// The recent latencies are those of the last seconds heard of, in whatever order the
// invocations answer.
func TestLatencies(t *testing.T) {
	s := New(bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 10, Iterations: 10, Count: 5}})
	type some struct {
		samples int64
		p50     time.Duration // to the millisecond: histograms have three figures
	}
	seen := func() (all, recent some) {
		s.Latencies(10, func(a, r *latency.Histogram) {
			all = some{a.Count(), a.Percentile(50).Round(time.Millisecond)}
			recent = some{r.Count(), r.Percentile(50).Round(time.Millisecond)}
		})
		return all, recent
	}
	for _, c := range []struct {
		second int64
		took   time.Duration
		recent some
	}{
		{1000, 10 * time.Millisecond, some{10, 10 * time.Millisecond}},
		{1009, 30 * time.Millisecond, some{20, 10 * time.Millisecond}},
		{1004, 20 * time.Millisecond, some{30, 20 * time.Millisecond}},
		{1010, 30 * time.Millisecond, some{30, 30 * time.Millisecond}}, // 1000 is out
		{1000, 10 * time.Millisecond, some{30, 30 * time.Millisecond}}, // and stays out
	} {
		s.Add(tenStatements(t, c.took, c.second))
		if _, recent := seen(); recent != c.recent {
			t.Errorf("after second %d: %+v, want %+v", c.second, recent, c.recent)
		}
	}
	if all, _ := seen(); all != (some{50, 20 * time.Millisecond}) {
		t.Errorf("%+v in all, want 50", all)
	}
	cut := tenStatements(t, 40*time.Millisecond, 1010)
	cut.Response.Timeline = nil // it was too large
	s.Add(cut)
	if all, _ := seen(); all.samples != 60 {
		t.Errorf("%+v in all, want 60", all)
	}
	s.Latencies(10, func(all, _ *latency.Histogram) {
		if got := all.Percentile(99).Round(time.Millisecond); got != 40*time.Millisecond {
			t.Errorf("p99 %v of all, want 40 ms", got)
		}
	})
}

// tenStatements were acknowledged, took so long each, and ended in one second.
func tenStatements(t *testing.T, took time.Duration, second int64) *bench.Result {
	t.Helper()
	all, sparse := make([]time.Duration, 10), latency.Sparse{}
	for i := range all {
		all[i] = took
		sparse.Record(took)
	}
	return &bench.Result{Outcome: bench.Acknowledged, Sent: epoch, Ended: epoch.Add(took), Response: &bench.Response{
		Statements: &bench.Account{Planned: 10, Acknowledged: 10}, Latency: snapshotOf(t, all...),
		Timeline: []bench.Second{{Unix: second, Statements: 10, Latency: sparse}},
	}}
}
