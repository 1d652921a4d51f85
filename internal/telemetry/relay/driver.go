// Package relay is the driver's side of telemetry. It observes the run and its invocations,
// merges the points of all functions, passes spans and points on to the collector, and keeps
// the ledger of them. Read driver.go, stage.go and call.go first, then spanrelay.go (spans)
// and pointrelay.go (points), then collector.go and account.go (the ledger). figures.go and
// state.go send the figures of the scenarios and the state of the run.
//
// There are three locks. spanRelay.mu guards the queue and account of the spans, and the sample
// of traces. pointRelay.mu guards the merged points, the scenarios and the account of the
// points. Lock order: pointRelay.mu before spanRelay.mu, because emitSlowest makes points and
// spans together. Driver.large is never held with another lock. No lock is held while sending.
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

// Driver makes the spans and metrics of a run and its invocations, and passes on the telemetry
// in their responses. A nil Driver observes nothing. It is safe for concurrent use.
type Driver struct {
	options  Options
	now      func() time.Time
	exporter sender
	packer   *telemetry.Compressor
	spans    *spanRelay
	points   *pointRelay
	run      trace.SpanContext
	off      telemetry.Signals // the signals that aren't exported
	absent   error             // why the collector didn't answer at the start; nil if it did
	scraper  *scraper
	before   *counters  // the collector's counters before the run; nil if they can't be read
	large    sync.Mutex // held while a large message of metrics is decoded
}

// Open looks for the collector and starts to send. An error means that there will be no
// telemetry.
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
	// The first reading must come before newDriver, which starts to send.
	collector := newScraper(o.countersURL(), o.Now)
	before := collector.first(ctx, firstScrapeTime)
	d, err := newDriver(ctx, o, e, collector)
	if err != nil {
		_ = e.Close(ctx) // nothing was sent
		return nil, err
	}
	d.absent, d.before = absence, before
	return d, nil
}

// newDriver returns a Driver that sends to e, which stays open if it fails.
func newDriver(ctx context.Context, o Options, e sender, collector *scraper) (*Driver, error) {
	d := &Driver{
		options: o, now: o.Now, exporter: e, run: newRoot(), off: telemetry.Exported(o.Getenv).Others(),
		scraper: collector,
	}
	var err error
	if d.packer, err = telemetry.NewCompressor(); err != nil {
		return nil, err
	}
	res := driverResource(o.Getenv, o.RunID)
	d.spans = startSpanRelay(e, d.packer, &resourcepb.Resource{Attributes: telemetry.KeyValues(res.Attributes()...)}, newTraceBook(rand.Int64N), d.now)
	d.points = &pointRelay{options: o, exporter: e, off: d.off, spans: d.spans, now: d.now, own: res}
	if err = d.points.start(ctx); err != nil {
		d.spans.stop()
		d.spans.done.Wait()
		return nil, err
	}
	return d, nil
}

// Absent returns the reason why the collector didn't answer at the start; nil if it did.
func (d *Driver) Absent() error { return d.absent }

func driverResource(getenv func(string) string, runID string) *resource.Resource {
	return telemetry.Resource(getenv, []attribute.KeyValue{semconv.ServiceName(telemetry.DriverService), semconv.ServiceVersion(telemetry.Version())},
		semconv.ServiceInstanceID(runID), telemetry.KeyRunID.String(runID))
}

// newRoot returns the ids of a new span without a parent.
func newRoot() trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: telemetry.NewTraceID(), SpanID: telemetry.NewSpanID(), TraceFlags: trace.FlagsSampled})
}

// emit sends one of the driver's own spans.
func (d *Driver) emit(s *telemetry.Span) {
	if !d.off.Traces {
		d.spans.emit(s)
	}
}

// TraceID returns the id of the run's own trace; empty if no spans are exported.
func (d *Driver) TraceID() string {
	if !d.On().Traces {
		return ""
	}
	return d.run.TraceID().String()
}

// On returns the signals that the run exports.
func (d *Driver) On() telemetry.Signals {
	if d == nil {
		return telemetry.Signals{}
	}
	return d.off.Others()
}

// Sample returns the traces to open in the trace store. It is complete after Close.
func (d *Driver) Sample() TraceSample {
	if !d.On().Traces {
		return TraceSample{}
	}
	slow, spans := d.points.slowestTraces()
	return d.spans.sample(slow, spans)
}

// Close ends the run's span, sends the rest, and returns the ledger. If the collector takes
// nothing, it gives up after 10 s.
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
	begun := d.now()
	d.points.emitSlowest(true) // it adds spans
	d.spans.drain(ctx)         // before the last points, which include the ledger of spans
	d.points.close(ctx, status, max(drainDeadline-d.now().Sub(begun), time.Second))
	spans, _ := d.spans.state()
	t, direct := d.points.account(&spans)
	t.Mode, t.Endpoint = d.options.Mode, telemetry.Endpoint(d.options.Getenv)
	d.accountCollector(ctx, &t, handed{spans: spans.accepted, points: direct})
	setVerdict(&t)
	closing, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	_ = d.exporter.Close(closing) // everything is accounted for
	return t
}

// accountCollector adds the collector's part to the ledger. of is how much the collector took
// from the functions themselves.
func (d *Driver) accountCollector(ctx context.Context, t *bench.Telemetry, of handed) {
	of.spans += t.Spans.Driver.Passed
	of.points += t.Points.Driver.Passed
	c := unknownCustody("the collector's counters could not be read before the run (see --collector-metrics-url)")
	if d.before != nil {
		c = d.scraper.since(ctx, *d.before, of, t.Spans.Driver.Lost() == 0)
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
