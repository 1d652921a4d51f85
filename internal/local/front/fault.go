package front

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The faults that can be asked for.
const (
	faultConflict = "conflict" // 40001 at commit
	faultSlow     = "slow"     // a delay before the commit
	faultDrop     = "drop"     // the connection is cut before or after the commit
	faultRefuse   = "refuse"   // 53400 when connecting
	faultStall    = "stall"    // no answer for some time after the commit
	faultThrottle = "throttle" // the Lambda service's
	faultCrash    = "crash"    // the Lambda service's

	dropBefore, dropAfter = "drop-before", "drop-after"
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	Name        string
	Probability float64 // of each commit of changes, or of each connection; over 0, at most 1
	Duration    time.Duration
}

// Faults are several, at most one of a name.
type Faults []Fault

// ParseFault reads a fault as the command line has it, such as "conflict=1%" or
// "slow=0.5%:250ms".
func ParseFault(text string) (Fault, error) {
	const form = "want NAME=PERCENT%%, NAME one of conflict, drop, refuse, throttle, crash, or slow or stall with a duration, as in slow=0.5%%:250ms"
	name, rest, found := strings.Cut(text, "=")
	timed := name == faultSlow || name == faultStall
	if !found || !timed && !slices.Contains([]string{faultConflict, faultDrop, faultRefuse, faultThrottle, faultCrash}, name) {
		return Fault{}, fmt.Errorf("fault %q: "+form, text)
	}
	share, duration, hasDuration := strings.Cut(rest, ":")
	number, isPercent := strings.CutSuffix(share, "%")
	p, err := strconv.ParseFloat(number, 64)
	if !isPercent || err != nil || !(p > 0 && p <= 100) {
		return Fault{}, fmt.Errorf("fault %q: probability %q: want a percentage over 0%% and up to 100%%, such as 0.5%%", text, share)
	}
	if hasDuration != timed {
		return Fault{}, fmt.Errorf("fault %q: %s", text, map[bool]string{
			true: "how long? add a duration, as in " + name + "=0.5%:250ms", false: name + " takes no duration",
		}[timed])
	}
	f := Fault{Name: name, Probability: p / 100}
	if timed {
		f.Duration, err = time.ParseDuration(duration)
		if err != nil || f.Duration <= 0 {
			return Fault{}, fmt.Errorf("fault %q: duration %q: want one over 0, such as 250ms or 2s", text, duration)
		}
	}
	return f, nil
}

func (all Faults) check() error {
	seen := map[string]bool{}
	for _, f := range all {
		if seen[f.Name] {
			return fmt.Errorf("fault %s is given twice", f.Name)
		}
		seen[f.Name] = true
		if _, err := ParseFault(f.String()); err != nil {
			return err
		}
	}
	return nil
}

// String is what ParseFault reads.
func (f Fault) String() string {
	text := f.Name + "=" + strconv.FormatFloat(f.Probability*100, 'g', -1, 64) + "%"
	if f.Duration > 0 {
		text += ":" + f.Duration.String()
	}
	return text
}

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
