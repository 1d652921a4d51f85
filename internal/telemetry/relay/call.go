package relay

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Call observes one invocation from the driver's side, from its first try to
// its end. A nil Call observes nothing.
type Call struct {
	stage *Stage
	span  trace.SpanContext
	start time.Time
	spans map[trace.TraceID]int64 // in each of its traces so far
	told  bool                    // a partial answer had telemetry
}

// Invocation starts to observe an invocation, and sets inv.Telemetry: what the function is to
// observe.
func (s *Stage) Invocation(inv *bench.Invocation) *Call {
	if s == nil {
		return nil
	}
	c := newCall(s, s.driver.now())
	o := s.driver.options
	slow, notable := s.driver.points.bars(s.scenario)
	inv.Telemetry = &bench.TelemetryRequest{
		Mode: o.Mode, Detail: o.Detail, SlowUs: slow, SlowAuto: o.Slow.Auto(), SampleEvery: s.sample,
		NoSpans: s.driver.off.Traces, NoPoints: s.driver.off.Metrics,
		StatementsPerTrace: bench.StatementsPerTrace,
		TraceParent:        fmt.Sprintf("00-%s-%s-01", c.span.TraceID(), c.span.SpanID()),
	}
	if s.spans > 1 {
		inv.Telemetry.SpanEvery, inv.Telemetry.NotableUs = s.spans, notable
	}
	s.driver.points.join(c.span.SpanID(), c.start)
	return c
}

func newCall(s *Stage, start time.Time) *Call {
	c := &Call{stage: s, span: newRoot(), start: start}
	c.spans = map[trace.TraceID]int64{c.span.TraceID(): 1} // the driver's own
	return c
}

// Sent records that a call was sent.
func (c *Call) Sent() {
	if c != nil {
		c.stage.driver.points.meter.add(context.Background(), telemetry.CallsInFlight, 1, telemetry.KeyScenario.String(c.stage.name))
	}
}

// Refused records that a call was refused before it ran. It will be sent again.
func (c *Call) Refused(reason string) {
	if c != nil {
		scenario := telemetry.KeyScenario.String(c.stage.name)
		m := c.stage.driver.points.meter
		m.add(context.Background(), telemetry.CallsInFlight, -1, scenario)
		m.add(context.Background(), telemetry.CallsRefused, 1, scenario, telemetry.KeyReason.String(reason))
	}
}

// End records the result of the invocation, and takes the telemetry out of its response.
func (c *Call) End(r *bench.Result) {
	if c == nil {
		return
	}
	d := c.stage.driver
	ended := r.Ended
	if r.Sent.IsZero() {
		ended = d.now()
	} else {
		d.points.meter.add(context.Background(), telemetry.CallsInFlight, -1, telemetry.KeyScenario.String(c.stage.name))
	}
	d.emit(c.invokeSpan(r, ended))
	ctx := context.Background()
	if !d.off.Traces { // exemplars link to it
		ctx = trace.ContextWithSpanContext(ctx, c.span)
	}
	d.points.meter.invocation(ctx, c.stage.name, r, c.untold(r))
	c.receive(r)
	c.distrust(r)
	d.points.leave(c.span.SpanID())
}

// untold returns the rows that the function's own points don't count, because it didn't send them.
func (c *Call) untold(r *bench.Result) bench.Account {
	asked := c.stage.plan.Invocation(r.Index)
	switch {
	case r.Partial && c.told:
		var a bench.Account
		a.Count(r.Outcome, r.Untold()*int64(asked.RowsPerStatement()))
		return a
	case r.Response == nil, r.Partial, r.Response.Foreign() && r.Response.Telemetry == nil:
		return r.Rows(asked)
	}
	return bench.Account{}
}

func (c *Call) invokeSpan(r *bench.Result, ended time.Time) *telemetry.Span {
	d := c.stage.driver
	attributes := []attribute.KeyValue{
		semconv.FaaSInvokedName(d.options.FunctionName), semconv.FaaSInvokedProviderAWS, semconv.FaaSInvokedRegion(d.options.Region),
		telemetry.KeyScenario.String(c.stage.name), telemetry.KeyIndex.Int(r.Index), telemetry.KeyThrottles.Int(bench.Total(r.Throttles)),
		telemetry.KeyOutcome.String(string(r.Outcome)), telemetry.KeyAWSRequest.String(r.RequestID),
	}
	if r.ErrorKind != "" {
		attributes = append(attributes, telemetry.KeyErrorType.String(r.ErrorKind))
	}
	return &telemetry.Span{
		Trace: c.span.TraceID(), ID: c.span.SpanID(), Name: "invoke " + d.options.FunctionName, Kind: tracepb.Span_SPAN_KIND_CLIENT,
		Start: c.start, End: ended, Failed: r.ErrorKind != "", Attributes: attributes, Link: d.run,
	}
}

// Partial records what the invocation has done so far, and takes the telemetry out of it.
func (c *Call) Partial(soFar *bench.Response) {
	t := soFar.Telemetry
	soFar.Telemetry = nil
	if c == nil {
		return
	}
	if t != nil {
		c.told = true
		c.pass(t)
		c.stage.driver.points.advance(c.span.SpanID(), t.Until)
	}
	c.slowest(c.traced(soFar.Slowest))
}

// traced returns the statements of a partial answer without those whose spans it doesn't tell of: a
// function that exports them itself tells at its end, and names these statements again.
func (c *Call) traced(of []bench.Statement) (all []bench.Statement) {
	for _, s := range of {
		if s.TraceID == "" || c.stage.driver.off.Traces || c.spansOf(s.TraceID) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// receive passes on the telemetry of the function.
func (c *Call) receive(r *bench.Result) {
	d := c.stage.driver
	if r.Response == nil {
		d.spans.withoutTelemetry(r)
		return
	}
	t := r.Response.Telemetry
	if t == nil {
		c.slowest(r.Response.Slowest)
		d.spans.withoutTelemetry(r)
		if c.told {
			d.spans.ended(c.spans, false)
		}
		return
	}
	r.Response.Telemetry = nil // the results needn't hold it in memory
	c.pass(t)
	c.slowest(r.Response.Slowest)
	d.spans.answered(c.spans, t.Mode == bench.TelemetryOTLP && len(t.DroppedSpans) > 0) // some of them may have arrived all the same
}

// distrust records that telemetry of an invocation with a reply is lost, because a partial answer
// wasn't believed. How much is unknown.
func (c *Call) distrust(r *bench.Result) {
	if r.Distrusted == "" || r.Response == nil || r.Partial {
		return
	}
	d := c.stage.driver
	d.spans.unreportedRowsOf(r.Response.SuccessCount)
	d.points.receive(nil, &bench.TelemetryReply{Metrics: []byte{0}})
}

// pass passes on the telemetry of an answer or a partial one.
func (c *Call) pass(t *bench.TelemetryReply) {
	d := c.stage.driver
	dropOff(d.off, t)
	d.spans.told(t, c.relay(t.Chunks))
	c.count(t.Groups, t.AcceptedSpans)
	d.points.receive(d.unpackMetrics(t), t)
}

// count adds spans to those of the call's traces. Without groups, all are in its own trace. It
// returns the traces, and how many of the spans are in each.
func (c *Call) count(groups []bench.GroupSpans, spans int64) (traces []trace.TraceID, counts []int64) {
	if len(groups) == 0 {
		groups = []bench.GroupSpans{{Spans: spans}}
	}
	for _, g := range groups {
		id := telemetry.GroupTrace(c.span.TraceID(), g.Group)
		c.spans[id] += g.Spans
		traces, counts = append(traces, id), append(counts, g.Spans)
	}
	return traces, counts
}

// slowest takes over the slowest statements. All spans must have been counted.
func (c *Call) slowest(of []bench.Statement) {
	c.unlink(of)
	c.stage.driver.points.addSlowest(c.stage.scenario, of, c.spansOf)
}

// spansOf returns how many spans a trace of the call has.
func (c *Call) spansOf(name string) int64 {
	id, err := trace.TraceIDFromHex(name)
	if err != nil { // a statement without a span
		return 0
	}
	return c.spans[id]
}

// relay queues the spans of a response and returns how many they are.
func (c *Call) relay(chunks []bench.SpanChunk) (spans int64) {
	d, inv := c.stage.driver, c.stage.plan.Invocation(0)
	for _, chunk := range chunks {
		spans += chunk.Spans
		traces, counts := c.count(chunk.Groups, chunk.Spans)
		d.spans.add(parcel{
			data: chunk.Data, packed: true, spans: chunk.Spans, rows: chunk.Rows, each: int64(inv.RowsPerStatement()),
			run: d.options.RunID, traces: traces, counts: counts,
		})
	}
	return spans
}

// dropOff removes a signal that isn't exported. Functions of older versions send it although
// the request turns it off.
func dropOff(off telemetry.Signals, t *bench.TelemetryReply) {
	if off.Traces {
		t.Chunks, t.Groups, t.Spans, t.DroppedSpans, t.DroppedRows, t.AcceptedSpans = nil, nil, 0, nil, 0, 0
		t.NotKeptSpans, t.NotKeptRows = 0, 0
	}
	if off.Metrics {
		t.Metrics, t.Points, t.DroppedPoints, t.AcceptedPoints = nil, 0, nil, 0
	}
}

// unlink clears the trace of statements that name none of the call's traces, or of all when no
// spans are exported.
func (c *Call) unlink(slowest []bench.Statement) {
	for i := range slowest {
		if s := &slowest[i]; c.stage.driver.off.Traces || c.spansOf(s.TraceID) == 0 {
			s.TraceID, s.SpanID, s.Detailed = "", "", false
		}
	}
}

// largeMetrics is the size in bytes from which on metrics are decoded one message at a time.
const largeMetrics = 2 << 20

// unpackMetrics returns nil if a response's metrics can't be read, belong to another run, or
// aren't as many as the response claims.
func (d *Driver) unpackMetrics(t *bench.TelemetryReply) *metricpb.ResourceMetrics {
	if len(t.Metrics) == 0 || t.Mode == bench.TelemetryOTLP {
		return nil
	}
	size, err := telemetry.SizeOf(t.Metrics, telemetry.MaxMetrics)
	if err != nil {
		return nil
	}
	if size > largeMetrics { // a thousand responses may arrive at once
		d.large.Lock()
		defer d.large.Unlock()
	}
	data, err := d.packer.Unpack(t.Metrics, size)
	if err != nil {
		return nil
	}
	claimed := t.Points - bench.Total(t.DroppedPoints)
	if n, err := inspectMetrics(data, d.options.RunID); err != nil || n != claimed {
		return nil
	}
	var m metricpb.ResourceMetrics
	if err := proto.Unmarshal(data, &m); err != nil || pointsHeld(&m) != claimed {
		return nil
	}
	return &m
}
