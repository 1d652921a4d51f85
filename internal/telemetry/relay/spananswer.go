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

// unreportedRowsOf records that an invocation that acknowledged that many rows answered without some
// of its telemetry.
func (r *spanRelay) unreportedRowsOf(rows int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unreported++
	r.unreportedRows += rows
}

// told records the account of spans in a response or a partial one. relayed is the number of spans
// in it.
func (r *spanRelay) told(t *bench.TelemetryReply, relayed int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lostRows += t.DroppedRows
	r.notKept += t.NotKeptSpans
	r.notKeptRows += t.NotKeptRows
	if t.Mode == bench.TelemetryOTLP { // rows of exports without an answer, or with lost spans
		r.resentRows += t.DroppedRows
	}
	r.lambda.Produced += t.Spans
	r.lambda.Passed += relayed + t.AcceptedSpans
	r.accepted += t.AcceptedSpans
	for reason, n := range t.DroppedSpans {
		r.lambda.Drop(reason, n)
	}
}

// answered is ended for an invocation that answered with telemetry.
func (r *spanRelay) answered(spans map[trace.TraceID]int64, damaged bool) {
	r.mu.Lock()
	r.reported++
	r.mu.Unlock()
	r.ended(spans, damaged)
}

// ended records that an invocation's traces are complete. spans is how many each has, with the
// driver's own. damaged: some of them may be lost.
func (r *spanRelay) ended(spans map[trace.TraceID]int64, damaged bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, n := range spans {
		r.traces.end(id, n)
		if damaged {
			r.traces.damage([]trace.TraceID{id})
		}
	}
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
