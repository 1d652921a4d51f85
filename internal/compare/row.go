package compare

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// Row is one figure on both sides.
type Row struct {
	Scenario bench.Scenario `json:"scenario,omitempty"` // empty: of the whole run
	Figure   string         `json:"figure"`
	Unit     string         `json:"unit"`
	Better   direction      `json:"better"`  // higher or lower
	Watched  bool           `json:"watched"` // --fail-on-regression looks at it
	Old      Value          `json:"old"`
	New      Value          `json:"new"`
	// Change is new / old - 1; null if a side lacks the figure or old is 0.
	Change *float64 `json:"change"`
	// P is the probability of such a difference between equal things; AdjustedP takes into
	// account that many figures are tested. Null if not tested.
	P         *float64 `json:"p"`
	AdjustedP *float64 `json:"adjusted_p"`
	// Level is the largest AdjustedP of a significant change.
	Level float64 `json:"level"`
	Word  Word    `json:"word"`
	Why   string  `json:"why,omitempty"` // why it was not tested

	figure compared
	// shift is the mean of the new runs minus that of the old ones, of the tested scores.
	shift float64
}

// Value is a figure on one side.
type Value struct {
	// Center is the value of the run, or the median of several; null if a run lacks it.
	Center *float64 `json:"center"`
	// Low and High bound the median with 95 % confidence; null with fewer than six runs,
	// which are too few for that.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// CV is the standard deviation of the runs divided by their mean; null with one run.
	CV   *float64   `json:"cv"`
	Runs []*float64 `json:"runs"` // the value of each run; null if it is missing
}

// Word is the result for a figure.
type Word string

// The words.
const (
	Better    Word = "better"
	Worse     Word = "worse"
	NoChange  Word = "no"         // no change that is more than noise
	NotTested Word = "not tested" // for the reason in Why
)

// newRow returns the row of a figure, and whether to show it: a side has a value, or the
// figure is always listed.
func newRow(f compared, scenario bench.Scenario, a, b Side) (Row, bool) {
	r := Row{Scenario: scenario, Figure: f.name, Unit: f.unit, Better: f.better, Watched: f.watched, Word: NotTested, figure: f}
	r.Old, r.New = newValue(f, scenario, a), newValue(f, scenario, b)
	switch x, y := r.Old.Center, r.New.Center; {
	case x == nil || y == nil:
		r.Why = f.missing(scenario, a, b)
	case *x != 0:
		if change := *y / *x - 1; !math.IsInf(change, 0) { // from next to nothing
			r.Change = &change
		}
	}
	if f.untested != "" {
		r.Why = f.untested
	}
	present := func(v *float64) bool { return v != nil }
	return r, f.listed() || slices.ContainsFunc(r.Old.Runs, present) || slices.ContainsFunc(r.New.Runs, present)
}

func newValue(f compared, scenario bench.Scenario, s Side) Value {
	var v Value
	var values []float64
	for _, record := range s.Records {
		var one *float64
		if summary := summaryOf(record, scenario); f.ofRun || summary != nil {
			one = f.value(record, summary)
		}
		if one != nil && figure.Finite(*one) {
			values = append(values, *one)
		} else {
			one = nil
		}
		v.Runs = append(v.Runs, one)
	}
	if len(values) < len(s.Records) {
		return v
	}
	if n := len(values); n > 1 {
		if mean, variance := moments(values); mean != 0 {
			v.CV = new(math.Sqrt(variance) / mean)
		}
	}
	summary := benchmath.AssumeNothing.Summary(sample(values), 0.95)
	v.Center = &summary.Center
	if len(values) > 1 && !math.IsInf(summary.Lo, 0) && !math.IsInf(summary.Hi, 0) {
		v.Low, v.High = &summary.Lo, &summary.Hi
	}
	return v
}

// numbers returns the values of all runs; v must have a Center.
func (v *Value) numbers() []float64 {
	all := make([]float64, len(v.Runs))
	for i, one := range v.Runs {
		all[i] = *one
	}
	return all
}

// moments returns the mean and the variance (divided by n - 1) of two or more values. The
// first value is subtracted before summing, so that equal values have exactly no variance.
func moments(values []float64) (mean, variance float64) {
	first := values[0]
	for _, v := range values {
		mean += (v - first) / float64(len(values))
	}
	for _, v := range values {
		variance += (v - first - mean) * (v - first - mean) / float64(len(values)-1)
	}
	return first + mean, variance
}
