package invoke

import (
	"math"
	"runtime/debug"
)

const (
	defaultGCPercent = 100
	// fanOutGCPercent lets the heap grow to five times the live data between collections,
	// because a fan-out makes many answers that are garbage at once. It saves a third of a
	// call's processor time (BenchmarkFanOut).
	fanOutGCPercent = 400
	// The limit of the process's memory: 365 MiB with 1,000 calls in flight of 10,000, 1,261 MiB
	// with 10,000. What is kept of a call that has ended takes about 1 KiB.
	baseBytes, bytesInFlight, bytesPerCall = 256 << 20, 102 << 10, 1 << 10
)

// Tune sets this process's garbage collector for a fan-out: it gets a limit of memory, and if
// the process is alone in calling, not also the target, it collects less often below that
// limit. calls is how many will be made in all. GOGC and GOMEMLIMIT have precedence. restore undoes it.
func Tune(inFlight, calls int, alone bool) (restore func()) {
	percent := debug.SetGCPercent(fanOutGCPercent)
	if percent != defaultGCPercent || !alone {
		debug.SetGCPercent(percent)
	}
	limit := debug.SetMemoryLimit(-1) // only reads it
	if limit == math.MaxInt64 {
		debug.SetMemoryLimit(baseBytes + int64(inFlight)*bytesInFlight + int64(calls)*bytesPerCall)
	}
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
