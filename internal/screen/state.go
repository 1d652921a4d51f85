// Package screen draws the live screen of a run.
//
// State (state.go) has all the data. View (view.go, figures.go, layout.go, format.go) makes
// text of it; Screen (screen.go, terminal.go) keeps that text up to date on a terminal; Line
// (line.go) makes one line of a Part if there is no terminal. The package only reads
// snapshots, so it can't slow the load down.
package screen

import (
	"slices"
	"time"
)

// Phase says what the run does now.
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

// State has everything that the screen shows.
type State struct {
	Phase     Phase
	Elapsed   time.Duration // since the run began
	Parts     []Part        // the warm-up and the scenarios, in order
	Telemetry Telemetry
	IDs       int64 // that the table was asked for so far
	// PlannedIDs is how many it will be asked for; 0 before the verification.
	PlannedIDs int64
	// Interrupts is how often the user asked to stop. After the first time the run waits
	// for the invocations in flight, after the second it gives them up.
	Interrupts int
	// Ended: the run is over; this is the last frame.
	Ended bool
}

// Stage says whether a Part waits, runs or is done.
type Stage int

// The stages of a Part, in order.
const (
	Waiting Stage = iota
	Running
	Done
)

// Part is the warm-up or one scenario.
type Part struct {
	Name        string
	Stage       Stage
	Elapsed     time.Duration // since it began; once done, its duration
	Draining    bool          // no further invocations are sent
	Invocations int           // planned
	Ended       int           // invocations that were sent and have ended, also failed ones
	Planned     int64         // rows
	// Written is how many rows are known to be in the table: acknowledged, or counted in
	// the database before their invocation answered.
	Written      int64
	Acknowledged int64 // rows
	// Recent is how many rows were written in the last Window. Window is 0 if that is
	// unknown.
	Recent int64
	Window time.Duration
	// Latency is that of the last WindowSeconds known, Total of all statements so far.
	Latency, Total Percentiles
	InFlight       int // invocations; Limit is how many there may be
	Limit          int // 0 if there is no limit
	// These are counts by kind: of rows failed or unknown, of attempts followed by another,
	// and of calls refused before the function ran.
	Errors, Retries, Throttles map[string]int64
}

// Percentiles has percentiles of the latency of Samples statements.
type Percentiles struct {
	Samples  int64
	P50, P99 time.Duration
}

// Telemetry says how many spans were sent so far.
type Telemetry struct {
	// Off is the reason telemetry is off; empty if it is on.
	Off      string
	Endpoint string // the collector's
	Problem  string // the collector's last error; empty if the last export succeeded
	Sent     int64  // spans that the collector accepted
	Waiting  int64  // spans that wait for the collector
	Dropped  int64  // spans that were refused or given up
	NotKept  int64  // spans that were never made, by rule
}

// total returns the sum of all kinds.
func total(counts map[string]int64) (n int64) {
	for _, of := range counts {
		n += of
	}
	return n
}

// rows returns how many rows the part has, for the user: while it runs also those that the
// database counted, at its end only those that an answer acknowledged, as in the results.
func (p *Part) rows() int64 {
	if p.Stage == Done {
		return p.Acknowledged
	}
	return p.Written
}

// heard reports whether an invocation has ended, or has told what it did so far.
func (p *Part) heard() bool {
	return p.Ended > 0 || p.Total.Samples > 0 || total(p.Errors) > 0 || total(p.Retries) > 0
}

// mean returns rows per second since the part began. ok is false while no row is known.
func (p *Part) mean() (rate float64, ok bool) {
	rows := p.rows()
	return float64(rows) / p.Elapsed.Seconds(), p.Elapsed > 0 && (rows > 0 || p.Stage == Done)
}

// left estimates the remaining time from the mean rate so far.
func (p *Part) left() (d time.Duration, ok bool) {
	if p.Stage != Running || p.Draining || p.Written <= 0 || p.Written >= p.Planned {
		return 0, false
	}
	return time.Duration(float64(p.Elapsed) * float64(p.Planned-p.Written) / float64(p.Written)), true
}

// current returns the part that runs; nil if none does.
func (s *State) current() *Part {
	i := slices.IndexFunc(s.Parts, func(p Part) bool { return p.Stage == Running })
	if i < 0 {
		return nil
	}
	return &s.Parts[i]
}

// idle reports whether no part has begun.
func (s *State) idle() bool {
	return !slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Stage != Waiting })
}
