package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// decide says of each tested row whether its change is significant. Together the
// rows are wrongly so in at most alpha of the comparisons of equal things: the
// primary figures have their share of alpha, the others the rest, or all of it
// once every primary figure changed (the fallback procedure of Wiens and
// Dmitrienko).
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
	if changed == primaries { // also when there was none to spend alpha on
		rest = alpha
	}
	for _, r := range rows {
		if !r.figure.primary && r.AdjustedP != nil {
			r.judge(rest)
		}
	}
}

// judge sets the row's word and reports whether it changed. A shift of the runs
// that their medians, which are shown, contradict is no change.
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

// holm adjusts p values for being several (Holm 1979); it needs no knowledge of
// how they hang together.
func holm(rows []*Row) {
	slices.SortStableFunc(rows, func(a, b *Row) int { return cmp.Compare(*a.P, *b.P) })
	least := 0.0
	for i, r := range rows {
		least = math.Max(least, math.Min(1, *r.P*float64(len(rows)-i)))
		p := least
		r.AdjustedP = &p
	}
}

// conclude says in a sentence what changed.
func conclude(tables []Table, alpha float64) string {
	tested := 0
	var changed []string
	for _, t := range tables {
		for _, r := range t.Rows {
			if r.Word != NotTested {
				tested++
			}
			if r.Word == Better || r.Word == Worse {
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

// name is such as "batch throughput".
func name(s bench.Scenario, figure string) string {
	if s == "" {
		return figure
	}
	return string(s) + " " + figure
}
