// Package threshold reads conditions on figures, such as "p99<50ms", and checks a Record,
// or the Sum of a scenario that still runs, against them.
package threshold

import (
	"math"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// Judge holds the record to its configuration's thresholds. One on a
// figure of a scenario that names none is held to each that was asked for, also
// to one that never came to run. A text that can't be read, which Validate
// refuses before a run, fails.
func Judge(r *bench.Record) {
	r.Thresholds = []bench.Threshold{}
	for _, text := range r.Run.Config.Thresholds {
		t, err := Parse(text)
		if err != nil {
			r.Thresholds = append(r.Thresholds, t)
			continue
		}
		for _, t := range forScenarios(t, r.Run.Config.Scenarios) {
			if !nothingSent(r, t.Scenario) {
				t.Value = figure.Named(t.Figure).Of(r, t.Scenario)
			}
			t.OK = t.Value != nil && holds(&t, *t.Value)
			r.Thresholds = append(r.Thresholds, t)
		}
	}
}

// forScenarios is t of each scenario that it is a demand on.
func forScenarios(t bench.Threshold, all []bench.Scenario) []bench.Threshold {
	if t.Scenario != "" || figure.Named(t.Figure).OfRun {
		return []bench.Threshold{t}
	}
	each := make([]bench.Threshold, len(all))
	for i, s := range all {
		each[i], each[i].Scenario = t, s
	}
	return each
}

// holds compares value with the limit. Equal are numbers that differ by less
// than a billionth: a limit of 0.1 s is 100 ms.
func holds(t *bench.Threshold, value float64) bool {
	equal := math.Abs(value-t.Limit) <= 1e-9*max(math.Abs(value), math.Abs(t.Limit))
	switch t.Operator {
	case "<":
		return value < t.Limit && !equal
	case "<=":
		return value < t.Limit || equal
	case ">":
		return value > t.Limit && !equal
	case ">=":
		return value > t.Limit || equal
	case "==":
		return equal
	case "!=":
		return !equal
	}
	return false
}

// WhyNoValue says why t has no value; empty when it has one.
func WhyNoValue(r *bench.Record, t bench.Threshold) string {
	f := figure.Named(t.Figure)
	switch {
	case t.Value != nil:
		return ""
	case f == nil:
		return "there is no such figure"
	case !f.OfRun && !slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return s.Scenario == t.Scenario }), nothingSent(r, t.Scenario):
		return "the scenario didn't run"
	case f.Detail && f.OfRun && untold(r, bench.Scenarios()...):
		return figure.AbsentIDs
	case f.Detail && untold(r, t.Scenario):
		return figure.AbsentDetail
	}
	return f.Absent
}

// nothingSent reports whether the scenario never came to run. What would be measured
// in it doesn't exist: no error is no success.
func nothingSent(r *bench.Record, scenario bench.Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return s.Scenario == scenario && s.NothingSent() })
}

// untold reports whether the function of one of the scenarios tells of rows alone.
func untold(r *bench.Record, of ...bench.Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return slices.Contains(of, s.Scenario) && s.Untold() })
}
