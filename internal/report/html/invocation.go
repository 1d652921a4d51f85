package html

import (
	"cmp"
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// invocations shows how a scenario's invocations differ.
func invocations(s *bench.Summary) section {
	sec := section{ID: string(s.Scenario) + "-invocations", Title: "Invocations, cold against warm"}
	sec.Blocks = []block{{Chart: scatter(s)}}
	switch {
	case s.LatencyMs.Avg == nil && !idle(s):
		return sec
	case s.LatencyMs.Avg == nil:
		sec.Blocks = append(sec.Blocks, note("No invocation was sent, so none has a latency."))
		return sec
	case s.Invocations.Planned == 1:
		sec.Blocks = append(sec.Blocks, note("One invocation: there is no spread over invocations."))
	}
	t := &table{Head: statsHead()}
	for _, v := range []struct {
		name string
		s    bench.Stats
	}{
		{"latency, seen by the driver", s.LatencyMs},
		{"of cold starts", s.Cold},
		{"of warm invocations", s.Warm},
		{"execution, by the function", s.LambdaDurationMs},
	} {
		t.Rows = append(t.Rows, statsRow(v.name, v.s))
	}
	l := s.LambdaThroughput
	throughputs := []string{"rows/s of each by itself", number(l.Min), number(l.Median), number(l.Avg)}
	for range (bench.HighPercentiles{}).List() {
		throughputs = append(throughputs, "")
	}
	t.Rows = append(t.Rows, row(append(throughputs, number(l.Max))...))
	if s.Cold.Avg == nil && s.Warm.Avg == nil {
		t.Note = "These results don't distinguish cold starts from warm invocations."
	} else if s.Cold.Avg == nil {
		t.Note = "No invocation was a cold start, so there is nothing to compare the warm ones with."
	}
	sec.Blocks = append(sec.Blocks, block{Table: t})
	return sec
}

// statsHead returns the heading for statsRow.
func statsHead() []string {
	head := []string{"", "min#", "median#", "avg#"}
	for _, q := range (bench.HighPercentiles{}).List() {
		head = append(head, q.Name+"#")
	}
	return append(head, "max#")
}

func statsRow(name string, s bench.Stats) []cell {
	cells := []string{name, figure.Ms(s.Min), figure.Ms(s.Median), figure.Ms(s.Avg)}
	for _, q := range s.List() {
		cells = append(cells, figure.Ms(q.Value))
	}
	return row(append(cells, figure.Ms(s.Max))...)
}

// scatter makes a chart with a point for each invocation in the results.
func scatter(s *bench.Summary) *chart {
	c := &chart{
		ID: string(s.Scenario) + "-scatter", Title: "When each was sent, and how long it took", Wide: true, Height: 240,
		X: axis{Label: "seconds after the scenario's start", Format: "seconds"},
		Y: axis{Label: "latency, log scale", Format: "ms", Log: true},
	}
	sample := slices.DeleteFunc(slices.Clone(s.Sample), func(i bench.InvocationSample) bool { return i.Outcome == bench.NotStarted })
	switch {
	case idle(s):
		c.Missing = "no invocation was sent"
	case len(sample) == 0:
		c.Missing = "these results don't hold single invocations"
	}
	slices.SortStableFunc(sample, func(a, b bench.InvocationSample) int { return cmp.Compare(a.SentMs, b.SentMs) })
	lines := []series{
		{Name: warmName(sample), Color: "warm", Kind: "points"},
		{Name: "cold start", Color: "cold", Kind: "points"},
		{Name: "not acknowledged", Color: "k1", Kind: "points"},
	}
	for k := range lines {
		lines[k].Values = make([]*float64, len(sample))
	}
	for n, i := range sample {
		c.Xs = append(c.Xs, significant(i.SentMs/1000, 7))
		c.Labels = append(c.Labels, fmt.Sprintf("invocation %d, sent at %.2f s", i.Index, i.SentMs/1000))
		lines[classOf(i)].Values[n] = new(significant(i.LatencyMs, 6))
	}
	c.Series = slices.DeleteFunc(lines, func(l series) bool {
		return !slices.ContainsFunc(l.Values, func(v *float64) bool { return v != nil })
	})
	c.Note = fmt.Sprintf("%s of %s, evenly spread over their numbers.", figure.Count(int64(len(sample))), figure.Plural(s.Invocations.Planned, "invocation"))
	return c
}

// warmName names the invocations that were not known to be cold starts.
func warmName(sample []bench.InvocationSample) string {
	if slices.ContainsFunc(sample, func(i bench.InvocationSample) bool { return i.Cold == nil && i.Outcome == bench.Acknowledged }) {
		return "answered"
	}
	return "warm"
}

// classOf returns the index of i's series in the scatter.
func classOf(i bench.InvocationSample) int {
	switch {
	case i.Outcome != bench.Acknowledged:
		return 2
	case i.Cold != nil && *i.Cold:
		return 1
	}
	return 0
}
