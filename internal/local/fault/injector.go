package fault

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// Injector draws faults and counts those that happen. Each fault of the database has its
// own random sequence, so that it happens at the same places whatever other faults there
// are. The two of the Lambda service share one, as they always did: a recorded seed must
// repeat its run.
type Injector struct {
	mu       sync.Mutex
	draws    map[string]*sequence
	injected map[string]int64
}

type sequence struct {
	Spec
	random *rand.Rand
	hits   int64
}

// New returns an Injector. The same seed gives the same draws.
func New(faults List, seed int64) *Injector {
	i := &Injector{draws: map[string]*sequence{}, injected: map[string]int64{}}
	service := rand.New(rand.NewPCG(uint64(seed), 1))
	for _, f := range faults {
		if f.Name == Throttle || f.Name == Crash {
			i.draws[f.Name] = &sequence{Spec: f, random: service}
			continue
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte(f.Name)) // never fails
		i.draws[f.Name] = &sequence{Spec: f, random: rand.New(rand.NewPCG(uint64(seed), h.Sum64()))}
	}
	return i
}

// Draw reports whether the fault should happen now: Refuse for a connection, Throttle or
// Crash for an invocation.
func (i *Injector) Draw(name string) bool {
	if len(i.draws) == 0 {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.draw(name)
}

// draw reports whether the fault happens now. The lock is held.
func (i *Injector) draw(name string) bool {
	s := i.draws[name]
	if s == nil || s.random.Float64() >= s.Probability {
		return false
	}
	s.hits++
	return true
}

// Happened counts a fault. Not every fault that was drawn happens: the transaction may
// fail for another reason.
func (i *Injector) Happened(name string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.injected[name]++
}

// Mishap is the faults of one commit. Slow and Stall are delays, before and after it.
type Mishap struct {
	Slow, Stall                     time.Duration
	Conflict, DropBefore, DropAfter bool
}

// ForCommit draws the faults of one commit of changes. At most one of conflict, drop
// and stall happens.
func (i *Injector) ForCommit() (m Mishap) {
	if len(i.draws) == 0 {
		return m
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.draw(Slow) {
		m.Slow = i.draws[Slow].Duration
	}
	if m.Conflict = i.draw(Conflict); m.Conflict {
		return m
	}
	if i.draw(Drop) {
		m.DropBefore = i.draws[Drop].hits%2 == 1
		m.DropAfter = !m.DropBefore
		return m
	}
	if i.draw(Stall) {
		m.Stall = i.draws[Stall].Duration
	}
	return m
}

// Counts returns how often each fault happened.
func (i *Injector) Counts() map[string]int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.injected)
}
