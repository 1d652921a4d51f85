package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// JudgeThresholds holds the record to its configuration's thresholds. One on a
// figure of a scenario that names none is held to each that was asked for, also
// to one that never came to run. A text that can't be read, which Validate
// refuses before a run, fails.
func (r *Record) JudgeThresholds() {
	r.Thresholds = []Threshold{}
	for _, text := range r.Run.Config.Thresholds {
		t, err := ParseThreshold(text)
		if err != nil {
			r.Thresholds = append(r.Thresholds, t)
			continue
		}
		for _, t := range t.forScenarios(r.Run.Config.Scenarios) {
			if !r.nothingSent(t.Scenario) {
				t.Value = figureNamed(t.Figure).Of(r, t.Scenario)
			}
			t.OK = t.Value != nil && t.holds(*t.Value)
			r.Thresholds = append(r.Thresholds, t)
		}
	}
}

// forScenarios is t of each scenario that it is a demand on.
func (t Threshold) forScenarios(all []Scenario) []Threshold {
	if t.Scenario != "" || figureNamed(t.Figure).OfRun {
		return []Threshold{t}
	}
	each := make([]Threshold, len(all))
	for i, s := range all {
		each[i], each[i].Scenario = t, s
	}
	return each
}

// holds compares value with the limit. Equal are numbers that differ by less
// than a billionth: a limit of 0.1 s is 100 ms.
func (t *Threshold) holds(value float64) bool {
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
func (r *Record) WhyNoValue(t Threshold) string {
	f := figureNamed(t.Figure)
	switch {
	case t.Value != nil:
		return ""
	case f == nil:
		return "there is no such figure"
	case !f.OfRun && !slices.ContainsFunc(r.Summaries(), func(s *Summary) bool { return s.Scenario == t.Scenario }), r.nothingSent(t.Scenario):
		return "the scenario didn't run"
	case f.Told && f.OfRun && r.untold(Scenarios()...):
		return absentIDs
	case f.Told && r.untold(t.Scenario):
		return absentDetail
	}
	return f.Absent
}

// nothingSent reports whether the scenario never came to run. What would be measured
// in it doesn't exist: no error is no success.
func (r *Record) nothingSent(scenario Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), func(s *Summary) bool { return s.Scenario == scenario && s.NothingSent() })
}

// untold reports whether the function of one of the scenarios tells of rows alone.
func (r *Record) untold(of ...Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), func(s *Summary) bool { return slices.Contains(of, s.Scenario) && s.Untold() })
}

// FailedThresholds are those that were not met.
func (r *Record) FailedThresholds() []Threshold {
	return slices.DeleteFunc(slices.Clone(r.Thresholds), func(t Threshold) bool { return t.OK })
}

// ValidateThresholds is Validate of the thresholds alone.
func (c *Config) ValidateThresholds() error {
	v := validator{config: c}
	v.thresholds()
	return errors.Join(v.faults...)
}

// thresholds reports the faults of the configuration's thresholds.
func (v *validator) thresholds() {
	if n := len(v.config.Thresholds); n > MaxThresholds {
		v.check("thresholds", fmt.Sprintf("%d of them", n), false, fmt.Sprintf("%d at most", MaxThresholds))
		return
	}
	for _, text := range v.config.Thresholds {
		if len(text) > MaxThreshold {
			v.check("thresholds", text[:MaxThreshold]+"...", false, fmt.Sprintf("%d bytes at most", MaxThreshold))
			continue
		}
		t, err := ParseThreshold(text)
		var wrong *ThresholdError
		if errors.As(err, &wrong) {
			v.check("thresholds", text, false, fmt.Sprintf("a demand such as p99<50ms; column %d: %s", wrong.Column, wrong.Problem))
			continue
		}
		v.check("thresholds", text, t.Scenario == "" || v.config.Runs(t.Scenario), "of a scenario that runs: "+join(v.config.Scenarios))
	}
}
