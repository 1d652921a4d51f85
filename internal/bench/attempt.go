package bench

import "time"

// Attempt is one try of a statement.
type Attempt struct {
	Start, End time.Time
	// Arrived is when the answer reached the socket, by the kernel's clock; zero
	// where that isn't known.
	Arrived  time.Time
	Affected int64    // rows, by the command tag
	Failure  Failure  // of Outcome Acknowledged when it did not fail
	Timings  []Timing // where its time went, in the order in which the phases ended
}

// Failure is the reason why an attempt or a statement failed.
type Failure struct {
	// Kind is the SQLSTATE, or a word where the database sent none.
	Kind string
	// SQLSTATE is the database's; empty where it sent none.
	SQLSTATE string
	// Outcome is Failed when the rows are certainly not there because of this
	// attempt, Unknown when they may be.
	Outcome Outcome
	Message string
	Hint    string // the database's
	// Unconnected: there was no connection, so nothing was sent.
	Unconnected bool
}

// Overhead is the time from the arrival of the answer to the reading of the clock
// in this process; ok is false where that isn't known.
func (a *Attempt) Overhead() (took time.Duration, ok bool) {
	if a.Arrived.Before(a.Start) { // also of no time
		return 0, false
	}
	took = a.End.Sub(a.Arrived)
	return took, took >= 0 && took <= a.End.Sub(a.Start) // else the clock was set
}

// Execution is one statement that was sent, with all that is known of it.
type Execution struct {
	Number   int       // in the invocation, from 0
	Attempts []Attempt // in order
	// Failure is how the statement ended, which its last attempt alone can't tell:
	// of Outcome Acknowledged when its rows are stored.
	Failure Failure
}

// Start is when the first attempt began; zero without an attempt.
func (e *Execution) Start() time.Time {
	if len(e.Attempts) == 0 {
		return time.Time{}
	}
	return e.Attempts[0].Start
}

// Took is the time of all attempts and the waits between them.
func (e *Execution) Took() time.Duration {
	if len(e.Attempts) == 0 {
		return 0
	}
	return e.Attempts[len(e.Attempts)-1].End.Sub(e.Start())
}

// LatencyUs is Took in microseconds, rounded.
func (e *Execution) LatencyUs() int64 { return e.Took().Round(time.Microsecond).Microseconds() }

// PhaseTimes returns the phases of all attempts, and the waits between these, for
// the list of the slowest statements. Of very many it returns the first MaxPhases.
func (e *Execution) PhaseTimes() []PhaseTime {
	var all []PhaseTime
	add := func(attempt int, t Timing) {
		all = append(all, PhaseTime{
			Attempt: attempt + 1, Phase: string(t.Phase), Failed: t.Failed,
			StartMs: milliseconds(t.Start.Sub(e.Start())), Ms: milliseconds(t.End.Sub(t.Start)),
		})
	}
	for i := range e.Attempts {
		if i > 0 {
			add(i, e.Backoff(i))
		}
		for _, t := range e.Attempts[i].Timings {
			add(i, t)
		}
	}
	return all[:min(len(all), MaxPhases)]
}

// Backoff is the wait before the i-th attempt, i from 1.
func (e *Execution) Backoff(i int) Timing {
	return Timing{Phase: Backoff, Start: e.Attempts[i-1].End, End: e.Attempts[i].Start}
}

// milliseconds has three digits after the point: microseconds.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
