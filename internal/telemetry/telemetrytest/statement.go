package telemetrytest

import (
	"time"

	"dsql-load-test/internal/bench"
)

// Step is a phase, in milliseconds since the start of its attempt.
type Step struct {
	Phase    bench.Phase
	From, To int
	Failed   bool
}

// Try is an attempt, in milliseconds since the start of its statement.
type Try struct {
	From, To       int
	Kind, SQLSTATE string
	Steps          []Step
}

// Played returns statement n, with the given attempts and end.
func Played(n int, ended bench.Failure, tries ...Try) *bench.Execution {
	e := &bench.Execution{Number: n, Failure: ended}
	first := Epoch().Add(time.Duration(n) * time.Second)
	after := func(start time.Time, ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, a := range tries {
		start := after(first, a.From)
		attempt := bench.Attempt{Start: start, End: after(first, a.To), Failure: bench.Failure{Kind: a.Kind, SQLSTATE: a.SQLSTATE}}
		for _, p := range a.Steps {
			attempt.Timings = append(attempt.Timings, bench.Timing{Phase: p.Phase, Start: after(start, p.From), End: after(start, p.To), Failed: p.Failed})
		}
		e.Attempts = append(e.Attempts, attempt)
	}
	return e
}

// Quickly returns statement n with one attempt from start to end, which had a connection at got.
func Quickly(n int, ended bench.Failure, start, got, end time.Time) *bench.Execution {
	return &bench.Execution{Number: n, Failure: ended, Attempts: []bench.Attempt{{Start: start, End: end, Failure: ended, Timings: []bench.Timing{
		{Phase: bench.Acquire, Start: start, End: got}, {Phase: bench.Query, Start: got, End: end},
	}}}}
}

// Connecting returns the phases of a statement that had to connect, in the order in which they
// end.
func Connecting() []Step {
	return []Step{
		{Phase: bench.Token, From: 2, To: 3},
		{Phase: bench.DNS, From: 3, To: 4},
		{Phase: bench.Dial, From: 4, To: 6},
		{Phase: bench.TLS, From: 6, To: 9},
		{Phase: bench.Startup, From: 9, To: 12},
		{Phase: bench.Connect, From: 1, To: 12},
		{Phase: bench.Acquire, From: 0, To: 13},
		{Phase: bench.Prepare, From: 13, To: 15},
		{Phase: bench.Query, From: 15, To: 20},
	}
}
