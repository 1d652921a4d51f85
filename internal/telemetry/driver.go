package telemetry

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/secret"
)

// Options say what a Driver observes and how.
type Options struct {
	RunID        string
	Target       bench.Target
	FunctionName string
	Region       string
	Mode         bench.TelemetryMode // auto, relay or otlp
	Detail       bench.TraceDetail
	Slow         time.Duration
	Start        time.Time
	// Required: a collector that doesn't answer is an error in every mode.
	Required bool
	// Getenv reads the standard OTEL_ variables.
	Getenv func(string) string
}

// Driver observes a run from the driver's side: it makes the spans and metrics
// of the run and its invocations, and sends on what the invocations answered.
// A nil Driver observes nothing. It is safe for concurrent use.
type Driver struct {
	options  Options
	exporter *exporter
	packer   *compressor
	relay    *relay
	metrics  *metrics
	traces   *traceBook
	resource *resourcepb.Resource
	run      trace.SpanContext
	off      Signals   // those that no exporter takes
	absent   error     // why the collector didn't take telemetry at the start; nil when it did
	before   *counters // the collector's, before the run; nil when they can't be read

	large sync.Mutex // held while a large message of metrics is decoded

	mu       sync.Mutex // guards spans
	spans    part
	spanHop  bench.Hop // guarded by relay.mu
	lambda   bench.Hop // the Lambda's spans; guarded by mu
	accepted int64     // of those, what the collector took from the Lambda itself; guarded by mu
	rows     int64     // of dropped statements; guarded by mu
	resent   int64     // of those, the rows that the collector may have taken all the same; guarded by mu
	unknown  int64     // invocations that never answered; guarded by mu
	told     int64     // invocations that answered with telemetry; guarded by mu
	mute     int64     // invocations that answered without; guarded by mu
	muteRows int64     // that these acknowledged; guarded by mu
}

// Open looks for the collector and starts to send. The error says why there
// will be no telemetry.
func Open(ctx context.Context, o Options) (*Driver, error) {
	e, err := newExporter(ctx, o.Getenv, patient())
	if err != nil {
		return nil, err
	}
	var absence error
	if err := e.probe(ctx); err != nil {
		absence = absent(Endpoint(o.Getenv), err)
	}
	if absence != nil && (o.Required || o.Mode == bench.TelemetryAuto) {
		_ = e.close(ctx) // nothing was sent
		return nil, absence
	}
	d := &Driver{options: o, exporter: e, run: newRoot(), off: Exported(o.Getenv).others(), absent: absence, traces: newTraceBook()}
	if d.packer, err = newCompressor(); err != nil {
		return nil, err
	}
	res := driverResource(o.Getenv, o.RunID)
	d.resource = &resourcepb.Resource{Attributes: keyValues(res.Attributes()...)}
	d.before = firstScrape(ctx, CollectorMetricsURL(o.Getenv), firstScrapeTime)
	d.relay = startRelay(e, d.packer, &d.spanHop, d.traces)
	if d.metrics, err = startMetrics(ctx, d, res); err != nil {
		return nil, err
	}
	return d, nil
}

// absent says why a probe failed.
func absent(endpoint string, err error) error {
	if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
		return fmt.Errorf("the collector at %s takes no telemetry (%s)", endpoint, code)
	}
	return fmt.Errorf("no collector answers at %s (%s)", endpoint, status.Code(err))
}

// Absent says why the collector didn't take telemetry at the start; nil when it
// did.
func (d *Driver) Absent() error { return d.absent }

// Endpoint is the collector's, as the standard variables or the default say,
// without a password.
func Endpoint(getenv func(string) string) string { return secret.Address(endpoint(getenv)) }

// endpoint is the collector's as it is set.
func endpoint(getenv func(string) string) string {
	own := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	if on := Exported(getenv); on.Metrics && !on.Traces {
		own = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
	}
	for _, name := range []string{own, "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		if e := trimmed(getenv(name)); e != "" {
			return e
		}
	}
	return DefaultEndpoint
}

func driverResource(getenv func(string) string, runID string) *resource.Resource {
	return Resource(getenv, []attribute.KeyValue{semconv.ServiceName(driverService), semconv.ServiceVersion(Version())},
		semconv.ServiceInstanceID(runID), keyRunID.String(runID))
}

// newRoot is a span without a parent.
func newRoot() trace.SpanContext {
	var t trace.TraceID
	binary.NativeEndian.PutUint64(t[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(t[8:], rand.Uint64()|1) // never all zero
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: t, SpanID: newSpanID(), TraceFlags: trace.FlagsSampled})
}

func newSpanID() (id trace.SpanID) {
	binary.NativeEndian.PutUint64(id[:], rand.Uint64()|1) // never zero
	return id
}

// emit encodes one of the driver's own spans.
func (d *Driver) emit(s *span) {
	if d.off.Traces {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spans.encoder.add(s)
	d.spans.spans++
	d.spans.traces = append(d.spans.traces, s.trace)
	if len(d.spans.raw) >= chunkBytes {
		d.flushSpans()
	}
}

// flushSpans hands the driver's own spans to the relay. It needs mu.
func (d *Driver) flushSpans() {
	if d.spans.spans == 0 {
		return
	}
	p := parcel{spans: d.spans.spans, traces: d.spans.traces}
	var err error
	p.data, err = frame(nil, d.resource, Version(), d.spans.raw)
	d.spans = part{}
	if err != nil { // a message of our own; the relay counts it
		p = parcel{spans: p.spans, traces: p.traces, data: []byte{0}, packed: true}
	}
	d.relay.add(p, true)
}

// Stage is one part of a run: the warm-up, a scenario, the verification.
type Stage struct {
	driver *Driver
	name   string
	start  time.Time
	id     trace.SpanID
	plan   bench.Plan
	sample int
	slow   *slowest // guarded by metrics.mu; nil for the warm-up
}

// Begin starts a stage of the run. plan is that of a warm-up or scenario.
func (d *Driver) Begin(name string, plan bench.Plan) *Stage {
	if d == nil {
		return nil
	}
	s := &Stage{driver: d, name: name, start: time.Now(), id: newSpanID(), plan: plan, sample: bench.Sampling(plan.Statements())}
	if name != WarmUp {
		s.slow = newSlowest(s.start)
	}
	if plan.Load.NumLambdas > 0 {
		d.metrics.begin(s)
	}
	return s
}

// End ends a stage; took is its wall time by the run's own account, 0 when it
// has none.
func (s *Stage) End(took time.Duration) {
	if s == nil {
		return
	}
	s.driver.metrics.end(s, took)
	s.driver.emit(&span{
		trace: s.driver.run.TraceID(), id: s.id, parent: s.driver.run.SpanID(), name: s.name,
		kind: tracepb.Span_SPAN_KIND_INTERNAL, start: s.start, end: time.Now(),
		attributes: []attribute.KeyValue{keyScenario.String(s.name)},
	})
}

// TraceID is the trace of the run itself; empty when it has none.
func (d *Driver) TraceID() string {
	if !d.On().Traces {
		return ""
	}
	return d.run.TraceID().String()
}

// On says which signals the run exports.
func (d *Driver) On() Signals {
	if d == nil {
		return Signals{}
	}
	return d.off.others()
}

// Sample are the traces to open in the trace store. It is complete after Close.
func (d *Driver) Sample() TraceSample {
	if !d.On().Traces {
		return TraceSample{}
	}
	d.metrics.mu.Lock()
	defer d.metrics.mu.Unlock()
	var slow []bench.Statement
	spans := map[string]int64{}
	for _, t := range d.metrics.stages {
		if s := t.stage.slow; s != nil {
			slow = append(slow, s.kept...)
			maps.Copy(spans, s.spans)
		}
	}
	return d.traces.sample(slow, spans)
}

// Close ends the run's span, sends what is left, within 10 s when the collector
// doesn't take it, and accounts for all of it.
func (d *Driver) Close(ctx context.Context, status bench.Status) bench.Telemetry {
	if d == nil {
		return bench.Telemetry{Mode: bench.TelemetryOff, OK: true}
	}
	suite := map[bench.Status]string{bench.Complete: "success", bench.Incomplete: "failure", bench.Interrupted: "aborted"}[status]
	d.emit(&span{
		trace: d.run.TraceID(), id: d.run.SpanID(), name: "run", kind: tracepb.Span_SPAN_KIND_INTERNAL,
		start: d.options.Start, end: time.Now(), failed: status != bench.Complete,
		attributes: []attribute.KeyValue{
			semconv.TestSuiteName(scopeName), semconv.TestSuiteRunStatusKey.String(suite), keyTarget.String(string(d.options.Target)),
		},
	})
	d.mu.Lock()
	d.flushSpans()
	d.mu.Unlock()
	begun := time.Now()
	d.metrics.tellSlowest(true) // it adds spans
	d.relay.drain(ctx)          // before the last points: they tell how it went
	d.metrics.close(ctx, max(drainDeadline-time.Since(begun), time.Second))
	t := d.account(ctx)
	closing, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	_ = d.exporter.close(closing) // all that it had is accounted for
	return t
}
