package compare

import (
	"cmp"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/latency"
)

// compared is one thing that is compared.
type compared struct {
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

// from completes c by the table of figures. A percentile that too few samples support
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
func (f *compared) listed() bool { return f.primary || f.percentile != 0 }

// missing says which sides have no value to compare, and why.
func (f *compared) missing(scenario bench.Scenario, sides ...Side) string {
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
func (f *compared) lacking(scenario bench.Scenario, s Side) (fewest int64, lacks bool) {
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
	if s.Foreign() {
		return nil
	}
	return share(1000*float64(bench.Total(s.Retried)), s.Statements.Planned-s.Statements.NotStarted)
}

func share(part float64, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	v := part / float64(whole)
	return &v
}

// estimatedCost is nil where a part of it isn't known: a part compares with nothing.
func estimatedCost(r *bench.Record, _ *bench.Summary) *float64 {
	if r.Cost == nil || r.Cost.Estimate == nil || r.Cost.Estimate.DPUUSD == nil {
		return nil
	}
	return r.Cost.Estimate.PerMillionRowUSD
}

// summaryOf is a record's scenario; nil when it didn't run.
func summaryOf(r *bench.Record, s bench.Scenario) *bench.Summary {
	if s == bench.Batch {
		return r.Scenario2
	}
	return r.Scenario1
}
