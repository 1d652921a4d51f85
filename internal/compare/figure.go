package compare

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// figure is one thing that is compared.
type figure struct {
	name   string
	unit   string
	better direction
	// primary figures are tested first and at a level of their own.
	primary  bool
	watched  bool   // --fail-on-regression looks at it
	untested string // why there is no test; empty when there is one
	// percentile is the one of statement latency that it is; 0 for none.
	percentile float64
	// noise is how much more it differs between equal runs than their throughput
	// does (docs/compare.md, "The noise").
	noise float64
	ofRun bool // of the whole run, not of a scenario
	value func(*bench.Record, *bench.Summary) *float64
}

type direction string

const (
	higher direction = "higher"
	lower  direction = "lower"
)

// figures are all of them, in the order of the table.
func figures() []figure {
	all := []figure{{name: "throughput", unit: "rows/s", better: higher, primary: true, watched: true, noise: 1, value: throughput}}
	all = append(all, percentiles()...)
	return append(all, []figure{
		{
			name: "max", unit: "ms", better: lower, untested: "a maximum is one statement's",
			value: func(_ *bench.Record, s *bench.Summary) *float64 { return s.StatementLatency.Max },
		},
		{
			name: "mean invocation latency", unit: "ms", better: lower,
			value: func(_ *bench.Record, s *bench.Summary) *float64 { return s.LatencyMs.Avg },
		},
		{
			name: "invocation success rate", unit: "%", better: higher,
			value: func(_ *bench.Record, s *bench.Summary) *float64 { return &s.SuccessRate },
		},
		{name: "rows not acknowledged", unit: "%", better: lower, value: errorShare},
		{name: "retries", unit: "per 1,000 statements", better: lower, value: retries},
		{
			name: "cost per million rows, billed", unit: "USD", better: lower, ofRun: true,
			value: func(r *bench.Record, _ *bench.Summary) *float64 { return cost(r, false) },
		},
		{
			name: "cost per million rows, estimated", unit: "USD", better: lower, ofRun: true, untested: "an estimate is from the plan alone",
			value: func(r *bench.Record, _ *bench.Summary) *float64 { return cost(r, true) },
		},
	}...)
}

// percentiles of statements' latency. One that too few samples support has no value
// to compare.
func percentiles() (all []figure) {
	for _, q := range bench.Quantiles() {
		all = append(all, figure{
			name: q.Name, unit: "ms", better: lower, watched: q.Percent <= highestWatched, percentile: q.Percent, noise: noiseOf(q.Percent),
			value: func(_ *bench.Record, s *bench.Summary) *float64 {
				if s.StatementLatency.Few(q.Name) {
					return nil
				}
				return s.StatementLatency.At(q.Name)
			},
		})
	}
	return all
}

// highestWatched is the highest percentile that --fail-on-regression looks at unless
// it is named.
const highestWatched = 99

// noiseOf is the noise of a percentile, as it was measured (docs/compare.md).
func noiseOf(percent float64) float64 {
	switch {
	case percent <= 50:
		return 1
	case percent <= 90:
		return 1.25
	case percent <= 95:
		return 1.5
	case percent <= 99:
		return 2
	}
	return 3
}

// listed reports whether the figure is shown also where no side has it, so that it is
// told that it couldn't be compared.
func (f *figure) listed() bool { return f.primary || f.percentile != 0 }

// missing says which sides have no value to compare, and why.
func (f *figure) missing(scenario bench.Scenario, sides ...Side) string {
	var without, few []string
	for _, s := range sides {
		switch fewest, lacks := f.lacking(scenario, s); {
		case fewest > 0:
			few = append(few, fmt.Sprintf("%s has %s", s.Name, thousands(float64(fewest))))
		case lacks:
			without = append(without, s.Name)
		}
	}
	var parts []string
	if len(few) > 0 {
		parts = append(parts, fmt.Sprintf("takes %s acknowledged statements a run, and %s", thousands(float64(latency.Needed(f.percentile))), strings.Join(few, ", ")))
	}
	if len(without) > 0 {
		parts = append(parts, "missing in "+strings.Join(without, " and "))
	}
	return strings.Join(parts, "; ")
}

// lacking reports whether a run of s has no value; fewest are the statements of the run
// that has the fewest, where they are too few for the percentile.
func (f *figure) lacking(scenario bench.Scenario, s Side) (fewest int64, lacks bool) {
	for _, r := range s.Records {
		summary := summaryOf(r, scenario)
		if (f.ofRun || summary != nil) && f.value(r, summary) != nil {
			continue
		}
		lacks = true
		if f.percentile == 0 || summary == nil || !summary.StatementLatency.Few(f.name) {
			continue
		}
		if n := summary.StatementLatency.Count; n > 0 && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	return fewest, lacks
}

// throughput of a scenario that acknowledged nothing of what it sent is 0, not
// missing.
func throughput(_ *bench.Record, s *bench.Summary) *float64 {
	if s.NothingSent() {
		return nil
	}
	return &s.Throughput
}

// errorShare is of the rows that were planned, those never sent among them. The
// original suite doesn't tell how many rows its failed invocations were to write.
func errorShare(r *bench.Record, s *bench.Summary) *float64 {
	if foreign(r) && s.FailedLambdas > 0 {
		return nil
	}
	return share(100*float64(s.Rows.Planned-s.Rows.Acknowledged), s.Rows.Planned)
}

func retries(_ *bench.Record, s *bench.Summary) *float64 {
	if s.Untold() {
		return nil
	}
	var n int64
	for _, retried := range s.Retried {
		n += retried
	}
	return share(1000*float64(n), s.Statements.Planned-s.Statements.NotStarted)
}

func share(part float64, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	v := part / float64(whole)
	return &v
}

func cost(r *bench.Record, estimate bool) *float64 {
	if r.Cost == nil {
		return nil
	}
	sheet := r.Cost.Actual
	if estimate {
		sheet = r.Cost.Estimate
	}
	if sheet == nil || sheet.DPUUSD == nil { // a part of the cost compares with nothing
		return nil
	}
	return sheet.PerMillionRowUSD
}

// summaryOf is a record's scenario; nil when it didn't run.
func summaryOf(r *bench.Record, s bench.Scenario) *bench.Summary {
	if s == bench.Batch {
		return r.Scenario2
	}
	return r.Scenario1
}
