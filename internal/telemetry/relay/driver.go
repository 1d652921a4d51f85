// Package relay is the driver's side of telemetry: it observes the run and its
// invocations, merges the points of all functions, sends spans and points on to the
// collector, and keeps the account of what became of them.
//
// There are three locks. spanRelay.mu guards the spans: queue, account, the traces to
// sample. pointRelay.mu guards the points: the merged set, the scenarios with their
// slowest statements, what waits, the account. Whoever holds pointRelay.mu may take
// spanRelay.mu, never the other way round: a slow statement's point and the spans that
// complete its trace are made together. Driver.large is held alone, while one large
// message of metrics is decoded. No lock is held while something is sent.
package relay

import (
	"context"
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
	large    sync.Mutex        // held while a large message of metrics is decoded
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
	d.points = &pointRelay{options: o, exporter: e, off: d.off, spans: d.spans, now: d.now, own: res}
	if err = d.points.start(ctx); err != nil {
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
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: telemetry.NewTraceID(), SpanID: telemetry.NewSpanID(), TraceFlags: trace.FlagsSampled})
}

// emit sends one of the driver's own spans.
func (d *Driver) emit(s *telemetry.Span) {
	if !d.off.Traces {
		d.spans.emit(s)
	}
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
	spans, _ := d.spans.state()
	t, direct := d.points.account(&spans)
	t.Mode, t.Endpoint = d.options.Mode, telemetry.Endpoint(d.options.Getenv)
	d.accountCollector(ctx, &t, handed{spans: spans.accepted, points: direct})
	settle(&t)
	closing, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	_ = d.exporter.Close(closing) // all that it had is accounted for
	return t
}

// accountCollector adds what the collector did with what it was handed. of is what it took
// from the function itself.
func (d *Driver) accountCollector(ctx context.Context, t *bench.Telemetry, of handed) {
	of.spans += t.Spans.Driver.Passed
	of.points += t.Points.Driver.Passed
	c := unknownCustody("the collector's counters could not be read before the run")
	if d.before != nil {
		c = d.before.since(ctx, CollectorMetricsURL(d.options.Getenv), of, t.Spans.Driver.Lost() == 0)
	}
	if !d.off.Traces {
		t.Spans.Collector, t.Spans.Unknown = c.spans, c.noSpans
	} else {
		t.Spans.Disabled = telemetry.TracesVariable
	}
	if !d.off.Metrics {
		t.Points.Collector, t.Points.Unknown = c.points, c.noPoints
	} else {
		t.Points.Disabled = telemetry.MetricsVariable
	}
}
