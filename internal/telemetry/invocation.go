package telemetry

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

	phases     Phases
	timings    []Timing // reused
	attributes []attribute.KeyValue
	slowest    time.Duration
	recorder   recorder
	post       post
}

// Statement is how one statement went.
type Statement struct {
	Number   int // in the invocation, from 0
	Start    time.Time
	Took     time.Duration
	Attempts int
	Outcome  bench.Outcome
	Kind     string // error.type; empty when acknowledged
	SQLSTATE string // of the error, when the database said one
}

// Begin starts to observe an invocation whose statements are sent as query;
// nil when it isn't to be observed.
func (l *Lambda) Begin(ctx context.Context, inv bench.Invocation, cold bool, query string) *Invocation {
	mode := l.mode(inv.Telemetry)
	if mode == bench.TelemetryOff {
		return nil
	}
	o := &Invocation{
		lambda: l, instruments: l.instrumentsOf(inv, query), asked: inv, cold: cold,
		start: time.Now(), parent: parentOf(inv.Telemetry), nextID: rand.Uint64(),
	}
	if inv.Telemetry != nil {
		o.request = *inv.Telemetry
	}
	o.request.Mode = mode
	o.handler = o.newID()
	o.lambdaCtx, _ = lambdacontext.FromContext(ctx)
	o.post.open(o)
	return o
}

// parentOf is the driver's span, or a new trace where there is none.
func parentOf(r *bench.TelemetryRequest) trace.SpanContext {
	if r != nil {
		ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": r.TraceParent})
		if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
			return sc
		}
	}
	var id trace.TraceID
	binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(id[8:], rand.Uint64()|1) // never all zero
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id})
}

func (o *Invocation) newID() (id trace.SpanID) {
	o.nextID++
	if o.nextID == 0 {
		o.nextID++
	}
	binary.BigEndian.PutUint64(id[:], o.nextID)
	return id
}

// Collecting answers a context in which attempts tell where their time goes.
func (o *Invocation) Collecting(ctx context.Context) context.Context {
	if o == nil {
		return ctx
	}
	return WithPhases(ctx, &o.phases)
}

// Attempt says that another attempt begins.
func (o *Invocation) Attempt() {
	if o != nil {
		o.phases.Reset()
	}
}

// Statement observes a statement that ended, and answers the ids of its span;
// both are empty when it has none.
func (o *Invocation) Statement(s Statement) (traceID, spanID string) {
	if o == nil {
		return "", ""
	}
	o.timings = o.phases.appendTo(o.timings[:0])
	end := s.Start.Add(s.Took)
	kept := o.post.room(false)
	id := o.newID()
	o.measure(s, end, id, kept)
	rows := int64(0)
	if s.Outcome == bench.Acknowledged {
		rows = int64(o.asked.RowsPerStatement())
	}
	if !kept {
		o.post.drop(1+o.detailSpans(s), rows)
		return "", ""
	}
	o.post.statement(o.statementSpan(s, end, id), rows)
	if n := o.detailSpans(s); n > 0 {
		if o.post.room(true) {
			o.detail(s, end, id)
		} else {
			o.post.drop(n, 0)
		}
	}
	o.slowest = max(o.slowest, s.Took)
	return o.parent.TraceID().String(), id.String()
}

// measure records the statement's metrics, with exemplars when its span is kept.
func (o *Invocation) measure(s Statement, end time.Time, id trace.SpanID, kept bool) {
	m := &o.recorder
	stands := func(p *point, value float64, at time.Time) {
		if kept {
			p.exemplify(exemplar{value: value, nanos: at.UnixNano(), trace: o.parent.TraceID(), span: id})
		}
	}
	stands(m.duration(end, operationDuration, s.Kind, s.Took), s.Took.Seconds(), end)
	m.count(end, rowsWritten, string(s.Outcome), int64(o.asked.RowsPerStatement()))
	m.count(end, attemptsMade, s.Kind, int64(s.Attempts))
	for _, t := range o.timings {
		took := t.End.Sub(t.Start)
		stands(m.duration(end, phaseDuration, string(t.Phase), took), took.Seconds(), end)
		if t.Phase == Acquire {
			m.duration(end, connectionWait, "", took)
		}
	}
}

func (o *Invocation) statementSpan(s Statement, end time.Time, id trace.SpanID) *span {
	iteration, row := o.asked.Place(s.Number)
	o.attributes = append(o.attributes[:0],
		keyIteration.Int(iteration), keyRow.Int(row), keyAttempts.Int(s.Attempts),
		keyOutcome.String(string(s.Outcome)), keyColdStart.Bool(o.cold))
	o.appendError(s)
	return &span{
		trace: o.parent.TraceID(), id: id, parent: o.handler, name: statementName, kind: tracepb.Span_SPAN_KIND_CLIENT,
		start: s.Start, end: end, failed: s.Kind != "", fixed: o.instruments.statement, attributes: o.attributes,
	}
}

func (o *Invocation) appendError(s Statement) {
	if s.Kind != "" {
		o.attributes = append(o.attributes, keyErrorType.String(s.Kind))
	}
	if s.SQLSTATE != "" {
		o.attributes = append(o.attributes, keySQLSTATE.String(s.SQLSTATE))
	}
}

// detailSpans is how many spans the statement has below its own.
func (o *Invocation) detailSpans(s Statement) int64 {
	r := o.request
	switch {
	case r.Detail == bench.DetailLogical:
		return 0
	case r.Detail == bench.DetailAll:
	case r.SlowUs > 0 && s.Took.Microseconds() >= r.SlowUs:
	case s.Kind != "" || s.Attempts > 1:
	case s.Took > o.slowest:
	case r.SampleEvery > 0 && s.Number%r.SampleEvery == o.asked.Index%r.SampleEvery:
	default:
		return 0
	}
	return 1 + int64(len(o.timings))
}

// detail encodes the attempt and its phases.
func (o *Invocation) detail(s Statement, end time.Time, statement trace.SpanID) {
	o.attributes = append(o.attributes[:0], keyAttempt.Int(1))
	o.appendError(s)
	attempt := span{
		trace: o.parent.TraceID(), id: o.newID(), parent: statement, name: attemptName, kind: tracepb.Span_SPAN_KIND_INTERNAL,
		start: s.Start, end: end, failed: s.Kind != "", attributes: o.attributes,
	}
	o.post.detail(&attempt)
	ids := map[Phase]trace.SpanID{"": attempt.id}
	for _, t := range o.timings {
		if t.Phase == Acquire || t.Phase == Connect {
			ids[t.Phase] = o.newID()
		}
	}
	for _, t := range o.timings {
		id, parent := ids[t.Phase], ids[t.Phase.within()]
		if !id.IsValid() {
			id = o.newID()
		}
		if !parent.IsValid() {
			parent = attempt.id
		}
		o.post.detail(&span{
			trace: attempt.trace, id: id, parent: parent, name: string(t.Phase), kind: tracepb.Span_SPAN_KIND_INTERNAL,
			start: t.Start, end: t.End, failed: t.Failed, fixed: o.instruments.phases[t.Phase],
		})
	}
}

// End closes the observation; it answers what the response is to carry.
func (o *Invocation) End(truncated bool) *bench.TelemetryReply {
	if o == nil {
		return nil
	}
	now := time.Now()
	o.recorder.duration(now, invokeDuration, "", now.Sub(o.start))
	if o.cold {
		o.recorder.count(now, coldStarts, "", 1)
	}
	o.post.statement(o.handlerSpan(now, truncated), 0)
	return o.post.close(append(o.recorder.take(), o.lambda.takeConnections()...))
}

func (o *Invocation) handlerSpan(end time.Time, truncated bool) *span {
	attributes := []attribute.KeyValue{
		semconv.FaaSTriggerOther, keyColdStart.Bool(o.cold), keyScenario.String(o.instruments.scenario),
		keyIndex.Int(o.asked.Index), keyTruncated.Bool(truncated),
	}
	if c := o.lambdaCtx; c != nil {
		attributes = append(attributes, keyFaasID.String(c.AwsRequestID),
			semconv.AWSLambdaInvokedARN(c.InvokedFunctionArn), semconv.CloudResourceID(unqualified(c.InvokedFunctionArn)))
	}
	return &span{
		trace: o.parent.TraceID(), id: o.handler, parent: o.parent.SpanID(), name: o.lambda.function,
		kind: tracepb.Span_SPAN_KIND_SERVER, start: o.start, end: end, attributes: attributes,
	}
}

// unqualified is a function's ARN without version or alias:
// arn:aws:lambda:region:account:function:name has seven parts.
func unqualified(arn string) string {
	parts := strings.Split(arn, ":")
	return strings.Join(parts[:min(len(parts), 7)], ":")
}
