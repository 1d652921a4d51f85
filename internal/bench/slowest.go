package bench

import (
	"cmp"
	"slices"
)

// SlowestKept is how many of the slowest statements an invocation reports
// and a scenario keeps. Since both keep as many, the scenario's are exact.
const SlowestKept = 50

// Slowest sorts all, slowest first, and keeps SlowestKept. Ties are ordered by
// place, so that the result doesn't depend on the order of arrival.
func Slowest(all []Statement) []Statement {
	slices.SortFunc(all, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(b.LatencyUs, a.LatencyUs), cmp.Compare(a.Invocation, b.Invocation),
			cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Row, b.Row))
	})
	return slices.Clone(all[:min(len(all), SlowestKept)])
}
