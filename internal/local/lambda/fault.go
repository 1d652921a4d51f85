package lambda

import (
	"maps"
	"math/rand/v2"
	"sync"
)

// faults draws which calls go wrong on purpose, and counts them.
type faults struct {
	mu       *sync.Mutex
	random   *rand.Rand
	injected map[string]int64
}

func newFaults(seed int64) faults {
	return faults{mu: &sync.Mutex{}, random: rand.New(rand.NewPCG(uint64(seed), 1)), injected: map[string]int64{}}
}

// draw reports whether the fault of that name happens now, with probability p.
func (f faults) draw(name string, p float64) bool {
	if p <= 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.random.Float64() >= p {
		return false
	}
	f.injected[name]++
	return true
}

// Injected counts the faults so far, by name.
func (s *Service) Injected() map[string]int64 {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return maps.Clone(s.faults.injected)
}
