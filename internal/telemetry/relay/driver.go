package relay

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
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
	// Now is the clock; nil for the machine's.
	Now func() time.Time
}

// Driver observes a run from the driver's side: it makes the spans and metrics
// of the run and its invocations, and sends on what the invocations answered.
// A nil Driver observes nothing. It is safe for concurrent use.
type Driver struct {
	options  Options
	now      func() time.Time
	exporter sender
	packer   *telemetry.Compressor
	spans    *spanRelay
	points   *pointRelay
	run      trace.SpanContext
	off      telemetry.Signals // those that no exporter takes
	absent   error             // why the collector didn't take telemetry at the start; nil when it did
	before   *counters         // the collector's, before the run; nil when they can't be read
	large    sync.Mutex
}

// Open looks for the collector and starts to send. The error says why there
// will be no telemetry.
func Open(ctx context.Context, o Options) (*Driver, error) {
	e, err := telemetry.NewExporter(ctx, o.Getenv, telemetry.Patient())
	if err != nil {
		return nil, err
	}
	var absence error
	if err := e.Probe(ctx); err != nil {
		absence = telemetry.Absent(telemetry.Endpoint(o.Getenv), err)
	}
	if absence != nil && (o.Required || o.Mode == bench.TelemetryAuto) {
		_ = e.Close(ctx) // nothing was sent
		return nil, absence
	}
	before := firstScrape(ctx, CollectorMetricsURL(o.Getenv), firstScrapeTime)
	d, err := newDriver(ctx, o, e)
	if err != nil {
		return nil, err
	}
	d.absent, d.before = absence, before
	return d, nil
}

// newDriver starts to send to e.
func newDriver(ctx context.Context, o Options, e sender) (*Driver, error) {
	d := &Driver{options: o, now: time.Now, exporter: e, run: newRoot(), off: telemetry.Exported(o.Getenv).Others()}
	if o.Now != nil {
		d.now = o.Now
	}
	var err error
	if d.packer, err = telemetry.NewCompressor(); err != nil {
		return nil, err
	}
	res := driverResource(o.Getenv, o.RunID)
	d.spans = startSpanRelay(e, d.packer, &resourcepb.Resource{Attributes: telemetry.KeyValues(res.Attributes()...)}, newTraceBook(rand.Int64N))
	if d.points, err = startPointRelay(ctx, d, res); err != nil {
		return nil, err
	}
	return d, nil
}

// Absent says why the collector didn't take telemetry at the start; nil when it
// did.
func (d *Driver) Absent() error { return d.absent }

func driverResource(getenv func(string) string, runID string) *resource.Resource {
	return telemetry.Resource(getenv, []attribute.KeyValue{semconv.ServiceName(telemetry.DriverService), semconv.ServiceVersion(telemetry.Version())},
		semconv.ServiceInstanceID(runID), telemetry.KeyRunID.String(runID))
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

// emit sends one of the driver's own spans.
func (d *Driver) emit(s *telemetry.Span) {
	if !d.off.Traces {
		d.spans.emit(s)
	}
}

// Stage is one part of a run: the warm-up, a scenario, the verification.
type Stage struct {
	driver *Driver
	name   string
	start  time.Time
	id     trace.SpanID
	plan   bench.Plan
	sample int
	slow   *slowest // guarded by pointRelay.mu; nil for the warm-up
}

// Begin starts a stage of the run. plan is that of a warm-up or scenario.
func (d *Driver) Begin(name string, plan bench.Plan) *Stage {
	if d == nil {
		return nil
	}
	s := &Stage{driver: d, name: name, start: d.now(), id: newSpanID(), plan: plan, sample: bench.Sampling(plan.Statements())}
	if name != telemetry.WarmUp {
		s.slow = newSlowest(s.start)
	}
	if plan.Load.NumLambdas > 0 {
		d.points.begin(s)
	}
	return s
}

// End ends a stage; took is its wall time by the run's own account, 0 when it
// has none.
func (s *Stage) End(took time.Duration) {
	if s == nil {
		return
	}
	s.driver.points.end(s, took)
	s.driver.emit(&telemetry.Span{
		Trace: s.driver.run.TraceID(), ID: s.id, Parent: s.driver.run.SpanID(), Name: s.name,
		Kind: tracepb.Span_SPAN_KIND_INTERNAL, Start: s.start, End: s.driver.now(),
		Attributes: []attribute.KeyValue{telemetry.KeyScenario.String(s.name)},
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
func (d *Driver) On() telemetry.Signals {
	if d == nil {
		return telemetry.Signals{}
	}
	return d.off.Others()
}

// Sample are the traces to open in the trace store. It is complete after Close.
func (d *Driver) Sample() TraceSample {
	if !d.On().Traces {
		return TraceSample{}
	}
	slow, spans := d.points.slowestTraces()
	return d.spans.sample(slow, spans)
}

// Close ends the run's span, sends what is left, within 10 s when the collector
// doesn't take it, and accounts for all of it.
func (d *Driver) Close(ctx context.Context, status bench.Status) bench.Telemetry {
	if d == nil {
		return bench.Telemetry{Mode: bench.TelemetryOff, OK: true}
	}
	suite := map[bench.Status]string{bench.Complete: "success", bench.Incomplete: "failure", bench.Interrupted: "aborted"}[status]
	d.emit(&telemetry.Span{
		Trace: d.run.TraceID(), ID: d.run.SpanID(), Name: "run", Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		Start: d.options.Start, End: d.now(), Failed: status != bench.Complete,
		Attributes: []attribute.KeyValue{
			semconv.TestSuiteName(telemetry.ScopeName), semconv.TestSuiteRunStatusKey.String(suite), telemetry.KeyTarget.String(string(d.options.Target)),
		},
	})
	d.spans.flush()
	begun := time.Now()
	d.points.tellSlowest(true) // it adds spans
	d.spans.drain(ctx)         // before the last points: they tell how it went
	d.points.close(ctx, max(drainDeadline-time.Since(begun), time.Second))
	t := d.account(ctx)
	closing, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	_ = d.exporter.Close(closing) // all that it had is accounted for
	return t
}
