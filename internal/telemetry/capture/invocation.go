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

	span       telemetry.Span // of the last statement
	attributes []attribute.KeyValue
	usual      []byte        // encoded attributes of a statement that was acknowledged at once
	slowest    time.Duration // of the statements with a span so far
	threshold  threshold
	recorder   recorder
	detail     telemetry.Detail
	post       post
	group      group // of the next statement
}

// Kept says which spans of a statement are kept.
type Kept struct {
	// TraceID and Span identify the statement's span. Without one they are empty and zero.
	TraceID string
	Span    trace.SpanID
	// Detailed is true if its attempts and phases have spans too.
	Detailed bool
}

// SpanID is the id of the statement's span, in hexadecimal; empty if it has none.
func (k Kept) SpanID() string {
	if !k.Span.IsValid() {
		return ""
	}
	return k.Span.String()
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
	o.threshold = newThreshold(&o.request)
	o.handler = o.newID()
	o.usual = telemetry.AppendAttributes(nil, o.ending(nil, &bench.Execution{Attempts: make([]bench.Attempt, 1), Failure: bench.Failure{Outcome: bench.Acknowledged}}))
	o.lambdaCtx, _ = lambdacontext.FromContext(ctx)
	o.post.open(l.packer, l.version, append(l.resource.Attributes(), telemetry.KeyRunID.String(inv.RunID)))
	o.post.reply.Mode = mode
	o.detail = telemetry.Detail{NewID: o.newID, Add: o.post.detail, Phases: o.instruments.phases}
	o.open(group{id: o.parent.TraceID(), parent: o.handler})
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

// Statement observes a statement that has ended. slowest: it is among the slowest so far, so it
// is notable, and its span is kept even when little room is left.
func (o *Invocation) Statement(s *bench.Execution, slowest bool) Kept {
	if o == nil {
		return Kept{}
	}
	m := measured{Execution: s, took: s.Took()}
	m.end = s.Start().Add(m.took)
	m.slow = o.threshold.reached(m.took) || len(s.Attempts) > 1 || s.Failure.Outcome != bench.Acknowledged
	if s.Failure.Outcome == bench.Acknowledged {
		o.threshold.add(m.took)
	}
	if o.request.NoSpans {
		o.measure(&m)
		return Kept{}
	}
	rows := int64(0)
	if s.Failure.Outcome == bench.Acknowledged {
		rows = int64(o.asked.RowsPerStatement())
	}
	below := o.detailSpans(&m)
	if below == 0 && o.leaves(&m, slowest) {
		o.measure(&m)
		o.post.leave(rows)
		return Kept{}
	}
	m.kept = o.post.room(maxPacked) || slowest && o.post.room(maxReserved)
	m.detailed = m.kept && below > 0 && o.post.room(maxDetail)
	if m.kept {
		o.join(&m, below)
	}
	m.id = o.newID()
	o.measure(&m)
	if !m.kept {
		o.post.drop(1+below, rows)
		return Kept{}
	}
	o.post.statement(o.statementSpan(&m), rows)
	if m.detailed {
		o.detail.Encode(s, len(s.Attempts), m.id)
	} else if below > 0 {
		o.post.drop(below, 0)
	}
	o.slowest = max(o.slowest, m.took)
	return Kept{TraceID: o.group.name, Span: m.id, Detailed: m.detailed}
}

// measured is a statement that has ended.
type measured struct {
	*bench.Execution
	took     time.Duration
	end      time.Time
	slow     bool // it took long, or was retried, or wasn't acknowledged
	id       trace.SpanID
	kept     bool // its span is kept
	detailed bool // the spans below are kept
}

// measure records the statement's metrics. A metric gets an exemplar if the spans that the
// exemplar links to are kept: the statement's own span or those below it.
func (o *Invocation) measure(s *measured) {
	m := &o.recorder
	o.timed(s, series{telemetry.OperationDuration, s.Failure.Kind, s.slow}, s.end, s.took, s.kept)
	m.count(s.end, telemetry.RowsWritten, string(s.Failure.Outcome), int64(o.asked.RowsPerStatement()))
	for i := range s.Attempts {
		a := &s.Attempts[i]
		m.count(a.End, telemetry.AttemptsMade, a.Failure.Kind, 1)
		if i > 0 {
			o.timed(s, series{telemetry.PhaseDuration, string(bench.Backoff), s.slow}, a.Start, a.Start.Sub(s.Attempts[i-1].End), s.detailed)
		}
		for j := range a.Timings {
			t := &a.Timings[j]
			took := t.End.Sub(t.Start)
			o.timed(s, series{telemetry.PhaseDuration, string(t.Phase), s.slow}, a.End, took, s.detailed)
			if t.Phase == bench.Acquire {
				m.duration(a.End, series{metric: telemetry.ConnectionWait}, took)
			}
		}
	}
}

// timed adds a duration of the statement, and an exemplar if the span is kept.
func (o *Invocation) timed(s *measured, of series, at time.Time, took time.Duration, kept bool) {
	p := o.recorder.duration(at, of, took)
	if kept {
		p.Exemplify(telemetry.Exemplar{Value: took.Seconds(), Nanos: at.UnixNano(), Trace: o.group.id, Span: s.id})
	}
}

// statementSpan returns the span of a statement, which is valid until the next call.
func (o *Invocation) statementSpan(s *measured) *telemetry.Span {
	iteration, row := o.asked.Place(s.Number)
	o.attributes = append(o.attributes[:0], telemetry.KeyIteration.Int(iteration), telemetry.KeyRow.Int(row))
	last := o.usual
	if len(s.Attempts) != 1 || s.Failure.Outcome != bench.Acknowledged || s.Failure.Kind != "" || s.Failure.SQLSTATE != "" {
		o.attributes, last = o.ending(o.attributes, s.Execution), nil
	}
	o.span = telemetry.Span{
		Trace: o.group.id, ID: s.id, Parent: o.group.parent, Name: telemetry.StatementName, Kind: tracepb.Span_SPAN_KIND_CLIENT,
		Start: s.Start(), End: s.end, Failed: s.Failure.Kind != "", Fixed: o.instruments.statement, Attributes: o.attributes, Last: last,
	}
	return &o.span
}

// ending appends the attributes that say how a statement ended.
func (o *Invocation) ending(to []attribute.KeyValue, s *bench.Execution) []attribute.KeyValue {
	to = append(to, telemetry.KeyAttempts.Int(len(s.Attempts)), telemetry.KeyOutcome.String(string(s.Failure.Outcome)), telemetry.KeyColdStart.Bool(o.cold))
	return telemetry.AppendError(to, s.Failure.Kind, s.Failure.SQLSTATE)
}

// detailSpans returns how many spans the statement gets below its own: none unless the detail
// that was asked for includes the statement.
func (o *Invocation) detailSpans(s *measured) int64 {
	r := &o.request
	switch {
	case r.Detail == bench.DetailLogical:
		return 0
	case r.Detail == bench.DetailAll:
	case s.slow:
	case s.took > o.slowest && o.notable(s):
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

// SoFar returns what was observed since the last call, for a partial answer. next is when the
// first statement began that wasn't observed yet. It returns nil if the function exports its
// telemetry itself.
func (o *Invocation) SoFar(next time.Time) *bench.TelemetryReply {
	if o == nil || o.post.direct != nil {
		return nil
	}
	metrics, points := o.instruments.encode(o.points())
	return o.post.take(next.Unix(), metrics, points)
}

// points returns the points that were recorded since the last call.
func (o *Invocation) points() []*second {
	seconds := append(o.recorder.take(), o.lambda.takeConnections()...)
	if o.request.NoPoints {
		return nil
	}
	return seconds
}

// leaves reports whether a statement that gets no detail gets no span either, because it is one of
// many like it: not slow, not among the slowest so far, and not in the sample of one in SpanEvery.
func (o *Invocation) leaves(s *measured, slowest bool) bool {
	every := o.request.SpanEvery
	return every > 1 && !s.slow && s.Number%every != o.asked.Index%every && !(slowest && o.notable(s))
}

// notable reports whether a statement may be among the slowest of the scenario.
func (o *Invocation) notable(s *measured) bool {
	return s.took.Round(time.Microsecond).Microseconds() >= o.request.NotableUs
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
		o.leave()
		o.post.group = 0
		o.post.statement(o.handlerSpan(now, truncated), 0)
	}
	return o.post.close(o.instruments.encode(o.points()))
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
