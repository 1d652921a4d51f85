package threshold

import (
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/figure"
)

// BrokenForGood reports whether t can no longer be met. It returns true only if that is certain:
// for a figure that the function doesn't report (NeverKnown), for an upper limit on a figure
// that only grows (Figure.Grows), for a lower limit on a success rate, and for an upper limit on
// a percentile of statements that must end above it (Sum.AtLeast). False doesn't mean that t
// will be met: throughput, means and figures of the whole run are known only at the end.
func BrokenForGood(t bench.Threshold, all *sum.Sum) bool {
	live := all.Live()
	seen := live.Summary
	if seen.Foreign() && NeverKnown(t, seen.Scenario, live.Unreported) {
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
		return tooManyBeyond(t, all)
	}
	return false
}

// rateMissed reports whether a success rate misses t, even if nothing more fails.
func rateMissed(t bench.Threshold, failed, planned int64) bool {
	return planned > 0 && !holds(&t, 100-100*float64(failed)/float64(planned))
}

// NeverKnown reports whether a foreign function doesn't report the figure of t. unreported:
// Lambda's REPORT line is missing too.
func NeverKnown(t bench.Threshold, s bench.Scenario, unreported bool) bool {
	f := figure.Named(t.Figure)
	if f == nil || t.Scenario != "" && t.Scenario != s {
		return false
	}
	return f.Detail || f.Reported && unreported
}

// tooManyBeyond reports whether a percentile of the statements is certain to miss its limit.
func tooManyBeyond(t bench.Threshold, all *sum.Sum) bool {
	quantiles := bench.Quantiles()
	i := slices.IndexFunc(quantiles, func(q bench.Quantile) bool { return q.Name == t.Figure })
	if i < 0 {
		return false
	}
	least, ok := all.AtLeast(quantiles[i].Percent)
	return ok && !holds(&t, float64(least)/float64(time.Millisecond))
}
