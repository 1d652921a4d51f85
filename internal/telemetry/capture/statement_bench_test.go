package capture

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// BenchmarkInvocation is all that observing adds to an invocation in the worker, but for the
// tracer's clock readings. Its statements have one row and one attempt each.
func BenchmarkInvocation(b *testing.B) {
	for _, statements := range []int{10, 1000} {
		for _, detail := range []bench.TraceDetail{bench.DetailLogical, bench.DetailAll} {
			b.Run(fmt.Sprintf("%s of %d", detail, statements), func(b *testing.B) { benchmarkInvocation(b, detail, statements) })
		}
	}
}

func benchmarkInvocation(b *testing.B, detail bench.TraceDetail, statements int) {
	l := testLambda(b)
	inv := telemetrytest.Asked(detail, func(inv *bench.Invocation) { inv.Telemetry.StatementsPerTrace = bench.StatementsPerTrace })
	start, n := telemetrytest.Epoch(), 0
	e := &bench.Execution{Attempts: []bench.Attempt{{Timings: make([]bench.Timing, 1)}}, Failure: bench.Failure{Outcome: bench.Acknowledged}}
	b.ReportAllocs()
	for b.Loop() {
		o := l.Begin(context.Background(), inv, false, telemetrytest.Query)
		for e.Number = range statements {
			n++
			a := &e.Attempts[0]
			a.Start = start.Add(time.Duration(n) * 300 * time.Microsecond)
			a.End = a.Start.Add(time.Duration(1000+n%977) * time.Microsecond)
			a.Timings[0] = bench.Timing{Phase: bench.Query, Start: a.Start, End: a.End}
			o.Statement(e, false)
		}
		o.End(false)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*statements), "ns/statement")
}
