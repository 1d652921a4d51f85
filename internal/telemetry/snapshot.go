package telemetry

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

// Snapshot tells how the spans are doing. It holds the driver's and the relay's
// locks for a moment, so that no span is between them, and may be asked several
// times a second. A nil Driver's is empty.
func (d *Driver) Snapshot() Snapshot {
	if d == nil {
		return Snapshot{}
	}
	s := Snapshot{Endpoint: Endpoint(d.options.Getenv)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.relay.mu.Lock()
	defer d.relay.mu.Unlock()
	s.Dropped = d.lambda.Lost() + d.spanHop.Lost()
	s.Sent = d.accepted + d.spanHop.Passed
	s.Waiting, s.Problem = d.spans.spans+d.relay.queued, d.relay.failing
	return s
}
