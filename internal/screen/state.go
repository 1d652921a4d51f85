// Package screen shows a run while it goes on: View draws a State, Screen keeps
// it on a terminal, and Line says the same in one line for everything else.
// It reads snapshots and touches nothing that makes load.
package screen

import (
	"slices"
	"time"
)

// Phase is what the run does now.
type Phase string

// The phases of a run, in order.
const (
	Starting   Phase = "starting"
	WarmingUp  Phase = "warm-up"
	Individual Phase = "individual"
	Batch      Phase = "batch"
	Verifying  Phase = "verifying"
	Sending    Phase = "sending telemetry"
	Comparing  Phase = "comparing accounts"
	Asking     Phase = "asking CloudWatch"
)

// State is everything that the screen shows.
type State struct {
	Phase     Phase
	Elapsed   time.Duration // since the run began
	Parts     []Part        // the warm-up and the scenarios, in order
	Telemetry Telemetry
	IDs       int64 // that the table was asked for, while verifying
	// PlannedIDs is how many it will be asked for; 0 when that isn't known yet.
	PlannedIDs int64
	// Interrupts is how often the user asked to stop: the first time the
	// invocations in flight are waited for, the second time they are given up.
	Interrupts int
	// Ended: the run is over, and this is the frame that stays.
	Ended bool
}

// Stage is how far a Part is.
type Stage int

// A Part waits, runs, and is done.
const (
	Waiting Stage = iota
	Running
	Done
)

// Part is the warm-up or one scenario.
type Part struct {
	Name        string
	Stage       Stage
	Elapsed     time.Duration // since it began, or that it took
	Draining    bool          // no further invocations are sent
	Invocations int           // planned
	Ended       int           // invocations that were sent and ended, in whatever way
	Planned     int64         // rows
	// Written is how many rows are known to be in the table: acknowledged, or
	// counted by the throwaway database before the invocation answered.
	Written      int64
	Acknowledged int64 // rows
	// Recent rows were written in the last Window; it is 0 before anything is
	// known.
	Recent int64
	Window time.Duration
	// Latency is of the statements heard of last, Total of all so far.
	Latency, Total Percentiles
	InFlight       int     // invocations; Limit is how many there may be
	Limit          int     // 0 when nobody limits them
	Errors         []Count // rows failed or unknown
	Retries        []Count // attempts followed by another
	Throttles      []Count // calls refused before the function ran, by reason
}

// Percentiles are those of Samples statements.
type Percentiles struct {
	Samples  int64
	P50, P99 time.Duration
}

// Count is how often something of a kind happened.
type Count struct {
	Kind string
	N    int64
}

// Telemetry is what became of the spans so far.
type Telemetry struct {
	// Off says why nothing is observed; empty when something is.
	Off      string
	Endpoint string // the collector's
	Problem  string // why the collector's last answer was an error; empty when it wasn't
	Sent     int64  // spans that the collector took
	Waiting  int64  // spans that wait for the collector
	Dropped  int64  // spans given up or refused
}

// total is the sum of all kinds.
func total(counts []Count) (n int64) {
	for _, c := range counts {
		n += c.N
	}
	return n
}

// mean is rows per second since the part began; ok is false before it can be
// told.
func (p *Part) mean() (rate float64, ok bool) {
	rows := p.Written
	if p.Stage == Done {
		rows = p.Acknowledged
	}
	return float64(rows) / p.Elapsed.Seconds(), p.Elapsed > 0 && (rows > 0 || p.Stage == Done)
}

// left is how long the rest takes when it goes on as it did.
func (p *Part) left() (d time.Duration, ok bool) {
	if p.Stage != Running || p.Draining || p.Written <= 0 || p.Written >= p.Planned {
		return 0, false
	}
	return time.Duration(float64(p.Elapsed) * float64(p.Planned-p.Written) / float64(p.Written)), true
}

// current is the part that runs; nil when none does.
func (s *State) current() *Part {
	for i := range s.Parts {
		if s.Parts[i].Stage == Running {
			return &s.Parts[i]
		}
	}
	return nil
}

// idle reports whether no part has begun.
func (s *State) idle() bool {
	return !slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Stage != Waiting })
}
