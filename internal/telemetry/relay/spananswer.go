package relay

import (
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
)

// withoutTelemetry records an invocation without a response, or with a response without
// telemetry. A foreign function never sends telemetry, so none is missing.
func (r *spanRelay) withoutTelemetry(of *bench.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if of.Outcome == bench.Unknown {
		r.unanswered++
	} else if of.Response != nil && !of.Response.Foreign() {
		r.unreported++
		r.unreportedRows += of.Response.SuccessCount
	}
}

// answered records the account of spans in a response. relayed is the number of spans in the
// response. It returns the number of spans in the trace, including the driver's own.
func (r *spanRelay) answered(t *bench.TelemetryReply, of trace.TraceID, relayed int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := 1 + relayed + t.AcceptedSpans
	r.traces.end(of, spans)
	r.reported++
	r.lostRows += t.DroppedRows
	if t.Mode == bench.TelemetryOTLP { // rows of exports without an answer, or with lost spans
		r.resentRows += t.DroppedRows
		if len(t.DroppedSpans) > 0 { // some of them may have arrived all the same
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

// state returns a copy of the account, and the number of spans that the collector hasn't
// confirmed yet.
func (r *spanRelay) state() (a spanAccount, queued int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a = r.spanAccount
	a.lambda, a.driver = copyOf(a.lambda), copyOf(a.driver)
	return a, r.queued
}

// sample returns the traces to open in the trace store. spans is the number of spans of the
// slowest statements' traces when they ended.
func (r *spanRelay) sample(slow []bench.Statement, spans map[string]int64) TraceSample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.traces.sample(slow, spans)
}
