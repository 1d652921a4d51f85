package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/report"
)

// verification shows which planned rows are in the table.
func verification(v *bench.Verification) []block {
	if v == nil {
		return []block{note("The table was not looked at.")}
	}
	var blocks []block
	if v.Problem != "" {
		blocks = append(blocks, note(v.Problem))
	}
	if v.Mode == bench.VerifyOff {
		return append(blocks, note("The table was not looked at, verify was off: whether every acknowledged row is there isn't known."))
	}
	if !v.Looked() {
		return append(blocks, note("No id was asked for, so nothing is known of the table."))
	}
	if v.RowsAfter != nil {
		return append(blocks, note(fmt.Sprintf("The table had %s rows before and %s after, %s more: those of the run, whose ids are the function's own, and those of others.",
			figure.CountOrAbsent(v.RowsBefore), figure.CountOrAbsent(v.RowsAfter), figure.Count(v.More()))))
	}
	if v.Mode == bench.VerifyCount {
		return append(blocks, note(fmt.Sprintf("%s of %s planned ids are in the table. They were counted, not identified (--verify count).", figure.Count(v.Present), figure.Count(v.IDsAsked))))
	}
	lost := cell{Text: figure.Count(v.Lost), Class: wrong(v.Lost > 0)}
	t := &table{
		Head: []string{"planned ids", "in the table#", "not in the table#"},
		Rows: [][]cell{
			{{Text: "acknowledged"}, {Text: figure.Count(v.AcknowledgedPresent)}, lost},
			row("not acknowledged", figure.Count(v.UnacknowledgedPresent), figure.Count(v.Absent)),
		},
		Note: fmt.Sprintf("%s asked for, one by one, in %s. An acknowledged row that isn't there is lost.", figure.Plural(v.IDsAsked, "id"), millis(v.DurationMs)),
	}
	blocks = append(blocks, block{Table: t})
	if len(v.LostRows) == 0 && len(v.LostIDs) > 0 { // an older file without their places
		blocks = append(blocks, note("The first that are lost: "+strings.Join(v.LostIDs, ", ")))
	}
	if bench.Known(v.Unexpected) > 0 {
		blocks = append(blocks, note(fmt.Sprintf("%s in the table although their statements failed or were not started (%s).", figure.Plural(*v.Unexpected, "row"), v.UnexpectedWhere)))
	}
	return append(blocks, placed(v)...)
}

// placed lists the rows that run and table disagree about.
func placed(v *bench.Verification) []block {
	t := &table{Head: []string{"row", "id", "place", "time", "environment"}}
	for _, cells := range report.PlacedCells(slices.Concat(v.LostRows, v.UnexpectedRows)) {
		t.Rows = append(t.Rows, row(cells...))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	all := v.Lost + bench.Known(v.Unexpected)
	t.Note = fmt.Sprintf("%d of %s.", len(t.Rows), figure.Plural(all, "such row"))
	if v.RowsFile != "" {
		t.Note += " All of them are listed in " + v.RowsFile + "."
	}
	return []block{{Table: t}}
}

// looks lists all looks at the table, and the removals by driver cleanup.
func looks(r *bench.Record) []block {
	var blocks []block
	if len(r.Looks) > 0 {
		stands := r.Stands()
		t := &table{
			Head: []string{"look at the table", "from", "mode", "planned ids found#", "result", "database"},
			Rows: [][]cell{lookRow(stands)},
		}
		for i := range r.Looks {
			if l := &r.Looks[i]; l != stands {
				t.Note = "The first line stands: verdict, accounts and thresholds rest on it, because no other look found out more."
				t.Rows = append(t.Rows, lookRow(l))
			}
		}
		blocks = append(blocks, block{Table: t})
	}
	for _, c := range r.Cleanups {
		from := ""
		if c.Database != nil {
			from = " (" + c.Database.String() + ")"
		}
		blocks = append(blocks, note("Cleanup: "+c.String()+from+". A look afterwards doesn't find these rows."))
	}
	return blocks
}

// lookRow returns the row of one look.
func lookRow(l *bench.Look) []cell {
	v, database, found := &l.Verification, absent, absent
	if l.Database != nil {
		database = l.Database.String()
	}
	if v.RowsAfter == nil {
		found = figure.Count(v.Present)
	}
	cells := row(figure.Moment(l.At), cmp.Or(l.Host, absent), string(v.Mode), found, cmp.Or(v.Problem, "every acknowledged row is there"), database)
	cells[4].Class = wrong(!v.OK)
	return cells
}

// accounts compares the four counts of acknowledged rows.
func accounts(r *bench.Record) []block {
	a := r.Accounts
	if a == nil {
		return []block{note("Not observed: telemetry was off, so there are no metrics and no spans to compare the rows with.")}
	}
	word := "They agree."
	switch {
	case !a.Agree:
		word = "They PART: " + a.Problem
	case len(a.Missing) > 0:
		word = "They agree as far as they are known."
	}
	t := &table{Head: []string{"rows acknowledged, by", "rows#"}, Note: word, Rows: [][]cell{
		row("the invocations' responses", figure.Count(a.Acknowledged)),
		row("the database", figure.CountOrAbsent(a.Database)),
		row("the counter in Prometheus", figure.CountOrAbsent(a.Prometheus)),
		row("the statements' spans, summed by the collector", figure.CountOrAbsent(a.Spans)),
	}}
	if v := r.Telemetry; v != nil && v.NotKeptRows > 0 {
		t.Rows = append(t.Rows, row("not kept: statements without a span, by rule", figure.Count(v.NotKeptRows)))
	}
	blocks := []block{{Table: t}}
	for _, m := range a.Missing {
		blocks = append(blocks, note(absent+": "+m))
	}
	return blocks
}
