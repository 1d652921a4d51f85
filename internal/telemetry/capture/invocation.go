package capture

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Invocation observes one invocation of the function. A nil Invocation observes
// nothing. It is not safe for concurrent use.
type Invocation struct {
	lambda      *Lambda
	instruments *Instruments
	request     bench.TelemetryRequest
	asked       bench.Invocation
	cold        bool
	start       time.Time
	parent      trace.SpanContext
	handler     trace.SpanID
	nextID      uint64
	lambdaCtx   *lambdacontext.LambdaContext

	attributes []attribute.KeyValue
	slowest    time.Duration // of the statements with a span so far
	recorder   recorder
	detail     telemetry.Detail
	post       post
}

// Kept says which spans of a statement are kept.
type Kept struct {
	// TraceID and SpanID identify the statement's span; empty if it has none.
	TraceID, SpanID string
	// Detailed is true if its attempts and phases have spans too.
	Detailed bool
}

// Begin starts to observe an invocation. query is the text of its statements. It returns nil if
// the invocation is not to be observed.
func (l *Lambda) Begin(ctx context.Context, inv bench.Invocation, cold bool, query string) *Invocation {
	mode := l.mode(inv.Telemetry)
	if mode == bench.TelemetryOff {
		return nil
	}
	l.begin(inv.RunID)
	o := &Invocation{
		lambda: l, instruments: l.instrumentsOf(inv, query), asked: inv, cold: cold,
		start: l.now(), parent: parentOf(inv.Telemetry), nextID: rand.Uint64(),
	}
	if inv.Telemetry != nil {
		o.request = *inv.Telemetry
	}
	o.request.Mode = mode
	o.request.NoSpans = o.request.NoSpans || l.off.Traces
	o.request.NoPoints = o.request.NoPoints || l.off.Metrics
	o.handler = o.newID()
	o.lambdaCtx, _ = lambdacontext.FromContext(ctx)
	o.post.open(l.packer, l.version, append(l.resource.Attributes(), telemetry.KeyRunID.String(inv.RunID)))
	o.post.reply.Mode = mode
	o.detail = telemetry.Detail{Trace: o.parent.TraceID(), NewID: o.newID, Add: o.post.detail, Phases: o.instruments.phases}
	if mode == bench.TelemetryOTLP {
		o.post.direct = l.direct.start(&o.asked, o.start)
	}
	return o
}

// parentOf returns the driver's span, or a new trace without a parent span.
func parentOf(r *bench.TelemetryRequest) trace.SpanContext {
	if r != nil {
		ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": r.TraceParent})
		if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
			return sc
		}
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: telemetry.NewTraceID()})
}

func (o *Invocation) newID() (id trace.SpanID) {
	o.nextID++
	if o.nextID == 0 {
		o.nextID++
	}
	binary.BigEndian.PutUint64(id[:], o.nextID)
	return id
}

// Statement observes a statement that has ended. slowest: it is among the slowest so far, so
// its span is kept even when little room is left.
func (o *Invocation) Statement(s *bench.Execution, slowest bool) Kept {
	if o == nil {
		return Kept{}
	}
	end := s.Start().Add(s.Took())
	if o.request.NoSpans {
		o.measure(s, end, trace.SpanID{}, false, false)
		return Kept{}
	}
	kept, below := o.post.room(maxPacked) || slowest && o.post.room(maxReserved), o.detailSpans(s)
	detailed := kept && below > 0 && o.post.room(maxDetail)
	id := o.newID()
	o.measure(s, end, id, kept, detailed)
	rows := int64(0)
	if s.Failure.Outcome == bench.Acknowledged {
		rows = int64(o.asked.RowsPerStatement())
	}
	if !kept {
		o.post.drop(1+below, rows)
		return Kept{}
	}
	o.post.statement(o.statementSpan(s, end, id), rows)
	if detailed {
		o.detail.Encode(s, len(s.Attempts), id)
	} else {
		o.post.drop(below, 0)
	}
	o.slowest = max(o.slowest, s.Took())
	return Kept{TraceID: o.parent.TraceID().String(), SpanID: id.String(), Detailed: detailed}
}

// slow reports whether a statement counts as slow.
func (o *Invocation) slow(took time.Duration) bool {
	return o.request.SlowUs > 0 && took.Round(time.Microsecond).Microseconds() >= o.request.SlowUs
}

// measure records the statement's metrics. A metric gets an exemplar if the spans that the
// exemplar links to are kept: the statement's own span (kept) or those below it (detailed).
func (o *Invocation) measure(s *bench.Execution, end time.Time, id trace.SpanID, kept, detailed bool) {
	m, slow := &o.recorder, o.slow(s.Took())
	exemplify := func(p *telemetry.Point, value float64, at time.Time, seen bool) {
		if seen {
			p.Exemplify(telemetry.Exemplar{Value: value, Nanos: at.UnixNano(), Trace: o.parent.TraceID(), Span: id})
		}
	}
	exemplify(m.duration(end, series{telemetry.OperationDuration, s.Failure.Kind, slow}, s.Took()), s.Took().Seconds(), end, kept)
	m.count(end, telemetry.RowsWritten, string(s.Failure.Outcome), int64(o.asked.RowsPerStatement()))
	for i := range s.Attempts {
		a := &s.Attempts[i]
		m.count(a.End, telemetry.AttemptsMade, a.Failure.Kind, 1)
		if i > 0 {
			waited := a.Start.Sub(s.Attempts[i-1].End)
			exemplify(m.duration(a.Start, series{telemetry.PhaseDuration, string(bench.Backoff), slow}, waited), waited.Seconds(), a.Start, detailed)
		}
		for _, t := range a.Timings {
			took := t.End.Sub(t.Start)
			exemplify(m.duration(a.End, series{telemetry.PhaseDuration, string(t.Phase), slow}, took), took.Seconds(), a.End, detailed)
			if t.Phase == bench.Acquire {
				m.duration(a.End, series{metric: telemetry.ConnectionWait}, took)
			}
		}
	}
}

func (o *Invocation) statementSpan(s *bench.Execution, end time.Time, id trace.SpanID) *telemetry.Span {
	iteration, row := o.asked.Place(s.Number)
	o.attributes = append(o.attributes[:0],
		telemetry.KeyIteration.Int(iteration), telemetry.KeyRow.Int(row), telemetry.KeyAttempts.Int(len(s.Attempts)),
		telemetry.KeyOutcome.String(string(s.Failure.Outcome)), telemetry.KeyColdStart.Bool(o.cold))
	o.attributes = telemetry.AppendError(o.attributes, s.Failure.Kind, s.Failure.SQLSTATE)
	return &telemetry.Span{
		Trace: o.parent.TraceID(), ID: id, Parent: o.handler, Name: telemetry.StatementName, Kind: tracepb.Span_SPAN_KIND_CLIENT,
		Start: s.Start(), End: end, Failed: s.Failure.Kind != "", Fixed: o.instruments.statement, Attributes: o.attributes,
	}
}

// detailSpans returns how many spans the statement gets below its own: none unless the detail
// that was asked for includes the statement.
func (o *Invocation) detailSpans(s *bench.Execution) int64 {
	r := o.request
	switch {
	case r.Detail == bench.DetailLogical:
		return 0
	case r.Detail == bench.DetailAll:
	case o.slow(s.Took()):
	case s.Failure.Kind != "" || len(s.Attempts) > 1:
	case s.Took() > o.slowest:
	case r.SampleEvery > 0 && s.Number%r.SampleEvery == o.asked.Index%r.SampleEvery:
	default:
		return 0
	}
	n := int64(max(2*len(s.Attempts)-1, 0)) // attempts, and the waits between them
	for i := range s.Attempts {
		n += int64(len(s.Attempts[i].Timings))
	}
	return n
}

// End ends the observation. It returns the telemetry for the response.
func (o *Invocation) End(truncated bool) *bench.TelemetryReply {
	if o == nil {
		return nil
	}
	now := o.lambda.now()
	o.recorder.duration(now, series{metric: telemetry.InvokeDuration}, now.Sub(o.start))
	if o.cold {
		o.recorder.count(now, telemetry.ColdStarts, "", 1)
	}
	if !o.request.NoSpans {
		o.post.statement(o.handlerSpan(now, truncated), 0)
	}
	seconds := append(o.recorder.take(), o.lambda.takeConnections()...)
	if o.request.NoPoints {
		seconds = nil
	}
	return o.post.close(o.instruments.encode(seconds))
}

func (o *Invocation) handlerSpan(end time.Time, truncated bool) *telemetry.Span {
	attributes := []attribute.KeyValue{
		semconv.FaaSTriggerOther, telemetry.KeyColdStart.Bool(o.cold), telemetry.KeyScenario.String(o.instruments.scenario),
		telemetry.KeyIndex.Int(o.asked.Index), telemetry.KeyTruncated.Bool(truncated),
	}
	if c := o.lambdaCtx; c != nil {
		attributes = append(attributes, telemetry.KeyFaasID.String(c.AwsRequestID),
			semconv.AWSLambdaInvokedARN(c.InvokedFunctionArn), semconv.CloudResourceID(unqualified(c.InvokedFunctionArn)))
	}
	return &telemetry.Span{
		Trace: o.parent.TraceID(), ID: o.handler, Parent: o.parent.SpanID(), Name: o.lambda.function,
		Kind: tracepb.Span_SPAN_KIND_SERVER, Start: o.start, End: end, Attributes: attributes,
	}
}

// unqualified returns a function's ARN without version or alias.
// arn:aws:lambda:region:account:function:name has seven parts.
func unqualified(arn string) string {
	parts := strings.Split(arn, ":")
	return strings.Join(parts[:min(len(parts), 7)], ":")
}
