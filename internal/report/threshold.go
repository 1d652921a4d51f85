package report

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/figure"
)

// thresholds prints a table: each threshold, its demand and the value.
func (t *text) thresholds(r *bench.Record) {
	if len(r.Thresholds) == 0 {
		return
	}
	if failed := len(r.FailedThresholds()); failed > 0 {
		t.line("Thresholds: %d of %d NOT met", failed, len(r.Thresholds))
	} else {
		t.line("Thresholds: all %d met", len(r.Thresholds))
	}
	table := tabwriter.NewWriter(&t.b, 0, 0, 2, ' ', 0)
	for _, h := range r.Thresholds {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", passed(h.OK), thresholdName(h), demand(h), found(r, h))
	}
	_ = table.Flush() // to a strings.Builder, which takes everything
	t.line("")
}

func passed(ok bool) string {
	if ok {
		return "pass"
	}
	return "FAIL"
}

// thresholdName returns "batch p99", or the whole text of a threshold that couldn't be read.
func thresholdName(h bench.Threshold) string {
	if h.Operator == "" {
		return h.Text
	}
	return strings.TrimSpace(string(h.Scenario) + " " + h.Figure)
}

// Missed returns a line for each threshold that isn't met: its demand and the value.
func Missed(r *bench.Record) (all []string) {
	for _, h := range r.FailedThresholds() {
		all = append(all, fmt.Sprintf("threshold %s isn't met: %s is %s", h.Text, thresholdName(h), found(r, h)))
	}
	return all
}

func demand(h bench.Threshold) string { return h.Operator + " " + figure.Exact(&h.Limit, h.Unit) }

// found returns a threshold's value, or why there is none.
func found(r *bench.Record, h bench.Threshold) string {
	if why := threshold.WhyNoValue(r, h); why != "" {
		return absent + ": " + why
	}
	for _, s := range r.Summaries() {
		if s.Scenario == h.Scenario && s.StatementLatency.Few(h.Figure) {
			return figure.Exact(h.Value, h.Unit) + "* (too few samples)"
		}
	}
	return figure.Exact(h.Value, h.Unit)
}
