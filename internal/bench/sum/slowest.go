package sum

import "dsql-load-test/internal/bench"

// slowest are at least the SlowestKept slowest statements of all that were added.
type slowest struct {
	all   []bench.Statement
	barUs int64 // least latency that may be among them
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
