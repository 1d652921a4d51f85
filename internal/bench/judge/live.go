package judge

import (
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Live is what is known of a scenario while it runs. What isn't known stays
// zero, and breaks no threshold.
type Live struct {
	Scenario bench.Scenario
	// What the plan asks for in all.
	PlannedRows, PlannedStatements, PlannedInvocations int64
	// Of what ended until now: rows, then invocations.
	Acknowledged, Failed, Unknown int64
	FailedInvocations             int64
	Elapsed                       time.Duration // since the first call
	// The following are as in Summary, of the invocations that answered.
	Attempts   int64
	ColdStarts *int64
	Retried    map[string]int64
	Errors     []bench.ErrorCount
	Throttles  map[string]int64
	// Untold: an answer told of no statement, so that nothing of them will be known.
	// Unreported: nor did it come with Lambda's REPORT line.
	Untold, Unreported bool
	// Latency holds the statements acknowledged; nil when nobody adds them up.
	Latency *latency.Histogram
}

// BrokenForGood reports whether t can't be met any more, whatever comes. It
// answers true only where that is certain: for any limit on what can't be known
// (NeverKnown), for an upper one on what only grows (Figure.Grows), for a lower one
// on a success rate, and for an upper one on a percentile of statements once more of
// them lie beyond than the plan has room for. False says nothing: throughput, means and figures of the whole run are
// known at the end alone.
func BrokenForGood(t bench.Threshold, seen Live) bool {
	if NeverKnown(t, seen) {
		return true
	}
	f := bench.FigureNamed(t.Figure)
	if f == nil || f.OfRun || t.Scenario != "" && t.Scenario != seen.Scenario {
		return false
	}
	upper := t.Operator == "<" || t.Operator == "<="
	switch {
	case f.Grows && (upper || t.Operator == "=="):
		v := f.OfSummary(seen.summary())
		return v != nil && *v >= t.Limit && !holds(&t, *v)
	case f.Name == "success_rate" && (t.Operator == ">" || t.Operator == ">="):
		return seen.PlannedRows > 0 && !holds(&t, 100-100*float64(seen.Failed+seen.Unknown)/float64(seen.PlannedRows))
	case f.Name == "invocation_success_rate" && (t.Operator == ">" || t.Operator == ">="):
		return seen.PlannedInvocations > 0 && !holds(&t, 100-100*float64(seen.FailedInvocations)/float64(seen.PlannedInvocations))
	case upper:
		return seen.tooManyBeyond(t)
	}
	return false
}

// NeverKnown reports whether t is on what the function that answered doesn't tell.
func NeverKnown(t bench.Threshold, seen Live) bool {
	f := bench.FigureNamed(t.Figure)
	if f == nil || !seen.Untold || t.Scenario != "" && t.Scenario != seen.Scenario {
		return false
	}
	return f.Told || f.Reported && seen.Unreported
}

// summary is what a Summary of the scenario, were it over now, had of the
// figures that only grow.
func (l Live) summary() *bench.Summary {
	s := &bench.Summary{
		Rows:        bench.Account{Planned: l.PlannedRows, Acknowledged: l.Acknowledged, Failed: l.Failed, Unknown: l.Unknown},
		Invocations: bench.Account{Planned: l.PlannedInvocations}, Statements: &bench.Account{},
		TotalErrors: l.Failed + l.Unknown, FailedLambdas: l.FailedInvocations,
		TotalDurationMs: ms(l.Elapsed), TotalDurationSeconds: l.Elapsed.Seconds(),
		Attempts: &l.Attempts, ColdStarts: l.ColdStarts, Retried: l.Retried, ErrorsByKind: l.Errors, Throttles: l.Throttles,
	}
	if l.Latency != nil && l.Latency.Count() > 0 {
		s.StatementLatency.Max = new(ms(l.Latency.Max()))
	}
	return s
}

// tooManyBeyond reports whether a percentile of the statements must miss its
// limit: of n statements, n - rank may lie beyond it, which are most when all
// that are planned are acknowledged.
func (l Live) tooManyBeyond(t bench.Threshold) bool {
	i := slices.IndexFunc(percentiles(), func(p percentile) bool { return p.name == t.Figure })
	if i < 0 || l.Latency == nil || l.PlannedStatements == 0 {
		return false
	}
	room := l.PlannedStatements - latency.NearestRank(percentiles()[i].p, l.PlannedStatements)
	rank := l.Latency.Count() - room
	if rank < 1 {
		return false
	}
	at := l.Latency.Percentile(100 * float64(rank) / float64(l.Latency.Count()))
	return !holds(&t, ms(at))
}

type percentile struct {
	name string
	p    float64
}

// percentiles are those of StatementLatency.
func percentiles() []percentile {
	return []percentile{{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
