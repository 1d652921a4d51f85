package report

import (
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// cost is what the run costs, estimated and billed.
func (t *text) cost(r *bench.Record) {
	c := r.Cost
	if c == nil || c.Estimate == nil && c.Actual == nil {
		return
	}
	t.line("Cost (%s, %s)", c.Currency, c.Prices(r.Run.Config.Region))
	t.sheet("Billed", c.Actual)
	t.sheet("Estimate", c.Estimate)
	t.line("")
}

func (t *text) sheet(name string, s *bench.CostSheet) {
	if s == nil {
		return
	}
	t.figure(name, "%s: Lambda %s requests %s, %s GB s %s; DSQL %s DPU %s", figure.USD(&s.TotalUSD), figure.Count(s.Requests), figure.USD(&s.RequestsUSD),
		figure.Plain(s.GBSeconds), figure.USD(&s.DurationUSD), figure.Exact(s.DPU, ""), figure.USD(s.DPUUSD))
	if s.PerMillionRowUSD != nil {
		t.line("  %-26s %s for a million rows", "", figure.USD(s.PerMillionRowUSD))
	}
	for _, sentence := range s.Basis {
		t.line("    %s", sentence)
	}
}

// cloudWatch is what AWS measured, a metric a line.
func (t *text) cloudWatch(c *bench.CloudWatch) {
	if c == nil {
		return
	}
	state := "complete"
	if !c.Complete {
		state = "more may come"
	}
	t.line("CloudWatch (%s to %s, %s)", figure.Moment(c.From), figure.Moment(c.To), state)
	if c.Problem != "" {
		t.line("  %s", c.Problem)
	}
	for _, m := range c.Metrics {
		if !m.Shown() {
			continue
		}
		t.figure(strings.TrimPrefix(m.Namespace, "AWS/")+" "+m.Title(), "%s %s (%s)", m.Statistic, figure.Exact(m.Total, ""), m.Unit)
	}
	t.line("")
}
