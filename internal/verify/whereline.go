package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

const (
	rangesNamed     = 5  // the most intervals of invocations that a line lists
	longEnvironment = 80 // the longest environment id that a line shows, in bytes
)

// where summarizes in one line where some rows of a plan belong. Rows are added in the
// plan's order, so it needs no memory for each.
type where struct {
	plan              bench.Plan
	rows, timed       int64
	statements, whole int64
	invocations       int64
	ranges            [][2]int // the first intervals of invocations, both ends included
	first, last       time.Time
	ofEnd             int64 // rows whose time is the end of their statement
	environment       string
	environments      int64 // rows of that environment; -1 once there are several

	invocation, n int // of the last row
	same          int // rows so far of the last row's statement
}

// add counts a row of the n-th statement of its invocation.
func (w *where) add(n int, r *bench.PlacedRow) {
	w.rows++
	if w.rows == 1 || r.Invocation != w.invocation {
		w.addInvocation(r.Invocation)
		w.n = -1
	}
	if n != w.n {
		w.statements++
		w.n, w.same = n, 0
	}
	if w.same++; w.same == w.plan.Invocation(0).RowsPerStatement() {
		w.whole++
	}
	if r.At != nil {
		w.addTime(*r.At, r.TimeOf)
	}
	switch {
	case r.Environment == nil || w.environments < 0:
	case w.environments == 0 || *r.Environment == w.environment:
		w.environment = *r.Environment
		w.environments++
	default:
		w.environments = -1
	}
}

func (w *where) addInvocation(index int) {
	w.invocation = index
	w.invocations++
	switch last := len(w.ranges) - 1; {
	case last >= 0 && w.ranges[last][1] == index-1:
		w.ranges[last][1] = index
	case last+1 <= rangesNamed: // one more than are named
		w.ranges = append(w.ranges, [2]int{index, index})
	}
}

func (w *where) addTime(at time.Time, of bench.TimeOf) {
	if w.timed == 0 || at.Before(w.first) {
		w.first = at
	}
	if w.timed == 0 || at.After(w.last) {
		w.last = at
	}
	w.timed++
	if of == bench.StatementEnd {
		w.ofEnd++
	}
}

// text returns the line; empty if there is no row.
func (w *where) text() string {
	if w.rows == 0 {
		return ""
	}
	return string(w.plan.Scenario) + ": " + join([]string{w.ofStatements(), w.inInvocations(), w.at(), w.in()}, ", ")
}

// join joins the texts that aren't empty.
func join(texts []string, separator string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), separator)
}

// ofStatements says how many whole statements the rows make up, and how many rows of
// other statements there are.
func (w *where) ofStatements() string {
	if w.plan.Scenario != bench.Batch {
		return "" // each is one row
	}
	rows := w.rows - w.whole*int64(w.plan.Invocation(0).RowsPerStatement())
	switch others := w.statements - w.whole; {
	case others == 0:
		return figure.Plural(w.whole, "whole statement")
	case w.whole == 0:
		return figure.Plural(rows, "row") + " of " + figure.Plural(others, "statement")
	default:
		return figure.Plural(w.whole, "whole statement") + " and " + figure.Plural(rows, "row") + " of " + figure.Plural(others, "other")
	}
}

func (w *where) inInvocations() string {
	if w.invocations == 1 {
		return fmt.Sprintf("all in invocation %d", w.invocation)
	}
	if len(w.ranges) > rangesNamed {
		return fmt.Sprintf("in %d invocations from %d to %d", w.invocations, w.ranges[0][0], w.invocation)
	}
	texts := make([]string, len(w.ranges))
	for i, r := range w.ranges {
		texts[i] = fmt.Sprint(r[0])
		if r[1] > r[0] {
			texts[i] = fmt.Sprintf("%d-%d", r[0], r[1])
		}
	}
	return "all in invocations " + strings.Join(texts, ", ")
}

// at returns when the rows were written, to the second, if the run knows it.
func (w *where) at() string {
	if w.timed == 0 {
		return ""
	}
	of := "sent or ended "
	switch w.ofEnd {
	case w.timed:
		of = "ended "
	case 0:
		of = "sent "
	}
	layout := time.TimeOnly
	if w.first.Format(time.DateOnly) != w.last.Format(time.DateOnly) {
		layout = time.DateTime
	}
	text := of + w.first.Format(layout)
	if !w.last.Equal(w.first) {
		text += " to " + w.last.Format(layout)
	}
	text += " UTC"
	if w.timed < w.rows {
		text += fmt.Sprintf(" as far as known (%d rows)", w.timed)
	}
	return text
}

// in returns the environment that all rows share, if they do.
func (w *where) in() string {
	if w.environments != w.rows || len(w.environment) > longEnvironment {
		return ""
	}
	return "environment " + w.environment
}
