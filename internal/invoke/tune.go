package invoke

import "runtime/debug"

const (
	defaultGCPercent = 100
	// fanOutGCPercent lets the heap grow to five times what is live before it is
	// swept: the answers of a fan-out are many, and dead at once. It takes a third
	// off a call's processor time, and a few hundred MiB more (BenchmarkFanOut).
	fanOutGCPercent = 400
	// tunedInFlight is up to how many calls in flight that memory is well spent.
	tunedInFlight = 2000
)

// Tune sets the garbage collector of this process for a fan-out, unless GOGC did,
// or so many calls are in flight that memory is what runs out first. What it
// answers takes that back.
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
