package capture

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// BenchmarkStatement is all that observing adds to a statement in the worker,
// but for the tracer's clock readings.
func BenchmarkStatement(b *testing.B) {
	l, err := NewLambda(context.Background(), func(string) string { return "" }, "env", Database{Host: "h", Name: "postgres", Table: "t"})
	if err != nil {
		b.Fatal(err)
	}
	inv := bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 1 << 30, Telemetry: &bench.TelemetryRequest{
		Mode: bench.TelemetryRelay, Detail: bench.DetailAuto, SampleEvery: 13, SlowUs: 100_000,
	}}
	o := l.Begin(context.Background(), inv, false, "INSERT INTO t VALUES ($1)")
	start := time.Now()
	n := 0
	e := &bench.Execution{Attempts: make([]bench.Attempt, 1), Failure: bench.Failure{Outcome: bench.Acknowledged}}
	b.ReportAllocs()
	for b.Loop() {
		at := start.Add(time.Duration(n) * 100 * time.Microsecond)
		took := time.Duration(1000+n%977) * time.Microsecond
		a := &e.Attempts[0]
		a.Start, a.End = at, at.Add(took)
		a.Timings = append(a.Timings[:0],
			bench.Timing{Phase: bench.Acquire, Start: at, End: at.Add(took / 10)},
			bench.Timing{Phase: bench.Query, Start: at.Add(took / 10), End: at.Add(took)})
		e.Number = n
		o.Statement(e, false)
		n++
		if n%1000 == 0 { // an invocation's end
			o.End(false)
			o = l.Begin(context.Background(), inv, false, "")
		}
	}
}
