package cost

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// What the function streams, measured on local runs of one invocation with 90 to 9,000 statements
// a second: 4 to 6 KB a second and about 20 KB at the end without telemetry, 4 KB a second more
// with metrics, and 18 to 36 bytes a span, packed and in base64.
const (
	replyBytes   = 20_000 // the reply at the end
	partialBytes = 5_000  // the partial answer of each second
	pointBytes   = 4_000  // its metric points
	spanBytes    = 30
	childSpans   = 2 // below a statement with detail: an attempt and a phase on an open connection
)

// Work is what a run does by its plan.
type Work struct {
	Plans  []bench.Plan
	WarmUp *bench.Plan // may be nil
	// Telemetry and Detail say what the function's answers carry besides; none if Telemetry is off
	// or otlp.
	Telemetry bench.TelemetryMode
	Detail    bench.TraceDetail
}

// relays reports whether telemetry is in the answers. With TelemetryAuto that is assumed.
func (w *Work) relays() bool {
	return w.Telemetry == bench.TelemetryAuto || w.Telemetry == bench.TelemetryRelay
}

// answer returns how many bytes an invocation of p streams that takes so many seconds.
func (w *Work) answer(p bench.Plan, took float64) float64 {
	if !w.relays() {
		return replyBytes + partialBytes*took
	}
	return replyBytes + (partialBytes+pointBytes)*took + spanBytes*w.spans(p)/float64(max(p.Load.NumLambdas, 1))
}

// spans returns how many spans p's statements have, if none is slow or fails.
func (w *Work) spans(p bench.Plan) float64 {
	n := p.Statements()
	detailed := int64(0)
	switch w.Detail {
	case bench.DetailAll:
		detailed = n
	case bench.DetailAuto:
		detailed = n / max(1, int64(bench.Sampling(n)))
	}
	return float64(n)/float64(bench.SpanSampling(w.Detail, n)) + float64(childSpans*detailed)
}

// stream adds the answers of p's invocations, each of which takes so many seconds.
func (e *estimate) stream(p bench.Plan, took float64) {
	bytes := e.work.answer(p, took)
	e.answer = max(e.answer, bytes)
	e.streamed += float64(p.Load.NumLambdas) * max(0, bytes-bench.StreamedFree)
}

// streamBasis says what is assumed of the streamed answers.
func (e *estimate) streamBasis() string {
	telemetry := ""
	if e.work.relays() {
		telemetry = fmt.Sprintf(", with telemetry %d KB more a second and %d bytes a span", pointBytes/1000, spanBytes)
	}
	return fmt.Sprintf("Streamed answers, assumed: %d KB, and %d KB for each second that an invocation takes%s: at most %s MB each. The first 6 MB of each are free.",
		replyBytes/1000, partialBytes/1000, telemetry, figure.Decimal(e.answer/(1<<20)))
}
