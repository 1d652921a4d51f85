package relay

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

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
	c := completion{statement: s, trace: id, start: time.UnixMicro(s.StartedUs).Add(time.Microsecond)}
	for n := 1; n <= min(s.Attempts, len(s.Phases)+1); n++ { // a response may claim any number of attempts
		c.attempt(n, statement)
	}
	m.spans.complete(ownParcel(m.environment(s.Environment), &c.spans, []trace.TraceID{id}))
}

// environment returns the resource of the spans of an execution environment.
func (m *pointRelay) environment(id string) *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: telemetry.KeyValues(
		semconv.ServiceName(telemetry.LambdaService), semconv.ServiceVersion(telemetry.Version()), semconv.ServiceInstanceID(id),
		semconv.FaaSName(m.options.FunctionName), semconv.FaaSInstance(id), telemetry.KeyRunID.String(m.options.RunID))}
}

// completion makes the spans below a statement's from its phases.
type completion struct {
	statement *bench.Statement
	trace     trace.TraceID
	start     time.Time // of the statement, rounded up, because StartedUs is rounded down to microseconds
	spans     telemetry.Encoder
}

// attempt adds attempt n (from 1) with its phases and the backoff before it. The attempt lasts
// from that backoff to the next one.
func (c *completion) attempt(n int, below trace.SpanID) {
	from, to := 0.0, float64(c.statement.LatencyUs)/1000
	for _, p := range c.statement.Phases {
		if bench.Phase(p.Phase) != bench.Backoff {
			continue
		}
		switch p.Attempt {
		case n:
			from = p.StartMs + p.Ms
			c.add(p.Phase, telemetry.NewSpanID(), below, p.StartMs, from, false, telemetry.KeyPhase.String(p.Phase))
		case n + 1:
			to = p.StartMs
		}
	}
	last := n >= c.statement.Attempts
	attributes := []attribute.KeyValue{telemetry.KeyAttempt.Int(n)}
	if last && c.statement.Error != "" {
		attributes = append(attributes, telemetry.KeyErrorType.String(c.statement.Error))
		if c.statement.SQLSTATE != "" {
			attributes = append(attributes, telemetry.KeySQLSTATE.String(c.statement.SQLSTATE))
		}
	}
	id := telemetry.NewSpanID()
	c.add(telemetry.AttemptName, id, below, from, to, !last || c.statement.Error != "", attributes...)
	c.phases(n, id)
}

// phases adds the phases of attempt n. A phase may lie below another one, and may occur twice,
// for example when two addresses are dialled.
func (c *completion) phases(n int, attempt trace.SpanID) {
	ids := make([]trace.SpanID, len(c.statement.Phases))
	above := map[bench.Phase]trace.SpanID{"": attempt}
	for i, p := range c.statement.Phases {
		if p.Attempt == n {
			ids[i] = telemetry.NewSpanID()
			above[bench.Phase(p.Phase)] = ids[i]
		}
	}
	for i, p := range c.statement.Phases {
		if p.Attempt != n || bench.Phase(p.Phase) == bench.Backoff {
			continue
		}
		parent, ok := above[bench.Phase(p.Phase).Within()]
		if !ok {
			parent = attempt
		}
		c.add(p.Phase, ids[i], parent, p.StartMs, p.StartMs+p.Ms, p.Failed, telemetry.KeyPhase.String(p.Phase))
	}
}

// add encodes one span. from and to are milliseconds since the start of the statement. The span
// is cut to lie within the statement's span, because both were rounded.
func (c *completion) add(name string, id, parent trace.SpanID, from, to float64, failed bool, attributes ...attribute.KeyValue) {
	const rounded = 0.002
	at := func(ms float64) time.Time {
		return c.start.Add(time.Duration(max(0, min(ms, float64(c.statement.LatencyUs)/1000-rounded)) * float64(time.Millisecond)))
	}
	c.spans.Add(&telemetry.Span{
		Trace: c.trace, ID: id, Parent: parent, Name: name, Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		Start: at(from), End: at(max(from, to)), Failed: failed, Attributes: attributes,
	})
}
