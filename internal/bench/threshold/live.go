package threshold

import (
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/figure"
)

// Watch holds the thresholds that are checked while a scenario runs, with their figures.
type Watch []watched

// watched is a threshold with its figure, which is nil if there is none.
type watched struct {
	bench.Threshold
	figure  *figure.Figure
	percent float64 // of a percentile of the statements; 0 for another figure
}

// NewWatch returns a Watch of all.
func NewWatch(all []bench.Threshold) Watch {
	w := make(Watch, len(all))
	quantiles := bench.Quantiles()
	for i, t := range all {
		w[i] = watched{Threshold: t, figure: figure.Named(t.Figure)}
		if n := slices.IndexFunc(quantiles, func(q bench.Quantile) bool { return q.Name == t.Figure }); n >= 0 {
			w[i].percent = quantiles[n].Percent
		}
	}
	return w
}

// BrokenForGood returns the first threshold that can no longer be met. It returns one only if
// that is certain: for a figure that the function doesn't report (NeverKnown), for an upper limit
// on a figure that only grows (Figure.Grows), for a lower limit on a success rate, and for an
// upper limit on a percentile of statements that must end above it (Sum.AtLeast). If ok is false,
// some may still be missed: throughput, means and figures of the whole run are known only at the
// end.
func (w Watch) BrokenForGood(all *sum.Sum) (t bench.Threshold, ok bool) {
	if len(w) == 0 {
		return t, false
	}
	live := all.Live()
	for i := range w {
		if w[i].broken(&live, all) {
			return w[i].Threshold, true
		}
	}
	return t, false
}

func (w *watched) broken(live *sum.Live, all *sum.Sum) bool {
	seen, t, f := live.Summary, &w.Threshold, w.figure
	if !w.of(seen.Scenario) {
		return false
	}
	if seen.Foreign() && w.neverKnown(live.Unreported) {
		return true
	}
	upper := t.Operator == "<" || t.Operator == "<="
	lower := t.Operator == ">" || t.Operator == ">="
	switch {
	case f.OfRun:
		return false
	case f.Grows && (upper || t.Operator == "=="):
		v := f.OfSummary(seen)
		return v != nil && *v >= t.Limit && !holds(t, *v)
	case f.Name == "success_rate" && lower:
		return rateMissed(t, seen.TotalErrors, seen.Rows.Planned)
	case f.Name == "invocation_success_rate" && lower:
		return rateMissed(t, seen.FailedLambdas, seen.Invocations.Planned)
	case upper && w.percent > 0:
		least, ok := all.AtLeast(w.percent)
		return ok && !holds(t, float64(least)/float64(time.Millisecond))
	}
	return false
}

// of reports whether the threshold is one on scenario s or on the whole run.
func (w *watched) of(s bench.Scenario) bool {
	return w.figure != nil && (w.Scenario == "" || w.Scenario == s)
}

// neverKnown reports whether a foreign function doesn't report the figure.
func (w *watched) neverKnown(unreported bool) bool {
	return w.figure.Detail || w.figure.Reported && unreported
}

// NeverKnown reports whether a foreign function doesn't report the figure of t. unreported:
// Lambda's REPORT line is missing too.
func NeverKnown(t bench.Threshold, s bench.Scenario, unreported bool) bool {
	w := watched{Threshold: t, figure: figure.Named(t.Figure)}
	return w.of(s) && w.neverKnown(unreported)
}

// rateMissed reports whether a success rate misses t, even if nothing more fails.
func rateMissed(t *bench.Threshold, failed, planned int64) bool {
	return planned > 0 && !holds(t, 100-100*float64(failed)/float64(planned))
}
