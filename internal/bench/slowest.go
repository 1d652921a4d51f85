package bench

import (
	"cmp"
	"slices"
)

// SlowestKept is how many of the slowest statements an invocation reports
// and a scenario keeps. Since both keep as many, the scenario's are exact.
const SlowestKept = 50

// slowest are at least the SlowestKept slowest statements of all that were added.
type slowest struct {
	all   []Statement
	barUs int64 // least latency that may be among them
}

func (s *slowest) add(more []Statement) {
	for i := range more {
		if more[i].LatencyUs >= s.barUs {
			s.all = append(s.all, more[i])
		}
	}
	if len(s.all) >= 4*SlowestKept {
		s.all = Slowest(s.all)
		s.barUs = s.all[len(s.all)-1].LatencyUs
	}
}

// Slowest sorts all, slowest first, and keeps SlowestKept. Ties are ordered by
// place, so that the result doesn't depend on the order of arrival.
func Slowest(all []Statement) []Statement {
	slices.SortFunc(all, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(b.LatencyUs, a.LatencyUs), cmp.Compare(a.Invocation, b.Invocation),
			cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Row, b.Row))
	})
	return slices.Clone(all[:min(len(all), SlowestKept)])
}
