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
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
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
	attempts   []attempt // of the current statement
	tried      int       // how many of them are of it; the rest is room to reuse
	ended      bool      // the current statement has; the next Attempt is of another
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
	// Slowest: it is among the slowest so far, so its span is kept in any case.
	Slowest bool
}

// Kept is what is kept of a statement besides its metrics.
type Kept struct {
	// TraceID and SpanID are those of its span; empty when it has none.
	TraceID, SpanID string
	// Detailed: its attempts and their phases have spans too.
	Detailed bool
}

// Begin starts to observe an invocation whose statements are sent as query;
// nil when it isn't to be observed.
func (l *Lambda) Begin(ctx context.Context, inv bench.Invocation, cold bool, query string) *Invocation {
	mode := l.mode(inv.Telemetry)
	if mode == bench.TelemetryOff {
		return nil
	}
	l.begin(inv.RunID)
	o := &Invocation{
		lambda: l, instruments: l.instrumentsOf(inv, query), asked: inv, cold: cold,
		start: time.Now(), parent: parentOf(inv.Telemetry), nextID: rand.Uint64(),
	}
	if inv.Telemetry != nil {
		o.request = *inv.Telemetry
	}
	o.request.Mode = mode
	o.request.NoSpans = o.request.NoSpans || l.off.Traces
	o.request.NoPoints = o.request.NoPoints || l.off.Metrics
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

// attempt is one try of a statement.
type attempt struct {
	start, end     time.Time
	kind, sqlstate string
	timings        []Timing
}

// Attempt says that another attempt of the current statement begins.
func (o *Invocation) Attempt() {
	if o == nil {
		return
	}
	o.phases.Reset()
	if o.ended {
		o.tried, o.ended = 0, false
	}
}

// Tried says how the attempt ended: kind and sqlstate are empty when it didn't
// fail.
func (o *Invocation) Tried(start, end time.Time, kind, sqlstate string) {
	if o == nil {
		return
	}
	if o.tried == len(o.attempts) {
		o.attempts = append(o.attempts, attempt{})
	}
	a := &o.attempts[o.tried]
	o.tried++
	a.start, a.end, a.kind, a.sqlstate = start, end, kind, sqlstate
	a.timings = o.phases.appendTo(a.timings[:0])
}

// Statement observes a statement that ended, and returns what is kept of it.
func (o *Invocation) Statement(s Statement) Kept {
	if o == nil {
		return Kept{}
	}
	o.ended = true
	end := s.Start.Add(s.Took)
	if o.request.NoSpans {
		o.measure(s, end, trace.SpanID{}, false, false)
		return Kept{}
	}
	kept, below := o.post.room(maxPacked) || s.Slowest && o.post.room(maxReserved), o.detailSpans(s)
	detailed := kept && below > 0 && o.post.room(maxDetail)
	id := o.newID()
	o.measure(s, end, id, kept, detailed)
	rows := int64(0)
	if s.Outcome == bench.Acknowledged {
		rows = int64(o.asked.RowsPerStatement())
	}
	if !kept {
		o.post.drop(1+below, rows)
		return Kept{}
	}
	o.post.statement(o.statementSpan(s, end, id), rows)
	if detailed {
		o.detail(id)
	} else {
		o.post.drop(below, 0)
	}
	o.slowest = max(o.slowest, s.Took)
	return Kept{TraceID: o.parent.TraceID().String(), SpanID: id.String(), Detailed: detailed}
}

// slow reports whether a statement counts as slow.
func (o *Invocation) slow(took time.Duration) bool {
	return o.request.SlowUs > 0 && took.Round(time.Microsecond).Microseconds() >= o.request.SlowUs
}

// measure records the statement's metrics, with exemplars when what
// they lead to is kept: its span, or the phases below it.
func (o *Invocation) measure(s Statement, end time.Time, id trace.SpanID, kept, detailed bool) {
	m, slow := &o.recorder, o.slow(s.Took)
	stands := func(p *point, value float64, at time.Time, seen bool) {
		if seen {
			p.exemplify(exemplar{value: value, nanos: at.UnixNano(), trace: o.parent.TraceID(), span: id})
		}
	}
	stands(m.duration(end, series{operationDuration, s.Kind, slow}, s.Took), s.Took.Seconds(), end, kept)
	m.count(end, rowsWritten, string(s.Outcome), int64(o.asked.RowsPerStatement()))
	for i, a := range o.attempts[:o.tried] {
		m.count(a.end, attemptsMade, a.kind, 1)
		if i > 0 {
			waited := a.start.Sub(o.attempts[i-1].end)
			stands(m.duration(a.start, series{phaseDuration, string(Backoff), slow}, waited), waited.Seconds(), a.start, detailed)
		}
		for _, t := range a.timings {
			took := t.End.Sub(t.Start)
			stands(m.duration(a.end, series{phaseDuration, string(t.Phase), slow}, took), took.Seconds(), a.end, detailed)
			if t.Phase == Acquire {
				m.duration(a.end, series{metric: connectionWait}, took)
			}
		}
	}
}

func (o *Invocation) statementSpan(s Statement, end time.Time, id trace.SpanID) *span {
	iteration, row := o.asked.Place(s.Number)
	o.attributes = append(o.attributes[:0],
		keyIteration.Int(iteration), keyRow.Int(row), keyAttempts.Int(o.tried),
		keyOutcome.String(string(s.Outcome)), keyColdStart.Bool(o.cold))
	o.appendError(s.Kind, s.SQLSTATE)
	return &span{
		trace: o.parent.TraceID(), id: id, parent: o.handler, name: statementName, kind: tracepb.Span_SPAN_KIND_CLIENT,
		start: s.Start, end: end, failed: s.Kind != "", fixed: o.instruments.statement, attributes: o.attributes,
	}
}

func (o *Invocation) appendError(kind, sqlstate string) {
	if kind != "" {
		o.attributes = append(o.attributes, keyErrorType.String(kind))
	}
	if sqlstate != "" {
		o.attributes = append(o.attributes, keySQLSTATE.String(sqlstate))
	}
}

// detailSpans is how many spans the statement has below its own.
func (o *Invocation) detailSpans(s Statement) int64 {
	r := o.request
	switch {
	case r.Detail == bench.DetailLogical:
		return 0
	case r.Detail == bench.DetailAll:
	case o.slow(s.Took):
	case s.Kind != "" || o.tried > 1:
	case s.Took > o.slowest:
	case r.SampleEvery > 0 && s.Number%r.SampleEvery == o.asked.Index%r.SampleEvery:
	default:
		return 0
	}
	n := int64(max(2*o.tried-1, 0)) // attempts, and the waits between them
	for _, a := range o.attempts[:o.tried] {
		n += int64(len(a.timings))
	}
	return n
}

// detail encodes the attempts, their phases and the waits between them.
func (o *Invocation) detail(statement trace.SpanID) {
	for i, a := range o.attempts[:o.tried] {
		if i > 0 {
			o.phase(Timing{Phase: Backoff, Start: o.attempts[i-1].end, End: a.start}, o.newID(), statement)
		}
		o.attempt(i, a, statement)
	}
}

func (o *Invocation) attempt(i int, a attempt, statement trace.SpanID) {
	o.attributes = append(o.attributes[:0], keyAttempt.Int(i+1))
	o.appendError(a.kind, a.sqlstate)
	id := o.newID()
	o.post.detail(&span{
		trace: o.parent.TraceID(), id: id, parent: statement, name: attemptName, kind: tracepb.Span_SPAN_KIND_INTERNAL,
		start: a.start, end: a.start.Add(a.end.Sub(a.start)), failed: a.kind != "", attributes: o.attributes,
	})
	ids := map[Phase]trace.SpanID{} // of the phases that others lie below
	for _, t := range a.timings {
		if t.Phase == Acquire || t.Phase == Connect {
			ids[t.Phase] = o.newID()
		}
	}
	for _, t := range a.timings {
		own, parent := ids[t.Phase], ids[t.Phase.within()]
		if !own.IsValid() {
			own = o.newID()
		}
		if !parent.IsValid() {
			parent = id
		}
		o.phase(t, own, parent)
	}
}

func (o *Invocation) phase(t Timing, id, parent trace.SpanID) {
	o.post.detail(&span{
		trace: o.parent.TraceID(), id: id, parent: parent, name: string(t.Phase), kind: tracepb.Span_SPAN_KIND_INTERNAL,
		// The end is by the monotonic clock, as in the metric.
		start: t.Start, end: t.Start.Add(t.End.Sub(t.Start)), failed: t.Failed, fixed: o.instruments.phases[t.Phase],
	})
}

// End closes the observation; it answers what the response is to carry.
func (o *Invocation) End(truncated bool) *bench.TelemetryReply {
	if o == nil {
		return nil
	}
	now := time.Now()
	o.recorder.duration(now, series{metric: invokeDuration}, now.Sub(o.start))
	if o.cold {
		o.recorder.count(now, coldStarts, "", 1)
	}
	if !o.request.NoSpans {
		o.post.statement(o.handlerSpan(now, truncated), 0)
	}
	seconds := append(o.recorder.take(), o.lambda.takeConnections()...)
	if o.request.NoPoints {
		seconds = nil
	}
	return o.post.close(seconds)
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

// PhasesOf tells where the time of the last statement went, which began at
// start; nil when nothing is observed.
func (o *Invocation) PhasesOf(start time.Time) []bench.PhaseTime {
	if o == nil {
		return nil
	}
	var all []bench.PhaseTime
	add := func(attempt int, t Timing) {
		all = append(all, bench.PhaseTime{
			Attempt: attempt + 1, Phase: string(t.Phase), Failed: t.Failed,
			StartMs: milliseconds(t.Start.Sub(start)), Ms: milliseconds(t.End.Sub(t.Start)),
		})
	}
	for i, a := range o.attempts[:o.tried] {
		if i > 0 {
			add(i, Timing{Phase: Backoff, Start: o.attempts[i-1].end, End: a.start})
		}
		for _, t := range a.timings {
			add(i, t)
		}
	}
	return all[:min(len(all), bench.MaxPhases)] // of a hundred attempts the first ones
}

// milliseconds has three digits after the point: microseconds.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
