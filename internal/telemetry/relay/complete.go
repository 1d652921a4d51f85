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

// complete adds to the trace of one of the slowest statements the spans of its
// attempts and phases, unless the function has sent them. While it ran nobody
// knew that it would be among the slowest of all invocations. The function
// answers the phases of its slowest statements, so the spans are made here.
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
	for n := 1; n <= min(s.Attempts, len(s.Phases)+1); n++ { // more attempts than phases can't be
		c.attempt(n, statement)
	}
	m.spans.complete(ownParcel(m.environment(s.Environment), &c.spans, []trace.TraceID{id}))
}

// environment is the resource of spans that belong to a function's environment.
func (m *pointRelay) environment(id string) *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: telemetry.KeyValues(
		semconv.ServiceName(telemetry.LambdaService), semconv.ServiceVersion(telemetry.Version()), semconv.ServiceInstanceID(id),
		semconv.FaaSName(m.options.FunctionName), semconv.FaaSInstance(id), telemetry.KeyRunID.String(m.options.RunID))}
}

// completion makes the spans below a statement's from its phases.
type completion struct {
	statement *bench.Statement
	trace     trace.TraceID
	start     time.Time // of the statement, rounded up: its start is told in whole microseconds, rounded down
	spans     telemetry.Encoder
}

// attempt adds the n-th attempt, from 1, with its phases and the wait before it.
// It lasts from that wait to the next one.
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

// phases adds those of the n-th attempt. A phase may lie below another one, and
// may be there more than once, as when two addresses are dialled.
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

// add encodes one span, which lasts from and to so many milliseconds after the
// statement's start. It lies within the statement's span, whatever was rounded.
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
