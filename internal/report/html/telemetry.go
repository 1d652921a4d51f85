package html

import (
	"cmp"
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// telemetry shows the ledger: how many spans and points were made, passed on and lost.
func telemetry(r *bench.Record) []block {
	v := r.Telemetry
	if v == nil || v.Mode == bench.TelemetryOff {
		return []block{note("Telemetry was off, or no collector was found: no span and no metric was kept.")}
	}
	t := &table{
		Head: []string{"", "received#", "produced#", "passed on#", "refused#", "dropped#", "why"},
		Rows: append(ledgerRows("spans", &v.Spans), ledgerRows("metric points", &v.Points)...),
		Note: "Received + produced = passed on + refused + dropped, at each hop. Superseded points are no loss: a later one holds what they did.",
	}
	whole := "no"
	if v.OK {
		whole = "yes"
	}
	facts := []fact{
		{Name: "Mode", Value: string(v.Mode), Note: "to " + cmp.Or(v.Endpoint, "no collector")},
		{Name: "Whole", Value: cmp.Or(v.Problem, whole)},
		{Name: "Unreported", Value: figure.Plural(v.UnreportedInvocations, "invocation"), Note: "that ended without an answer, or answered without telemetry"},
		{Name: "Late", Value: figure.Plural(v.LatePoints, "point")},
		{Name: "On dropped spans", Value: figure.Plural(v.DroppedRows, "row")},
		{Name: "On spans sent again", Value: figure.Plural(v.ResentRows, "row"), Note: "at most: an export without an answer may have been counted"},
	}
	if n := v.Spans.NotKept; n > 0 {
		facts = append(facts, fact{
			Name: "Not kept", Value: figure.Plural(n, "span"),
			Note: fmt.Sprintf("with %s: of fast statements beyond a sample; no figure depends on them", figure.Plural(v.NotKeptRows, "row")),
		})
	}
	if s := r.TraceStore; s != nil {
		facts = append(facts, fact{
			Name: "Trace store", Value: fmt.Sprintf("%s of %s whole", figure.Count(s.Whole), figure.Plural(s.Opened, "trace")),
			Note: cmp.Or(s.Problem, fmt.Sprintf("%s by chance, %s of the slowest statements", figure.Count(s.Sampled), figure.Count(s.Slowest))),
		})
	}
	return []block{{Table: t}, {Facts: append(facts, links(r.Run.Links)...)}}
}

// links returns the addresses of the run in Grafana; l may be nil.
func links(l *bench.Links) (facts []fact) {
	if l == nil {
		return nil
	}
	for _, link := range []fact{{Name: "Dashboard", Link: l.Dashboard}, {Name: "Slow statements", Link: l.SlowStatements}, {Name: "Telemetry health", Link: l.TelemetryHealth}, {Name: "Trace of the run", Link: l.RunTrace}} {
		if link.Link = quote.Link(link.Link); link.Link != "" {
			link.Value = "open in Grafana"
			facts = append(facts, link)
		}
	}
	return facts
}

// ledgerRows returns a row for each hop of the spans or of the points.
func ledgerRows(name string, l *bench.Ledger) [][]cell {
	unknown := func(name, why string) []cell { return row(name, absent, absent, absent, absent, absent, why) }
	if l.Disabled != "" {
		return [][]cell{unknown(name, "none, by "+l.Disabled+"=none")}
	}
	rows := [][]cell{hopRow(name+", function", &l.Lambda), hopRow(name+", driver", &l.Driver)}
	if l.Collector == nil {
		return append(rows, unknown(name+", collector", "unknown: "+l.Unknown))
	}
	return append(rows, hopRow(name+", collector", l.Collector))
}

// hopRow returns a row of the ledger. A hop that doesn't balance is red.
func hopRow(name string, h *bench.Hop) []cell {
	cells := row(name, figure.Count(h.Received), figure.Count(h.Produced), figure.Count(h.Passed), figure.Count(h.Refused), figure.Count(bench.Total(h.Dropped)))
	why := cell{}
	if len(h.Dropped) > 0 {
		why.Text = kinds(h.Dropped)
	}
	if !h.Balanced() {
		why = cell{Text: strings.TrimSpace(why.Text + " doesn't balance"), Class: "bad"}
	}
	return append(cells, why)
}
