package invoke

import "runtime/debug"

const (
	defaultGCPercent = 100
	// fanOutGCPercent lets the heap grow to five times the live data between collections,
	// because a fan-out makes many answers that are garbage at once. It saves a third of a
	// call's processor time and costs a few hundred MiB (BenchmarkFanOut).
	fanOutGCPercent = 400
	// tunedInFlight is the most calls in flight for which that much memory is acceptable.
	tunedInFlight = 2000
)

// Tune sets this process's garbage collector for a fan-out, unless GOGC set it, or memory
// would run out first because many calls are in flight. restore undoes it.
func Tune(inFlight int) (restore func()) {
	if inFlight > tunedInFlight {
		return func() {}
	}
	old := debug.SetGCPercent(fanOutGCPercent)
	if old != defaultGCPercent {
		debug.SetGCPercent(old)
	}
	return func() { debug.SetGCPercent(old) }
}
