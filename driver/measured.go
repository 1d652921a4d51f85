package main

import (
	"fmt"
	"io"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cloudwatch"
	"dsql-load-test/internal/quote"
)

// measuredText is what CloudWatch told of a run, for a reader.
func measuredText(r *bench.Record, sent *cloudwatch.Sent) string {
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
	namespace := ""
	for _, m := range c.Metrics {
		if !m.Shown() {
			continue
		}
		if m.Namespace != namespace {
			namespace = m.Namespace
			fmt.Fprintf(&b, "  %s\n", namespace)
		}
		total := "n/a"
		if m.Total != nil {
			total = strings.TrimSpace(decimal(*m.Total) + " " + unitOf(m.Unit))
		}
		fmt.Fprintf(&b, "    %-27s %-8s %20s\n", m.Title(), m.Statistic, total)
	}
	writeComparison(&b, cloudwatch.Compare(r))
	if r.Cost != nil && r.Cost.Actual != nil {
		fmt.Fprintf(&b, "\nCost (%s)\n", r.Cost.Prices(r.Run.Config.Region))
		writeSheet(&b, r.Cost.Actual)
	}
	if sent != nil {
		fmt.Fprintf(&b, "\nPrometheus: %s\n", quote.Line(sent.String()))
	}
	return b.String()
}

// unitOf is a unit as it is printed; counts have none.
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

func writeComparison(w io.Writer, all []cloudwatch.Comparison) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "\nAWS's counts against this run's\n")
	for _, c := range all {
		judged := "as expected"
		if !c.OK {
			judged = "NOT AS EXPECTED: " + c.Why
		}
		fmt.Fprintf(w, "  %-22s %12s, expected %s: %s\n    %s\n", c.Name, decimal(c.AWS), expected(c), judged, c.Ours)
	}
}

// expected is the range in words.
func expected(c cloudwatch.Comparison) string {
	switch {
	case c.Low == nil && c.High == nil:
		return "anything"
	case c.High == nil:
		return decimal(*c.Low) + " or more"
	case c.Low != nil && *c.Low == *c.High:
		return decimal(*c.Low)
	case c.Low == nil || *c.Low == 0:
		return decimal(*c.High) + " or less"
	}
	return decimal(*c.Low) + " to " + decimal(*c.High)
}
