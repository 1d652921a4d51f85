package bench

import (
	"slices"
	"time"
)

// Attempt is one try of a statement.
type Attempt struct {
	Start, End time.Time
	// Arrived is when the answer reached the socket, by the kernel's clock; zero if
	// unknown.
	Arrived  time.Time
	Affected int64    // rows, by the command tag
	Failure  Failure  // its Outcome is Acknowledged if the attempt succeeded
	Timings  []Timing // where its time went, in the order in which the phases ended
}

// Failure is the reason why an attempt or a statement failed.
type Failure struct {
	// Kind is the SQLSTATE, or a word such as connection_lost if the database sent none.
	Kind string
	// SQLSTATE is empty if the database sent none.
	SQLSTATE string
	// Outcome is Failed if this attempt certainly stored no row, Unknown if it may have
	// stored rows.
	Outcome Outcome
	Message string
	Hint    string // the database's
	// Unconnected: there was no connection, so nothing was sent.
	Unconnected bool
}

// Overhead returns the time from the arrival of the answer at the socket until this
// process read the clock; ok is false if that is unknown.
func (a *Attempt) Overhead() (took time.Duration, ok bool) {
	if a.Arrived.Before(a.Start) { // also of no time
		return 0, false
	}
	took = a.End.Sub(a.Arrived)
	return took, took >= 0 && took <= a.End.Sub(a.Start) // else the clock was set
}

// Execution is one statement that was sent, with its attempts.
type Execution struct {
	Number   int       // in the invocation, from 0
	Attempts []Attempt // in order
	// Failure says how the statement ended. It can differ from the last attempt's, because
	// an earlier attempt of unknown outcome may have stored the rows. Its Outcome is
	// Acknowledged if the rows are stored.
	Failure Failure
}

// Start returns when the first attempt began; zero without an attempt.
func (e *Execution) Start() time.Time {
	if len(e.Attempts) == 0 {
		return time.Time{}
	}
	return e.Attempts[0].Start
}

// End returns when the last attempt ended.
func (e *Execution) End() time.Time { return e.Start().Add(e.Took()) }

// Took returns the time of all attempts and the waits between them.
func (e *Execution) Took() time.Duration {
	if len(e.Attempts) == 0 {
		return 0
	}
	return e.Attempts[len(e.Attempts)-1].End.Sub(e.Start())
}

// Connected reports whether an attempt opened a connection.
func (e *Execution) Connected() bool {
	opens := func(t Timing) bool { return t.Phase == Connect }
	return slices.ContainsFunc(e.Attempts, func(a Attempt) bool { return slices.ContainsFunc(a.Timings, opens) })
}

// LatencyUs is Took in microseconds, rounded.
func (e *Execution) LatencyUs() int64 { return e.Took().Round(time.Microsecond).Microseconds() }

// PhaseTimes returns the phases of all attempts and the waits between the attempts, for
// the list of the slowest statements. It returns at most the first MaxPhases.
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

// Backoff returns the wait before attempt i, counted from 0, i >= 1.
func (e *Execution) Backoff(i int) Timing {
	return Timing{Phase: Backoff, Start: e.Attempts[i-1].End, End: e.Attempts[i].Start}
}

// milliseconds returns d in milliseconds, rounded to whole microseconds.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
