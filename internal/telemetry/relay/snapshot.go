package relay

import (
	"dsql-load-test/internal/telemetry"
)

// Snapshot shows how many spans were sent so far.
type Snapshot struct {
	// Endpoint is the address of the collector without a password; empty if nothing is observed.
	Endpoint string
	Sent     int64 // spans that the collector took from the driver or a function
	Waiting  int64 // spans that the collector hasn't confirmed yet
	Dropped  int64 // spans given up or refused, at the functions or the driver
	NotKept  int64 // spans that the functions left out by rule
	// Problem is the error of the last export; nil if it succeeded.
	Problem error
}

// Snapshot returns the state of the spans. It is cheap enough for several calls a second. A nil
// Driver returns an empty one.
func (d *Driver) Snapshot() Snapshot {
	if d == nil {
		return Snapshot{}
	}
	s := d.spans.snapshot()
	s.Endpoint = telemetry.Endpoint(d.options.Getenv)
	return s
}

func (r *spanRelay) snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Snapshot{
		Sent: r.accepted + r.driver.Passed, Waiting: r.own.Spans + r.queued,
		Dropped: r.lambda.Lost() + r.driver.Lost(), NotKept: r.notKept, Problem: r.failing,
	}
}
