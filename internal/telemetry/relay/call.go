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
}

// Invocation starts to observe an invocation, and sets inv.Telemetry: what the function is to
// observe.
func (s *Stage) Invocation(inv *bench.Invocation) *Call {
	if s == nil {
		return nil
	}
	c := &Call{stage: s, span: newRoot(), start: s.driver.now()}
	o := s.driver.options
	inv.Telemetry = &bench.TelemetryRequest{
		Mode: o.Mode, Detail: o.Detail, SlowUs: o.Slow.Microseconds(), SampleEvery: s.sample,
		NoSpans: s.driver.off.Traces, NoPoints: s.driver.off.Metrics,
		TraceParent: fmt.Sprintf("00-%s-%s-01", c.span.TraceID(), c.span.SpanID()),
	}
	s.driver.points.join(c.span.SpanID(), c.start)
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
	d.points.meter.invocation(ctx, c.stage.name, r, r.Rows(c.stage.plan.Invocation(r.Index)))
	c.receive(r)
	d.points.leave(c.span.SpanID())
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

// receive passes on the telemetry of the function.
func (c *Call) receive(r *bench.Result) {
	d := c.stage.driver
	if r.Response == nil {
		d.spans.withoutTelemetry(r)
		return
	}
	c.unlink(r.Response.Slowest)
	t := r.Response.Telemetry
	if t == nil {
		d.points.addSlowest(c.stage.scenario, r.Response.Slowest, 1)
		d.spans.withoutTelemetry(r)
		return
	}
	dropOff(d.off, t)
	r.Response.Telemetry = nil // the results needn't hold it in memory
	spans := d.spans.answered(t, c.span.TraceID(), c.relay(t.Chunks))
	d.points.addSlowest(c.stage.scenario, r.Response.Slowest, spans)
	d.points.receive(d.unpackMetrics(t), t)
}

// relay queues the spans of a response and returns how many they are.
func (c *Call) relay(chunks []bench.SpanChunk) (spans int64) {
	d, inv := c.stage.driver, c.stage.plan.Invocation(0)
	for _, chunk := range chunks {
		spans += chunk.Spans
		d.spans.add(parcel{
			data: chunk.Data, packed: true, spans: chunk.Spans, rows: chunk.Rows, each: int64(inv.RowsPerStatement()),
			run: d.options.RunID, traces: []trace.TraceID{c.span.TraceID()},
		})
	}
	return spans
}

// dropOff removes a signal that isn't exported. Functions of older versions send it although
// the request turns it off.
func dropOff(off telemetry.Signals, t *bench.TelemetryReply) {
	if off.Traces {
		t.Chunks, t.Spans, t.DroppedSpans, t.DroppedRows, t.AcceptedSpans = nil, 0, nil, 0, 0
	}
	if off.Metrics {
		t.Metrics, t.Points, t.DroppedPoints, t.AcceptedPoints = nil, 0, nil, 0
	}
}

// unlink clears the trace of statements that name another trace than the call's, or of all when
// no spans are exported.
func (c *Call) unlink(slowest []bench.Statement) {
	for i := range slowest {
		if s := &slowest[i]; c.stage.driver.off.Traces || s.TraceID != c.span.TraceID().String() {
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
