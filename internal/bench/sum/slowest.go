package sum

import "dsql-load-test/internal/bench"

// slowest holds at least the SlowestKept slowest of the added statements. It sorts and cuts the
// list only when it has four times as many, so that most additions cost no sorting.
type slowest struct {
	all   []bench.Statement
	barUs int64 // faster statements can't be in the final list
}

func (s *slowest) add(more []bench.Statement) {
	for i := range more {
		if more[i].LatencyUs >= s.barUs {
			s.all = append(s.all, more[i])
		}
	}
	if len(s.all) >= 4*bench.SlowestKept {
		s.all = bench.Slowest(s.all)
		s.barUs = s.all[len(s.all)-1].LatencyUs
	}
}
