package invoke

import (
	"math"
	"runtime/debug"
	"testing"
)

// Not parallel: the collector is the process's.
func TestTune(t *testing.T) {
	now := func() int {
		p := debug.SetGCPercent(50)
		debug.SetGCPercent(p)
		return p
	}
	before := debug.SetGCPercent(defaultGCPercent)
	defer debug.SetGCPercent(before)
	for _, c := range []struct {
		set   int
		alone bool
		want  int
	}{
		{defaultGCPercent, true, fanOutGCPercent},
		{defaultGCPercent, false, defaultGCPercent},
		{70, true, 70}, // GOGC=70
	} {
		debug.SetGCPercent(c.set)
		restore := Tune(1000, 1000, c.alone)
		if got := now(); got != c.want {
			t.Errorf("from %d, alone %t: %d, want %d", c.set, c.alone, got, c.want)
		}
		restore()
		if got := now(); got != c.set {
			t.Errorf("restored to %d, want %d", got, c.set)
		}
	}
}

// Not parallel, as TestTune.
func TestTuneLimitsMemory(t *testing.T) {
	before := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(before)
	const users = 5 << 30 // GOMEMLIMIT
	for _, c := range []struct {
		set             int64
		inFlight, calls int
		want            int64
	}{
		{math.MaxInt64, 1000, 10_000, 365 << 20},
		{math.MaxInt64, 10_000, 10_000, 1261 << 20},
		{math.MaxInt64, 100, 200_000, 461 << 20},
		{users, 10_000, 10_000, users},
	} {
		debug.SetMemoryLimit(c.set)
		restore := Tune(c.inFlight, c.calls, c.set == users)
		if got := debug.SetMemoryLimit(-1) &^ (1<<20 - 1); got != c.want&^(1<<20-1) {
			t.Errorf("from %d with %d in flight: %d, want %d", c.set, c.inFlight, got, c.want)
		}
		restore()
		if got := debug.SetMemoryLimit(-1); got != c.set {
			t.Errorf("restored to %d, want %d", got, c.set)
		}
	}
}
