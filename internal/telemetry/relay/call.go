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

// Invocation starts to observe an invocation, and tells it how.
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

// Sent says that a call went out.
func (c *Call) Sent() {
	if c != nil {
		c.stage.driver.points.meter.add(context.Background(), telemetry.CallsInFlight, 1, telemetry.KeyScenario.String(c.stage.name))
	}
}

// Refused says that the call was turned away before it ran; it will be sent again.
func (c *Call) Refused(reason string) {
	if c != nil {
		scenario := telemetry.KeyScenario.String(c.stage.name)
		m := c.stage.driver.points.meter
		m.add(context.Background(), telemetry.CallsInFlight, -1, scenario)
		m.add(context.Background(), telemetry.CallsRefused, 1, scenario, telemetry.KeyReason.String(reason))
	}
}

// End takes the invocation's result, and the telemetry out of its response.
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
	if !d.off.Traces { // exemplars lead to it
		ctx = trace.ContextWithSpanContext(ctx, c.span)
	}
	d.points.meter.invocation(ctx, c.stage.name, r, r.Rows(c.stage.plan.Invocation(r.Index)))
	c.receive(r)
	d.points.leave(c.span.SpanID())
}

func (c *Call) invokeSpan(r *bench.Result, ended time.Time) *telemetry.Span {
	d := c.stage.driver
	throttles := 0
	for _, n := range r.Throttles {
		throttles += n
	}
	attributes := []attribute.KeyValue{
		semconv.FaaSInvokedName(d.options.FunctionName), semconv.FaaSInvokedProviderAWS, semconv.FaaSInvokedRegion(d.options.Region),
		telemetry.KeyScenario.String(c.stage.name), telemetry.KeyIndex.Int(r.Index), telemetry.KeyThrottles.Int(throttles),
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

// receive passes on what the invocation observed itself.
func (c *Call) receive(r *bench.Result) {
	d := c.stage.driver
	if r.Response != nil {
		c.own(r.Response.Slowest)
		dropOff(d.off, r.Response)
	}
	if r.Response == nil || r.Response.Telemetry == nil {
		if r.Response != nil {
			d.points.slowest(c.stage.scenario, r.Response.Slowest, 1)
		}
		d.spans.withoutTelemetry(r)
		return
	}
	t := r.Response.Telemetry
	r.Response.Telemetry = nil // the results needn't hold it in memory
	spans := d.spans.answered(t, c.span.TraceID(), c.relay(t.Chunks))
	d.points.slowest(c.stage.scenario, r.Response.Slowest, spans)
	d.points.receive(d.unpackMetrics(t), t)
}

// relay sends the spans of a response on; it returns how many there are.
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

// dropOff forgets what isn't exported, which a function older than the request to
// leave it out sends all the same.
func dropOff(off telemetry.Signals, r *bench.Response) {
	t := r.Telemetry
	if t == nil {
		t = &bench.TelemetryReply{}
	}
	if off.Traces {
		for i := range r.Slowest {
			s := &r.Slowest[i]
			s.TraceID, s.SpanID, s.Detailed = "", "", false
		}
		t.Chunks, t.Spans, t.DroppedSpans, t.DroppedRows, t.AcceptedSpans = nil, 0, nil, 0, 0
	}
	if off.Metrics {
		t.Metrics, t.Points, t.DroppedPoints, t.AcceptedPoints = nil, 0, nil, 0
	}
}

// own clears the trace of statements that name another one than the call's.
func (c *Call) own(slowest []bench.Statement) {
	for i := range slowest {
		if s := &slowest[i]; s.TraceID != c.span.TraceID().String() {
			s.TraceID, s.SpanID, s.Detailed = "", "", false
		}
	}
}

// largeMetrics is how many bytes of metrics are decoded in turn, not beside others.
const largeMetrics = 2 << 20

// unpackMetrics is nil when a response's metrics can't be read, aren't of this run or
// aren't as many as it says.
func (d *Driver) unpackMetrics(t *bench.TelemetryReply) *metricpb.ResourceMetrics {
	if len(t.Metrics) == 0 || t.Mode == bench.TelemetryOTLP {
		return nil
	}
	size, err := telemetry.SizeOf(t.Metrics, telemetry.MaxMetrics)
	if err != nil {
		return nil
	}
	if size > largeMetrics { // a thousand answers may come at once
		d.large.Lock()
		defer d.large.Unlock()
	}
	data, err := d.packer.UnpackMetrics(t.Metrics, size)
	if err != nil {
		return nil
	}
	claimed := t.Points - sumOf(t.DroppedPoints)
	if n, err := inspectMetrics(data, d.options.RunID); err != nil || n != claimed {
		return nil
	}
	var m metricpb.ResourceMetrics
	if err := proto.Unmarshal(data, &m); err != nil || pointsHeld(&m) != claimed {
		return nil
	}
	return &m
}
