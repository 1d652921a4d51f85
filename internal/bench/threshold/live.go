package threshold

import (
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// BrokenForGood reports whether t can't be met any more, whatever comes. It returns
// true only where that is certain: for any limit on what can't be known (NeverKnown),
// for an upper one on what only grows (Figure.Grows), for a lower one on a success
// rate, and for an upper one on a percentile of statements that is beyond it already
// (Sum.AtLeast). False says nothing: throughput, means and figures of the whole run are
// known at the end alone.
func BrokenForGood(t bench.Threshold, sum *bench.Sum) bool {
	live := sum.Live()
	seen := live.Summary
	if seen.Untold() && NeverKnown(t, seen.Scenario, live.Unreported) {
		return true
	}
	f := figure.Named(t.Figure)
	if f == nil || f.OfRun || t.Scenario != "" && t.Scenario != seen.Scenario {
		return false
	}
	upper := t.Operator == "<" || t.Operator == "<="
	switch {
	case f.Grows && (upper || t.Operator == "=="):
		v := f.OfSummary(seen)
		return v != nil && *v >= t.Limit && !holds(&t, *v)
	case f.Name == "success_rate" && (t.Operator == ">" || t.Operator == ">="):
		return rateMissed(t, seen.TotalErrors, seen.Rows.Planned)
	case f.Name == "invocation_success_rate" && (t.Operator == ">" || t.Operator == ">="):
		return rateMissed(t, seen.FailedLambdas, seen.Invocations.Planned)
	case upper:
		return tooManyBeyond(t, sum)
	}
	return false
}

// rateMissed reports whether a success rate misses t, even if nothing more fails.
func rateMissed(t bench.Threshold, failed, planned int64) bool {
	return planned > 0 && !holds(&t, 100-100*float64(failed)/float64(planned))
}

// NeverKnown reports whether t is on a figure that a function that isn't this suite's
// doesn't tell. Unreported: nor does Lambda send its REPORT line.
func NeverKnown(t bench.Threshold, s bench.Scenario, unreported bool) bool {
	f := figure.Named(t.Figure)
	if f == nil || t.Scenario != "" && t.Scenario != s {
		return false
	}
	return f.Detail || f.Reported && unreported
}

// tooManyBeyond reports whether a percentile of the statements must miss its limit.
func tooManyBeyond(t bench.Threshold, sum *bench.Sum) bool {
	all := bench.Quantiles()
	i := slices.IndexFunc(all, func(q bench.Quantile) bool { return q.Name == t.Figure })
	if i < 0 {
		return false
	}
	least, ok := sum.AtLeast(all[i].Percent)
	return ok && !holds(&t, ms(least))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
