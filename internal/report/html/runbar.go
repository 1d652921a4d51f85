package html

import (
	"fmt"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// courseOfRun shows what the run did when, and its warnings.
func courseOfRun(r *bench.Record) []block {
	var blocks []block
	if b := runBar(r); b != nil {
		blocks = append(blocks, block{Bar: b})
	} else if slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return !idle(s) }) {
		blocks = append(blocks, note("These results don't say when its scenarios ran."))
	} else {
		blocks = append(blocks, note("No invocation was sent, so there is no course to draw."))
	}
	if w := r.Run.WarmUp; w != nil {
		rows := ""
		if w.Rows != nil {
			rows = fmt.Sprintf("%s of %s acknowledged, ", figure.Count(w.Rows.Acknowledged), figure.Plural(w.Rows.Planned, "row"))
		}
		blocks = append(blocks, note(fmt.Sprintf("Warm-up: %s of %s succeeded, %s%s, %s removed. None of it is in any other figure.",
			figure.Count(w.Invocations.Acknowledged), figure.Plural(w.Invocations.Planned, "invocation"), rows, pluralOf(w.ColdStarts, "cold start"), figure.Plural(w.RowsRemoved, "row"))))
	} else {
		blocks = append(blocks, note("There was no warm-up, or these results don't say."))
	}
	for _, warning := range r.Run.Warnings {
		blocks = append(blocks, note("Warning: "+warning))
	}
	return blocks
}

// runBar cuts the run into the times before, during and after its scenarios; nil if no
// scenario was started.
func runBar(r *bench.Record) *bar {
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
	b.Title = fmt.Sprintf("%s to %s", figure.Moment(r.Run.StartedAt), at.UTC().Format("15:04:05 UTC"))
	return b
}
