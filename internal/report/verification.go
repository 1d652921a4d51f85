package report

import (
	"fmt"
	"io"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// Verification writes what a look at the table found, as the text report does.
func Verification(w io.Writer, l *bench.Look) error {
	t := &text{}
	l = quote.Copy(l)
	t.verification(&l.Verification, l)
	_, err := io.WriteString(w, t.b.String())
	return err
}

// verification prints what was found, and when, from where and in which database. l is nil
// if that isn't known.
func (t *text) verification(v *bench.Verification, l *bench.Look) {
	if v == nil {
		return
	}
	t.line("Verification (%s)", v.Mode)
	if l != nil {
		t.entry("Looked", "%s", l.Where())
		t.entry("Database", "%s", whichDatabase(l.Database))
	}
	if v.Problem != "" {
		t.line("  PROBLEM: %s", v.Problem)
	}
	switch {
	case v.Mode == bench.VerifyOff:
		t.line("  nothing was looked at")
	case !v.Looked():
		t.line("  no id was asked for: nothing is known of the table")
	case v.RowsAfter != nil:
		t.line("  %s rows in the table before, %s after: %s more, whoever wrote them", figure.CountOrAbsent(v.RowsBefore), figure.CountOrAbsent(v.RowsAfter), figure.Count(v.More()))
	case v.Mode == bench.VerifyCount:
		t.line("  %s of %s planned ids are in the table", figure.Count(v.Present), figure.Count(v.IDsAsked))
	default:
		t.entry("Acknowledged, present", "%s", figure.Count(v.AcknowledgedPresent))
		t.entry("Acknowledged, LOST", "%s", figure.Count(v.Lost))
		t.entry("Unacknowledged, present", "%s", figure.Count(v.UnacknowledgedPresent))
		t.entry("Unacknowledged, absent", "%s", figure.Count(v.Absent))
		if bench.Known(v.Unexpected) > 0 {
			t.line("  %s of those present are of statements that failed or were not started (%s)", figure.Count(*v.Unexpected), v.UnexpectedWhere)
		}
	}
	for _, line := range placedLines(v) {
		t.line("  %s", line)
	}
	t.line("")
}

func whichDatabase(d *bench.Database) string {
	if d == nil {
		return "database not known"
	}
	return d.String()
}

// otherLooks prints the looks at the table that don't stand, and what driver cleanup removed.
func (t *text) otherLooks(r *bench.Record) {
	stands := r.Stands()
	if len(r.Looks) > 1 {
		t.line("Other looks at the table (the one above stands: none shows more)")
		for i := range r.Looks {
			if l := &r.Looks[i]; l != stands {
				t.line("  %s", lookLine(l))
			}
		}
		t.line("")
	}
	if len(r.Cleanups) > 0 {
		t.line("Cleanup")
		for _, c := range r.Cleanups {
			t.line("  %s (%s)", c, whichDatabase(c.Database))
		}
		t.line("")
	}
}

// lookLine describes a look at the table in a line.
func lookLine(l *bench.Look) string {
	return fmt.Sprintf("%s (%s), %s: %s", l.Where(), l.Verification.Mode, whichDatabase(l.Database), lookFound(l))
}

func lookFound(l *bench.Look) string {
	v := &l.Verification
	switch {
	case v.Problem != "" && v.RowsFile != "":
		return v.Problem + "; they are listed in " + v.RowsFile
	case v.Problem != "":
		return v.Problem
	case v.RowsAfter != nil:
		return figure.Count(v.More()) + " rows more than before"
	}
	return figure.Count(v.Present) + " of " + figure.Count(v.IDsAsked) + " planned ids found"
}
