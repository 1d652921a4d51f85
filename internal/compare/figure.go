package compare

import (
	"cmp"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/report"
)

// compared is one figure that is compared.
type compared struct {
	name   string
	unit   string
	better direction
	// primary figures are tested first, with a share of alpha only for them.
	primary  bool
	watched  bool   // --fail-on-regression looks at it
	untested string // why there is no test; empty if there is one
	// percentile of statement latency, in percent; 0 for any other figure.
	percentile float64
	// noise is how many times more it differs between equal runs than the throughput
	// (docs/compare.md, "The noise"); 0 if that isn't known.
	noise float64
	ofRun bool // of the whole run, not of a scenario
	value func(*bench.Record, *bench.Summary) *float64
}

type direction string

const (
	higher direction = "higher"
	lower  direction = "lower"
)

// figures returns all figures that are compared, in the order of the table.
func figures() []compared {
	all := []compared{from("throughput", compared{primary: true, watched: true, noise: 1, value: throughput})}
	for _, q := range bench.Quantiles() {
		all = append(all, from(q.Name, compared{watched: q.Percent <= highestWatched, percentile: q.Percent, noise: noiseOf(q.Percent)}))
	}
	return append(all,
		from("max", compared{untested: "a maximum is one statement's"}),
		from("invocation_avg", compared{name: "mean invocation latency"}),
		from("invocation_success_rate", compared{name: "invocation success rate"}),
		compared{name: "rows not acknowledged", unit: "%", better: lower, value: errorShare},
		compared{name: "retries", unit: "per 1,000 statements", better: lower, value: retries},
		from("cost_per_million", compared{name: "cost per million rows, billed"}),
		compared{
			name: "cost per million rows, estimated", unit: "USD", better: lower, ofRun: true,
			untested: "an estimate is from the plan alone", value: estimatedCost,
		},
	)
}

// from completes c from the table in package figure. A percentile with too few samples
// has no value to compare.
func from(name string, c compared) compared {
	f := figure.Named(name)
	c.name, c.unit, c.ofRun, c.better = cmp.Or(c.name, f.Name), f.Unit, f.OfRun, lower
	if f.Higher {
		c.better = higher
	}
	if c.value == nil {
		c.value = func(r *bench.Record, s *bench.Summary) *float64 {
			switch {
			case f.OfRun:
				return f.Of(r, "")
			case s.StatementLatency.Few(name):
				return nil
			}
			return f.OfSummary(s)
		}
	}
	return c
}

// highestWatched is the highest percentile that --fail-on-regression looks at, unless a
// higher one is named.
const highestWatched = 99

// noiseOf returns the noise of a percentile. That of p50, p90, p95, p99 and p99.9 is measured
// (docs/compare.md); any other percentile gets that of the next higher one, or of p99.9.
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

// listed reports whether the figure has a row even if no side has a value, to say why it
// wasn't compared.
func (f *compared) listed() bool { return f.primary || f.percentile != 0 }

// missing returns which sides have no value to compare, and why.
func (f *compared) missing(scenario bench.Scenario, sides ...Side) string {
	var parts, without, few []string
	for _, s := range sides {
		if n := f.fewest(scenario, s); n > 0 {
			few = append(few, fmt.Sprintf("%s has %s", s.Name, figure.Count(n)))
		} else if newValue(*f, scenario, s).Center == nil {
			without = append(without, s.Name)
		}
	}
	if len(few) > 0 {
		parts = append(parts, fmt.Sprintf("takes %s acknowledged statements a run, and %s", figure.Count(latency.Needed(f.percentile)), strings.Join(few, ", ")))
	}
	if len(without) > 0 {
		parts = append(parts, "missing in "+strings.Join(without, " and "))
	}
	return strings.Join(parts, "; ")
}

// fewest returns the smallest number of acknowledged statements among the runs of s that
// have too few for the percentile; 0 if there is none.
func (f *compared) fewest(scenario bench.Scenario, s Side) (fewest int64) {
	for _, r := range s.Records {
		summary := summaryOf(r, scenario)
		if f.percentile == 0 || summary == nil || !summary.StatementLatency.Few(f.name) {
			continue
		}
		if n := summary.StatementLatency.Count; n > 0 && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	return fewest
}

// throughput differs from package figure for a scenario that sent calls but acknowledged
// nothing: it is 0, not missing.
func throughput(_ *bench.Record, s *bench.Summary) *float64 {
	if s.NothingSent() {
		return nil
	}
	return &s.Throughput
}

// errorShare returns the percentage of planned rows that weren't acknowledged, including rows
// that were never sent. The figure error_rate leaves these out. The original suite doesn't
// say how many rows its failed invocations were to write.
func errorShare(r *bench.Record, s *bench.Summary) *float64 {
	if report.IsForeign(r) && s.FailedLambdas > 0 {
		return nil
	}
	return share(100*float64(s.Rows.Planned-s.Rows.Acknowledged), s.Rows.Planned)
}

// retries returns the repeated attempts per 1,000 statements, because runs of different size are
// compared. The figure of that name is a count.
func retries(_ *bench.Record, s *bench.Summary) *float64 {
	if s.Foreign() {
		return nil
	}
	return share(1000*float64(bench.Total(s.Retried)), s.Statements.Planned-s.Statements.NotStarted)
}

func share(part float64, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	return new(part / float64(whole))
}

// estimatedCost returns the estimate per million rows; nil if a part of it isn't known. The
// figure cost_estimate is the total.
func estimatedCost(r *bench.Record, _ *bench.Summary) *float64 {
	if r.Cost == nil || r.Cost.Estimate == nil || r.Cost.Estimate.DPUUSD == nil {
		return nil
	}
	return r.Cost.Estimate.PerMillionRowUSD
}

// summaryOf returns a record's summary of a scenario; nil if it didn't run.
func summaryOf(r *bench.Record, s bench.Scenario) *bench.Summary {
	if s == bench.Batch {
		return r.Scenario2
	}
	return r.Scenario1
}
