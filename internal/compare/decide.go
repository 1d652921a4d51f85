package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// decide sets for each tested row whether its change is significant. In at most alpha of
// the comparisons of equal things any row is: the primary figures have their share of alpha,
// the others the rest, or all of it if every primary figure changed (the fallback procedure
// of Wiens and Dmitrienko).
func decide(rows []*Row, alpha float64) {
	primaries, changed := 0, 0
	for _, r := range rows {
		if r.figure.primary && r.AdjustedP != nil {
			primaries++
			if r.judge(alpha * primaryShare) {
				changed++
			}
		}
	}
	rest := alpha * (1 - primaryShare)
	if changed == primaries { // also if there was none to spend alpha on
		rest = alpha
	}
	for _, r := range rows {
		if !r.figure.primary && r.AdjustedP != nil {
			r.judge(rest)
		}
	}
}

// changed reports whether the row has a significant change.
func (r *Row) changed() bool { return r.Word == Better || r.Word == Worse }

// judge sets the row's word and reports whether it changed. If the medians, which are shown,
// point the other way than shift, it is no change.
func (r *Row) judge(level float64) bool {
	r.Level = level
	medians := *r.New.Center - *r.Old.Center
	switch {
	case *r.AdjustedP > level, r.shift == 0, r.shift*medians < 0:
		r.Word = NoChange
		return false
	case (r.shift > 0) == (r.Better == higher):
		r.Word = Better
	default:
		r.Word = Worse
	}
	return true
}

// holm adjusts p values for the number of tests (Holm 1979), however they are correlated.
func holm(rows []*Row) {
	slices.SortStableFunc(rows, func(a, b *Row) int { return cmp.Compare(*a.P, *b.P) })
	least := 0.0
	for i, r := range rows {
		least = math.Max(least, math.Min(1, *r.P*float64(len(rows)-i)))
		r.AdjustedP = new(least)
	}
}

// conclude returns a sentence that says what changed.
func conclude(tables []Table, alpha float64) string {
	tested := 0
	var changed []string
	for _, t := range tables {
		for _, r := range t.Rows {
			if r.Word != NotTested {
				tested++
			}
			if r.changed() {
				changed = append(changed, fmt.Sprintf("%s %s (%s)", name(r.Scenario, r.Figure), r.Word, changeText(&r)))
			}
		}
	}
	switch {
	case tested == 0:
		return "nothing could be tested"
	case len(changed) == 0:
		return fmt.Sprintf("no significant change (at %v for all %d tests together)", alpha, tested)
	}
	return strings.Join(changed, "; ")
}

// name returns a figure with its scenario, such as "batch throughput".
func name(s bench.Scenario, figure string) string {
	if s == "" {
		return figure
	}
	return string(s) + " " + figure
}
