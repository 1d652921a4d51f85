package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// course is what the run did when, and what it wants the reader to know.
func course(r *bench.Record) []block {
	var blocks []block
	if b := courseBar(r); b != nil {
		blocks = append(blocks, block{Bar: b})
	} else if slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return !idle(s) }) {
		blocks = append(blocks, note("These results don't say when its scenarios ran."))
	} else {
		blocks = append(blocks, note("No invocation was sent, so there is no course to draw."))
	}
	if w := r.Run.WarmUp; w != nil {
		rows := ""
		if w.Rows != nil {
			rows = fmt.Sprintf("%s of %s acknowledged, ", figure.Count(w.Rows.Acknowledged), plural(w.Rows.Planned, "row"))
		}
		blocks = append(blocks, note(fmt.Sprintf("Warm-up: %s of %s succeeded, %s%s, %s removed. None of it is in any other figure.",
			figure.Count(w.Invocations.Acknowledged), plural(w.Invocations.Planned, "invocation"), rows, pluralOf(w.ColdStarts, "cold start"), plural(w.RowsRemoved, "row"))))
	} else {
		blocks = append(blocks, note("There was no warm-up, or these results don't tell of it."))
	}
	for _, warning := range r.Run.Warnings {
		blocks = append(blocks, note("Warning: "+warning))
	}
	return blocks
}

// courseBar cuts the run into what lay before, in and after its scenarios; nil
// when none was under way.
func courseBar(r *bench.Record) *bar {
	first := "set-up"
	if r.Run.WarmUp != nil {
		first = "set-up and warm-up"
	}
	b, at, whole := &bar{Legend: true}, r.Run.StartedAt, 0.0
	add := func(name, color string, to time.Time) {
		if took := to.Sub(at).Seconds(); took > 0 {
			b.Pieces = append(b.Pieces, piece{Name: name, Color: color, Share: took, Text: fmt.Sprintf("%.1f s", took)})
			whole += took
			at = to
		}
	}
	sent := false
	for _, s := range r.Summaries() {
		if s.StartedAt.IsZero() {
			continue
		}
		add(first, "st-between", s.StartedAt)
		add(string(s.Scenario), "st-"+string(s.Scenario), s.EndedAt)
		first, sent = "between", true
	}
	add("verification and the rest", "st-after", r.Run.EndedAt)
	if !sent || whole == 0 {
		return nil
	}
	for i := range b.Pieces {
		b.Pieces[i].Share = significant(b.Pieces[i].Share/whole, 5)
	}
	b.Title = fmt.Sprintf("%s to %s", when(r.Run.StartedAt), at.UTC().Format("15:04:05 UTC"))
	return b
}

// sideBySide sets the scenarios against each other.
func sideBySide(a, b *bench.Summary) []block {
	t := &table{Head: []string{"", "individual#", "batch#"}}
	add := func(name, x, y string) { t.Rows = append(t.Rows, row(name, x, y)) }
	add("rows acknowledged", figure.Count(a.Rows.Acknowledged), figure.Count(b.Rows.Acknowledged))
	add("throughput", throughput(a), throughput(b))
	for _, p := range []struct {
		name string
		of   func(bench.StatementLatency) *float64
	}{
		{"p50", func(l bench.StatementLatency) *float64 { return l.P50 }},
		{"p95", func(l bench.StatementLatency) *float64 { return l.P95 }},
		{"p99", func(l bench.StatementLatency) *float64 { return l.P99 }},
		{"p99.9", func(l bench.StatementLatency) *float64 { return l.P999 }},
		{"max", func(l bench.StatementLatency) *float64 { return l.Max }},
	} {
		add("statement latency "+p.name, starred(a.StatementLatency, p.name, p.of(a.StatementLatency)), starred(b.StatementLatency, p.name, p.of(b.StatementLatency)))
	}
	add("invocation latency, average", figure.Ms(a.LatencyMs.Avg), figure.Ms(b.LatencyMs.Avg))
	add("invocation latency, p95", figure.Ms(a.LatencyMs.P95), figure.Ms(b.LatencyMs.P95))
	if a.Throughput > 0 && !b.NothingSent() {
		t.Note = fmt.Sprintf("Batch has %s times the throughput of individual.", figure.Fixed(b.Throughput/a.Throughput, 1))
	}
	if len(a.StatementLatency.TooFewFor)+len(b.StatementLatency.TooFewFor) > 0 {
		t.Note = strings.TrimSpace(t.Note + " * Fewer than ten samples lie beyond it: don't rely on it.")
	}
	return []block{{Table: t}, {Chart: percentiles("both-percentiles", "Latency by percentile, both scenarios", a, b)}}
}
