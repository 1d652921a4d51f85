package relay

import (
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
)

// withoutTelemetry notes an invocation whose response has none, or that has none itself.
// A function of another suite observes nothing, so nothing of it is missing.
func (r *spanRelay) withoutTelemetry(of *bench.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if of.Outcome == bench.Unknown {
		r.unanswered++
	} else if of.Response != nil && !foreign(of.Response) {
		r.unreported++
		r.unreportedRows += of.Response.SuccessCount
	}
}

// answered notes what a response says of the spans of its invocation, whose trace is
// complete. relayed of them are in the response. It returns how many spans the trace has,
// with the driver's own.
func (r *spanRelay) answered(t *bench.TelemetryReply, of trace.TraceID, relayed int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := 1 + relayed + t.AcceptedSpans
	r.traces.end(of, spans)
	r.reported++
	r.lostRows += t.DroppedRows
	if t.Mode == bench.TelemetryOTLP { // its exports ended without an answer, or lost some spans
		r.resentRows += t.DroppedRows
		if len(t.DroppedSpans) > 0 { // some may have come all the same
			r.traces.damage([]trace.TraceID{of})
		}
	}
	r.lambda.Produced += t.Spans
	r.lambda.Passed += relayed + t.AcceptedSpans
	r.accepted += t.AcceptedSpans
	for reason, n := range t.DroppedSpans {
		r.lambda.Drop(reason, n)
	}
	return spans
}

// state is the account at one moment, and how many spans wait for the collector's word.
func (r *spanRelay) state() (a spanAccount, queued int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a = r.spanAccount
	a.lambda, a.driver = copyOf(a.lambda), copyOf(a.driver)
	return a, r.queued
}

// sample is the traces to open in the trace store. spans are those of the slowest
// statements' traces when they ended.
func (r *spanRelay) sample(slow []bench.Statement, spans map[string]int64) TraceSample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.traces.sample(slow, spans)
}

// foreign reports whether the function is of another suite: it returns how many rows it
// wrote, and observes nothing.
func foreign(r *bench.Response) bool { return r.Foreign() }
