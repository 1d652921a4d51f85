package lambda

import (
	"maps"
	"math/rand/v2"
	"sync"
)

// faults draws which calls go wrong on purpose, and counts those that do.
type faults struct {
	mu       *sync.Mutex
	random   *rand.Rand
	injected map[string]int64
}

func newFaults(seed int64) faults {
	return faults{mu: &sync.Mutex{}, random: rand.New(rand.NewPCG(uint64(seed), 1)), injected: map[string]int64{}}
}

// draw reports whether a fault of probability p is to happen now.
func (f faults) draw(p float64) bool {
	if p <= 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.Float64() < p
}

// count notes a fault that happened.
func (f faults) count(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.injected[name]++
}

// Injected counts the faults so far, by name.
func (s *Service) Injected() map[string]int64 {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return maps.Clone(s.faults.injected)
}
