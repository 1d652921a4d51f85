package telemetry

import (
	"time"

	"dsql-load-test/internal/bench"
)

// step is a phase in milliseconds since its attempt's start.
type step struct {
	phase    bench.Phase
	from, to int
	failed   bool
}

// try is one attempt, in milliseconds since its statement's start. Its steps are
// since its own.
type try struct {
	from, to       int
	kind, sqlstate string
	steps          []step
}

// played is a statement of some attempts; ended is how it ended.
func played(n int, ended bench.Failure, tries ...try) *bench.Execution {
	e := &bench.Execution{Number: n, Failure: ended}
	first := epoch().Add(time.Duration(n) * time.Second)
	after := func(start time.Time, ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, a := range tries {
		start := after(first, a.from)
		attempt := bench.Attempt{Start: start, End: after(first, a.to), Failure: bench.Failure{Kind: a.kind, SQLSTATE: a.sqlstate}}
		for _, p := range a.steps {
			attempt.Timings = append(attempt.Timings, bench.Timing{Phase: p.phase, Start: after(start, p.from), End: after(start, p.to), Failed: p.failed})
		}
		e.Attempts = append(e.Attempts, attempt)
	}
	return e
}

// quickly is the n-th statement, which took from start to end in one attempt: it had a
// connection at the time got.
func quickly(n int, ended bench.Failure, start, got, end time.Time) *bench.Execution {
	return &bench.Execution{Number: n, Failure: ended, Attempts: []bench.Attempt{{Start: start, End: end, Failure: ended, Timings: []bench.Timing{
		{Phase: bench.Acquire, Start: start, End: got}, {Phase: bench.Query, Start: got, End: end},
	}}}}
}

// connecting are the phases of a statement that had to connect, in the order in
// which they end.
func connecting() []step {
	return []step{
		{phase: bench.Token, from: 2, to: 3},
		{phase: bench.DNS, from: 3, to: 4},
		{phase: bench.Dial, from: 4, to: 6},
		{phase: bench.TLS, from: 6, to: 9},
		{phase: bench.Startup, from: 9, to: 12},
		{phase: bench.Connect, from: 1, to: 12},
		{phase: bench.Acquire, from: 0, to: 13},
		{phase: bench.Prepare, from: 13, to: 15},
		{phase: bench.Query, from: 15, to: 20},
	}
}
