package bench

import (
	"cmp"
	"slices"
)

// SlowestKept is the number of slowest statements that an invocation reports and that a
// scenario keeps. The scenario's list is exact because both numbers are the same: no statement
// in it can be missing from the list of its invocation.
const SlowestKept = 50

// Slowest sorts all, slowest first, and returns at most SlowestKept of them. Statements of
// equal latency are ordered by position, so that the order of arrival doesn't matter.
func Slowest(all []Statement) []Statement {
	slices.SortFunc(all, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(b.LatencyUs, a.LatencyUs), cmp.Compare(a.Invocation, b.Invocation),
			cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Row, b.Row))
	})
	return slices.Clone(all[:min(len(all), SlowestKept)])
}
