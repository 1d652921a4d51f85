package compare

import (
	"math"

	"golang.org/x/perf/benchmath"

	"dsql-load-test/internal/bench"
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
	// Change is new / old - 1; null when a side lacks the figure or old is 0.
	Change *float64 `json:"change"`
	// P is the probability of such a difference between equal things, by itself;
	// AdjustedP that among all tests of its family. Null when not tested.
	P         *float64 `json:"p"`
	AdjustedP *float64 `json:"adjusted_p"`
	// Level is what AdjustedP must not exceed for a change to be significant.
	Level float64 `json:"level"`
	Word  Word    `json:"word"`
	Why   string  `json:"why,omitempty"` // it was not tested

	figure compared
	// shift is the new runs' mean less the old ones', of what the test looked at.
	shift float64
}

// Value is a figure on one side.
type Value struct {
	// Center is the run's value, or the median of several runs'; null when a run
	// lacks it.
	Center *float64 `json:"center"`
	// Low and High bound the median with 95 % confidence; null with fewer than
	// six runs, which can't bound it.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// CV is the standard deviation between runs over their mean; null with one run.
	CV   *float64   `json:"cv"`
	Runs []*float64 `json:"runs"` // each run's value; null where it is missing
}

// Word is what became of a figure.
type Word string

// The words.
const (
	Better    Word = "better"
	Worse     Word = "worse"
	NoChange  Word = "no"         // none that is more than noise
	NotTested Word = "not tested" // Why says the reason
)

// newRow answers false when neither side has the figure and it isn't one that is
// always listed.
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
	return r, r.Old.any() || r.New.any() || f.listed()
}

func newValue(f compared, scenario bench.Scenario, s Side) Value {
	var v Value
	var values []float64
	for _, record := range s.Records {
		var one *float64
		if summary := summaryOf(record, scenario); f.ofRun || summary != nil {
			one = f.value(record, summary)
		}
		if one != nil && (math.IsInf(*one, 0) || math.IsNaN(*one)) {
			one = nil
		}
		if one != nil {
			values = append(values, *one)
		}
		v.Runs = append(v.Runs, one)
	}
	if len(values) < len(s.Records) {
		return v
	}
	if n := len(values); n > 1 {
		if mean, variance := moments(values); mean != 0 {
			cv := math.Sqrt(variance) / mean
			v.CV = &cv
		}
	}
	summary := benchmath.AssumeNothing.Summary(sample(values), 0.95)
	v.Center = &summary.Center
	if len(values) > 1 && !math.IsInf(summary.Lo, 0) && !math.IsInf(summary.Hi, 0) {
		v.Low, v.High = &summary.Lo, &summary.Hi
	}
	return v
}

func (v *Value) any() bool {
	for _, one := range v.Runs {
		if one != nil {
			return true
		}
	}
	return false
}

// numbers are all runs' values of a Value that has a Center.
func (v *Value) numbers() []float64 {
	all := make([]float64, len(v.Runs))
	for i, one := range v.Runs {
		all[i] = *one
	}
	return all
}

// moments are the mean and the variance (n - 1) of two or more values. They are
// reckoned from the first value, so that equal values have no variance.
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
