package relay

import (
	"time"

	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// complete adds the spans of attempts and phases to the trace of one of the slowest statements,
// unless the function has sent them. While the statement ran, the function couldn't know that it
// would be one of the slowest of all invocations. But the response has the phases of its slowest
// statements, so the driver can make the spans.
func (m *pointRelay) complete(s *bench.Statement) {
	id, err := trace.TraceIDFromHex(s.TraceID)
	if s.Detailed || len(s.Phases) == 0 || err != nil || m.off.Traces {
		return
	}
	statement, err := trace.SpanIDFromHex(s.SpanID)
	if err != nil {
		return
	}
	var spans telemetry.Encoder
	detail := telemetry.Detail{Trace: id, NewID: telemetry.NewSpanID, Add: spans.Add}
	detail.Encode(executionOf(s), s.Attempts, statement)
	m.spans.complete(ownParcel(m.environment(s.Environment), &spans, []trace.TraceID{id}))
}

// environment returns the resource of the spans of an execution environment.
func (m *pointRelay) environment(id string) *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: telemetry.KeyValues(
		semconv.ServiceName(telemetry.LambdaService), semconv.ServiceVersion(telemetry.Version()), semconv.ServiceInstanceID(id),
		semconv.FaaSName(m.options.FunctionName), semconv.FaaSInstance(id), telemetry.KeyRunID.String(m.options.RunID))}
}

// executionOf returns the attempts of a statement with their phases. An attempt lasts from the
// backoff before it to the next one. All times lie within the statement's span, which was rounded.
func executionOf(s *bench.Statement) *bench.Execution {
	start := time.UnixMicro(s.StartedUs).Add(time.Microsecond) // rounded up, because StartedUs is rounded down
	latency := float64(s.LatencyUs) / 1000
	at := func(ms float64) time.Time {
		const rounded = 0.002
		return start.Add(time.Duration(max(0, min(ms, latency-rounded)) * float64(time.Millisecond)))
	}
	e := &bench.Execution{Attempts: make([]bench.Attempt, max(0, min(s.Attempts, len(s.Phases)+1)))} // a response may claim any number of attempts
	for i := range e.Attempts {
		e.Attempts[i].Start, e.Attempts[i].End = at(0), at(latency)
	}
	for _, p := range s.Phases {
		i, end := p.Attempt-1, p.StartMs+max(0, p.Ms)
		if i < 0 || i >= len(e.Attempts) {
			continue
		}
		a := &e.Attempts[i]
		if phase := bench.Phase(p.Phase); phase != bench.Backoff {
			a.Timings = append(a.Timings, bench.Timing{Phase: phase, Start: at(p.StartMs), End: at(end), Failed: p.Failed})
			continue
		}
		if a.Start = at(end); i > 0 {
			e.Attempts[i-1].End = at(p.StartMs)
		}
	}
	if n := len(e.Attempts); n > 0 && n == s.Attempts {
		e.Attempts[n-1].Failure = bench.Failure{Kind: s.Error, SQLSTATE: s.SQLSTATE}
	}
	return e
}
