package invoke

import (
	"math"
	"runtime/debug"
)

const (
	defaultGCPercent = 100
	// fanOutGCPercent lets the heap grow to five times the live data between collections,
	// because a fan-out makes many answers that are garbage at once. It saves a third of a
	// call's processor time and costs a few hundred MiB (BenchmarkFanOut).
	fanOutGCPercent = 400
	// tunedInFlight is the most calls in flight for which that much memory is acceptable.
	tunedInFlight = 2000
	// bytesPerCall is the memory for a call beyond that: 10,000 calls in flight fit into 1.2 GiB.
	bytesPerCall = 100 << 10
)

// Tune sets this process's garbage collector for a fan-out, unless GOGC or GOMEMLIMIT set it. With
// many calls in flight it limits the memory instead. restore undoes it.
func Tune(inFlight int) (restore func()) {
	if inFlight > tunedInFlight {
		limit := debug.SetMemoryLimit(-1) // only reads it
		if limit == math.MaxInt64 {
			debug.SetMemoryLimit(int64(inFlight) * bytesPerCall)
		}
		return func() { debug.SetMemoryLimit(limit) }
	}
	old := debug.SetGCPercent(fanOutGCPercent)
	if old != defaultGCPercent {
		debug.SetGCPercent(old)
	}
	return func() { debug.SetGCPercent(old) }
}
