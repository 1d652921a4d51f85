// Package figure has the numbers of a Record that people judge a run by, in one table:
// name, unit, which direction is better, where the value comes from and how it is printed.
// Thresholds, comparisons and reports all read the table; docs/thresholds.md lists it.
//
// Read figure.go first, then the table: scenario.go, latency.go, machine.go, run.go and
// cloudwatch.go. print.go prints numbers by their unit; words.go has the nouns around them.
package figure

import (
	"slices"

	"dsql-load-test/internal/bench"
)

// Figure is one number of a Record. A threshold can be set on each.
type Figure struct {
	Name  string // such as "p99"
	Unit  string // of its value, such as "ms"; empty for a plain number
	Means string // half a sentence, for the manual
	// Absent says when there is no value; empty if there always is one.
	Absent string
	// Higher: the larger value is better. For every other figure the smaller one is, if
	// either is better at all.
	Higher bool
	// OfRun: one number of the whole run, not one of each scenario.
	OfRun bool
	// Detail: only this suite's function reports it. Reported: so does Lambda, if it
	// sends REPORT lines.
	Detail, Reported bool
	// Grows: it never falls during a scenario, so an upper limit that is passed once
	// stays passed.
	Grows bool
	// CloudWatch is not nil for a figure that CloudWatch measures, minutes after the run. It is
	// empty for one that isn't a metric's total.
	CloudWatch *CloudWatchMetric

	digits  int // after the point, in print
	summary func(*bench.Summary) *float64
	record  func(*bench.Record) *float64
}

// All returns every figure, in the order of the manual.
func All() []Figure {
	return slices.Concat(rateFigures(), latencyFigures(), rowFigures(), callFigures(), machineFigures(), runFigures(), cloudWatchFigures())
}

// Named returns the figure of that name; nil if there is none.
func Named(name string) *Figure {
	all := All()
	i := slices.IndexFunc(all, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Of returns the figure's value in r, for scenario s unless the figure is OfRun; nil if
// there is none.
func (f *Figure) Of(r *bench.Record, s bench.Scenario) *float64 {
	if f.OfRun {
		return f.record(r)
	}
	for _, summary := range r.Summaries() {
		if summary.Scenario == s {
			return f.summary(summary)
		}
	}
	return nil
}

// OfSummary returns the value in one scenario's summary, of a figure that isn't OfRun.
func (f *Figure) OfSummary(s *bench.Summary) *float64 { return f.summary(s) }

// Text prints a scenario's figure with its unit. A throughput that the driver's machine
// limited is "at least" that much; a percentile of too few samples has a *.
func Text(s *bench.Summary, name string) string {
	f := Named(name)
	text := f.Print(f.summary(s))
	switch {
	case text == Absent:
		return Absent
	case name == "throughput" && s.Client != nil && s.Client.Bound:
		return "at least " + text
	case s.StatementLatency.Few(name):
		return text + "*"
	}
	return text
}

// Why there is no value.
const (
	AbsentDetail     = "the function doesn't report statements"
	AbsentIDs        = "the function doesn't report which rows it wrote, and chooses their ids itself"
	absentStatements = "no statement was acknowledged, or " + AbsentDetail
	absentCold       = AbsentDetail + ", and Lambda sent no REPORT line"
	absentSent       = "nothing was sent"
	absentMachine    = "the driver's machine wasn't watched"
	absentMoment     = absentMachine + ", or for less than 0.1 s"
	absentBilled     = "Lambda sent no REPORT line"
)

func number(n int64) *float64 { return new(float64(n)) }

// valueIf returns v if it exists, else nil.
func valueIf(exists bool, v float64) *float64 {
	if !exists {
		return nil
	}
	return &v
}
