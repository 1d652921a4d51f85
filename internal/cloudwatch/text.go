package cloudwatch

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// Text returns CloudWatch's metrics of a run as text. sent is nil if nothing was sent to the
// collector.
func Text(r *bench.Record, sent *Sent) string {
	r = quote.Copy(r)
	var b strings.Builder
	c := r.CloudWatch
	state := "complete"
	if !c.Complete {
		state = "more may come: driver cloudwatch RESULTS --wait"
	}
	fmt.Fprintf(&b, "CloudWatch, %s to %s UTC, the whole minutes of run %s (%s)\n",
		c.From.UTC().Format("2006-01-02 15:04"), c.To.UTC().Format("15:04"), r.Run.ID, state)
	if c.Problem != "" {
		fmt.Fprintf(&b, "  PROBLEM: %s\n", c.Problem)
	}
	writeMetrics(&b, c.Metrics)
	writeWaitEvents(&b, r)
	writeComparison(&b, Compare(r))
	if r.Cost != nil && r.Cost.Actual != nil {
		fmt.Fprintf(&b, "\nCost (%s)\n", r.Cost.Prices(r.Run.Config.Region))
		cost.WriteSheet(&b, r.Cost.Actual)
	}
	if sent != nil {
		fmt.Fprintf(&b, "\nPrometheus: %s\n", quote.Line(sent.String()))
	}
	return b.String()
}

// writeMetrics prints a line for each metric, by namespace.
func writeMetrics(w io.Writer, all []bench.CloudWatchMetric) {
	namespace := ""
	for _, m := range all {
		if !m.Shown() {
			continue
		}
		if m.Namespace != namespace {
			namespace = m.Namespace
			fmt.Fprintf(w, "  %s\n", namespace)
		}
		total := "n/a"
		if m.Total != nil {
			total = strings.TrimSpace(figure.Decimal(*m.Total) + " " + unitOf(m.Unit))
		}
		fmt.Fprintf(w, "    %-27s %-8s %20s\n", m.Title(), m.Statistic, total)
	}
}

// writeWaitEvents prints what the cluster's sessions did, and beside it where the time of the
// slowest statements went by this program's clocks.
func writeWaitEvents(w io.Writer, r *bench.Record) {
	events := r.CloudWatch.WaitEvents
	if events == nil {
		return
	}
	fmt.Fprintf(w, "\nAverage active sessions of %s by wait event\n", events.Application)
	if missing := events.Missing(); missing != "" {
		fmt.Fprintf(w, "  %s\n", missing)
	}
	for i := range events.Events {
		e := &events.Events[i]
		fmt.Fprintf(w, "  %-22s %10s %8s  %s\n", e.Name, figure.Sessions(e.Sessions), figure.WaitShare(events, e), e.Means())
	}
	for _, s := range r.Summaries() {
		if phases := figure.Phases(s); phases != "" && len(events.Events) > 0 {
			fmt.Fprintf(w, "  phases of the slowest statements (%s): %s\n", s.Scenario, phases)
		}
	}
}

// Print prints CloudWatch's metrics as text or as JSON. sent is as in Text.
func Print(w io.Writer, r *bench.Record, sent *Sent, asJSON bool) error {
	if !asJSON {
		_, err := io.WriteString(w, Text(r, sent))
		return err
	}
	return json.NewEncoder(quote.JSONWriter(w)).Encode(struct {
		CloudWatch *bench.CloudWatch `json:"cloudwatch"`
		Comparison []Comparison      `json:"comparison"`
		Cost       *bench.Cost       `json:"cost"`
		Sent       *Sent             `json:"sent"` // null if nothing was sent
	}{r.CloudWatch, Compare(r), r.Cost, sent})
}

// unitOf returns the printed form of AWS's unit. Counts have none.
func unitOf(aws string) string {
	switch strings.ToLower(aws) {
	case "milliseconds":
		return "ms"
	case "bytes":
		return "B"
	case "none", "count":
		return ""
	}
	return aws
}

func writeComparison(w io.Writer, all []Comparison) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "\nAWS's counts against this run's\n")
	for _, c := range all {
		judged := "as expected"
		if !c.OK {
			judged = "NOT AS EXPECTED: " + c.Why
		}
		fmt.Fprintf(w, "  %-22s %12s, expected %s: %s\n    %s\n", c.Name, figure.Decimal(c.AWS), expected(c), judged, c.Ours)
	}
}

// expected returns the range in words.
func expected(c Comparison) string {
	switch {
	case c.Low == nil && c.High == nil:
		return "anything"
	case c.High == nil:
		return figure.Decimal(*c.Low) + " or more"
	case c.Low != nil && *c.Low == *c.High:
		return figure.Decimal(*c.Low)
	case c.Low == nil || *c.Low == 0:
		return figure.Decimal(*c.High) + " or less"
	}
	return figure.Decimal(*c.Low) + " to " + figure.Decimal(*c.High)
}
