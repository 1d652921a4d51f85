package report

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// cost prints what the run costs, billed and estimated.
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
	streamed := ""
	if s.StreamedGB > 0 {
		streamed = fmt.Sprintf(", %s GB streamed %s", figure.Plain(s.StreamedGB), figure.USD(&s.StreamedUSD))
	}
	t.entry(name, "%s: Lambda %s requests %s, %s GB s %s%s; DSQL %s DPU %s", figure.USD(&s.TotalUSD), figure.Count(s.Requests), figure.USD(&s.RequestsUSD),
		figure.Plain(s.GBSeconds), figure.USD(&s.DurationUSD), streamed, figure.Exact(s.DPU, ""), figure.USD(s.DPUUSD))
	if s.PerMillionRowUSD != nil {
		t.line("  %-26s %s for a million rows", "", figure.USD(s.PerMillionRowUSD))
	}
	for _, sentence := range s.Basis {
		t.line("    %s", sentence)
	}
}

// cloudWatch prints what AWS measured, a metric a line.
func (t *text) cloudWatch(r *bench.Record) {
	c := r.CloudWatch
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
		t.entry(strings.TrimPrefix(m.Namespace, "AWS/")+" "+m.Title(), "%s %s (%s)", m.Statistic, figure.Exact(m.Total, ""), m.Unit)
	}
	t.waitEvents(r)
	t.line("")
}

// waitEvents prints what the cluster's sessions did, beside the phases of the slowest statements.
func (t *text) waitEvents(r *bench.Record) {
	w := r.CloudWatch.WaitEvents
	if w == nil {
		return
	}
	t.line("  Average active sessions of %s by wait event", w.Application)
	if missing := w.Missing(); missing != "" {
		t.line("    %s", missing)
	}
	for i := range w.Events {
		e := &w.Events[i]
		t.line("    %-24s %s, %s", e.Name+":", figure.Sessions(e.Sessions), figure.WaitShare(w, e))
	}
	for _, s := range r.Summaries() {
		if phases := figure.Phases(s); phases != "" && len(w.Events) > 0 {
			t.line("    phases of the slowest statements (%s): %s", s.Scenario, phases)
		}
	}
}
