package front

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// injector draws the faults. Each has a sequence of its own, so that one doesn't
// change when another is asked for.
type injector struct {
	mu       sync.Mutex
	draws    map[string]*sequence
	injected map[string]int64
}

type sequence struct {
	Fault
	random *rand.Rand
	hits   int64
}

func newInjector(faults Faults, seed int64) *injector {
	i := &injector{draws: map[string]*sequence{}, injected: map[string]int64{}}
	for _, f := range faults {
		h := fnv.New64a()
		_, _ = h.Write([]byte(f.Name)) // never fails
		i.draws[f.Name] = &sequence{Fault: f, random: rand.New(rand.NewPCG(uint64(seed), h.Sum64()))}
	}
	return i
}

// forConnection draws whether a connection is refused.
func (i *injector) forConnection() bool {
	if len(i.draws) == 0 {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.draw(faultRefuse)
}

// draw answers whether the fault happens now. The lock is held.
func (i *injector) draw(name string) bool {
	s := i.draws[name]
	if s == nil || s.random.Float64() >= s.Probability {
		return false
	}
	s.hits++
	return true
}

// happened counts a fault. What is drawn for a transaction that fails by itself
// doesn't happen.
func (i *injector) happened(name string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injected[name]++
}

// mishap is what befalls one commit.
type mishap struct {
	slow, stall                     time.Duration
	conflict, dropBefore, dropAfter bool
}

// forCommit draws everything that can befall one commit of changes. Only one
// of conflict, drop and stall does.
func (i *injector) forCommit() (m mishap) {
	if len(i.draws) == 0 {
		return m
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.draw(faultSlow) {
		m.slow = i.draws[faultSlow].Duration
	}
	if m.conflict = i.draw(faultConflict); m.conflict {
		return m
	}
	if i.draw(faultDrop) {
		m.dropBefore = i.draws[faultDrop].hits%2 == 1
		m.dropAfter = !m.dropBefore
		return m
	}
	if i.draw(faultStall) {
		m.stall = i.draws[faultStall].Duration
	}
	return m
}

func (i *injector) counts() map[string]int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.injected)
}
