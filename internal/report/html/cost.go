package html

import (
	"fmt"
	"math"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// costTitle returns the section's title, which says if the prices are from another region.
func costTitle(r *bench.Record) string {
	if c := r.Cost; c != nil && c.StandIn(r.Run.Config.Region) != "" {
		return "Cost, " + c.StandIn(r.Run.Config.Region)
	}
	return "Cost"
}

// cost shows what the run costs, and how that is known.
func cost(r *bench.Record) []block {
	c := r.Cost
	switch {
	case c == nil && r.Run.Target == bench.Local:
		return []block{note("The local target costs nothing.")}
	case c == nil:
		return []block{note("These results hold no calculation of the cost.")}
	}
	t := &table{Head: []string{"", "estimate#", "actual#"}}
	add := func(name string, of func(*bench.CostSheet) string) {
		t.Rows = append(t.Rows, row(name, sheet(c.Estimate, of), sheet(c.Actual, of)))
	}
	add("total", func(s *bench.CostSheet) string { return figure.USD(&s.TotalUSD) })
	add("per million rows", func(s *bench.CostSheet) string { return figure.USD(s.PerMillionRowUSD) })
	add("Lambda requests", func(s *bench.CostSheet) string { return figure.Count(s.Requests) })
	add("for requests", func(s *bench.CostSheet) string { return figure.USD(&s.RequestsUSD) })
	add("GB-seconds", func(s *bench.CostSheet) string { return number(&s.GBSeconds) })
	if hasInit(c.Estimate) || hasInit(c.Actual) {
		add("of them to start environments (INIT)", func(s *bench.CostSheet) string { return number(s.InitGBSeconds) })
	}
	add("for duration", func(s *bench.CostSheet) string { return figure.USD(&s.DurationUSD) })
	if streams(c.Estimate) || streams(c.Actual) {
		add("GB streamed beyond 6 MB an answer", func(s *bench.CostSheet) string { return plain(&s.StreamedGB) })
		add("for streamed answers", func(s *bench.CostSheet) string { return figure.USD(&s.StreamedUSD) })
	}
	add("DPU of the cluster", func(s *bench.CostSheet) string { return plain(s.DPU) })
	add("for DPU", func(s *bench.CostSheet) string { return figure.USD(s.DPUUSD) })
	t.Note = fmt.Sprintf("In %s (%s). Without discounts, free tiers and taxes.", c.Currency, c.Prices(r.Run.Config.Region))
	if c.Actual == nil {
		t.Note += " What was billed isn't known, so there is no actual cost."
	}
	blocks := []block{{Table: t}}
	basis := func(name string, s *bench.CostSheet) {
		if s != nil && len(s.Basis) > 0 {
			blocks = append(blocks, note("Basis of the "+name+": "+strings.Join(s.Basis, " ")))
		}
	}
	basis("estimate", c.Estimate)
	basis("actual cost", c.Actual)
	return blocks
}

func hasInit(s *bench.CostSheet) bool { return s != nil && s.InitGBSeconds != nil }

func streams(s *bench.CostSheet) bool { return s != nil && s.StreamedGB > 0 }

// sheet prints a number of a cost sheet that may be missing.
func sheet(s *bench.CostSheet, of func(*bench.CostSheet) string) string {
	if s == nil {
		return absent
	}
	return of(s)
}

// cloudWatch shows the metrics that were fetched, each with a small chart.
func cloudWatch(r *bench.Record) []block {
	c := r.CloudWatch
	switch {
	case c == nil && r.Run.Target == bench.Local:
		return []block{note("The local target has no CloudWatch.")}
	case c == nil:
		return []block{note("CloudWatch's metrics were not fetched.")}
	}
	var blocks []block
	if c.Problem != "" {
		blocks = append(blocks, note(c.Problem))
	}
	if !c.Complete {
		blocks = append(blocks, note("Fetched soon after the run: more may have come since."))
	}
	if len(c.Metrics) == 0 {
		return append(append(blocks, note("No metric came back.")), waitEvents(r)...)
	}
	t := &table{Head: []string{"namespace", "metric", "statistic", "total#", "unit", "points#", "course"}}
	for _, m := range c.Metrics {
		if !m.Shown() {
			continue
		}
		spark := cell{Spark: sparkline(m.Points), Hint: sparkHint(m.Points)}
		t.Rows = append(t.Rows, append(row(m.Namespace, m.Title(), m.Statistic, plain(m.Total), m.Unit, figure.Count(int64(len(m.Points)))), spark))
	}
	t.Note = fmt.Sprintf("From %s to %s, fetched at %s.", figure.Moment(c.From), figure.Moment(c.To), figure.Moment(c.FetchedAt))
	return append(append(blocks, block{Table: t}), waitEvents(r)...)
}

// sparkline returns the points as a line in a box of 120 x 24; empty for fewer than two.
func sparkline(points []bench.CloudWatchPoint) string {
	if len(points) < 2 {
		return ""
	}
	low, high := extent(points)
	first, span := points[0].At, points[len(points)-1].At.Sub(points[0].At).Seconds()
	var b strings.Builder
	for i, p := range points {
		x, y := float64(i)/float64(len(points)-1), 0.5
		if span > 0 {
			x = p.At.Sub(first).Seconds() / span
		}
		if high > low {
			y = (p.Value - low) / (high - low)
		}
		fmt.Fprintf(&b, "%.1f,%.1f ", 2+116*x, 22-20*y)
	}
	return strings.TrimSpace(b.String())
}

// sparkHint returns the range of the points, as a tooltip.
func sparkHint(points []bench.CloudWatchPoint) string {
	if len(points) == 0 {
		return ""
	}
	low, high := extent(points)
	return "from " + plain(&low) + " to " + plain(&high)
}

// extent returns the smallest and the largest value.
func extent(points []bench.CloudWatchPoint) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	return low, high
}
