package relay

import (
	"dsql-load-test/internal/telemetry"
)

// Snapshot is what became of the spans so far.
type Snapshot struct {
	// Endpoint is the collector's, without a password; empty when nothing is
	// observed.
	Endpoint string
	Sent     int64 // spans that the collector took from the driver, or from the function itself
	Waiting  int64 // spans that wait for the collector's word
	Dropped  int64 // spans given up or refused, at the function or at the driver
	// Problem is what the last export failed with; nil when it went well.
	Problem error
}

// Snapshot tells how the spans are doing, and may be asked several times a second. A nil
// Driver's is empty.
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
		Dropped: r.lambda.Lost() + r.driver.Lost(), Problem: r.failing,
	}
}
