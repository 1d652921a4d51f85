// Package threshold reads conditions on figures, such as "p99<50ms", and checks a Record,
// or the Sum of a scenario that still runs, against them.
//
// Read threshold.go first: Judge checks a finished run. parse.go parses the text of a
// condition, and live.go finds conditions that a running scenario can no longer meet.
package threshold

import (
	"math"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// Judge checks the record against the thresholds in its configuration. A threshold that
// names no scenario is checked for each configured scenario, even one that never ran. A
// text that can't be parsed fails; Validate refuses it before a run.
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

// OnCloudWatch reports whether one of the conditions is on a figure of CloudWatch.
func OnCloudWatch(texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		t, err := Parse(text)
		return err == nil && figure.Named(t.Figure).CloudWatch != nil
	})
}

// forScenarios returns t once for each scenario that it is a condition on.
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

// holds compares value with the limit. Numbers whose relative difference is below 1e-9 count as
// equal, because the conversion of a unit rounds: 0.1 s must equal 100 ms.
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

// WhyNoValue says why t has no value; empty if it has one.
func WhyNoValue(r *bench.Record, t bench.Threshold) string {
	f := figure.Named(t.Figure)
	switch {
	case t.Value != nil:
		return ""
	case f == nil:
		return "there is no such figure"
	case f.CloudWatch != nil:
		return whyNotMeasured(r, f)
	case !f.OfRun && !slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return s.Scenario == t.Scenario }), nothingSent(r, t.Scenario):
		return "the scenario didn't run"
	case f.Detail && f.OfRun && foreign(r, bench.Scenarios()...):
		return figure.AbsentIDs
	case f.Detail && foreign(r, t.Scenario):
		return figure.AbsentDetail
	}
	return f.Absent
}

// whyNotMeasured says why CloudWatch's figure f has no value.
func whyNotMeasured(r *bench.Record, f *figure.Figure) string {
	c := r.CloudWatch
	switch {
	case c == nil:
		return "CloudWatch's metrics were not fetched"
	case !c.Complete && c.Problem == "":
		return "CloudWatch's metrics may still change: driver cloudwatch RESULTS --wait fetches all of them"
	case *f.CloudWatch == (figure.CloudWatchMetric{}) && c.WaitEvents != nil && c.WaitEvents.Problem != "":
		return c.WaitEvents.Problem
	case c.Problem != "":
		return c.Problem
	}
	return "CloudWatch has none of this metric"
}

// nothingSent reports whether the scenario didn't start. Then its figures don't exist: without
// statements, 0 errors are no success.
func nothingSent(r *bench.Record, scenario bench.Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return s.Scenario == scenario && s.NothingSent() })
}

// foreign reports whether the function of one of the scenarios is of another suite.
func foreign(r *bench.Record, of ...bench.Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return slices.Contains(of, s.Scenario) && s.Foreign() })
}
