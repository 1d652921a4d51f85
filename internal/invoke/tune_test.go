package invoke

import (
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
	for _, c := range []struct{ set, inFlight, want int }{
		{defaultGCPercent, 1000, fanOutGCPercent},
		{defaultGCPercent, tunedInFlight + 1, defaultGCPercent},
		{70, 1000, 70}, // GOGC=70
	} {
		debug.SetGCPercent(c.set)
		restore := Tune(c.inFlight)
		if got := now(); got != c.want {
			t.Errorf("from %d with %d in flight: %d, want %d", c.set, c.inFlight, got, c.want)
		}
		restore()
		if got := now(); got != c.set {
			t.Errorf("restored to %d, want %d", got, c.set)
		}
	}
}
