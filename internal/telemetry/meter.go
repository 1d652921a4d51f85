package telemetry

import (
	"context"
	"errors"
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"go.opentelemetry.io/otel/attribute"
	otelmetric "go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdkexemplar "go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"

	"dsql-load-test/internal/bench"
)

// meter holds the driver's own instruments, built once.
type meter struct {
	reader   *sdkmetric.ManualReader
	provider *sdkmetric.MeterProvider

	invocations otelmetric.Float64Histogram
	inFlight    otelmetric.Int64UpDownCounter
	throttles   otelmetric.Int64Counter
	rows        otelmetric.Int64Counter
	faasErrors  otelmetric.Int64Counter
	timeouts    otelmetric.Int64Counter
	initTime    otelmetric.Float64Histogram
	memory      otelmetric.Int64Histogram
	billed      otelmetric.Float64Counter
}

func newMeter(res *resource.Resource, version string, observe func(*observed, otelmetric.Observer)) (*meter, error) {
	m := &meter{reader: sdkmetric.NewManualReader()}
	m.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.reader), sdkmetric.WithResource(res), sdkmetric.WithView(exponential),
		// Whatever OTEL_METRICS_EXEMPLAR_FILTER and OTEL_GO_X_CARDINALITY_LIMIT say: the function has no other.
		sdkmetric.WithExemplarFilter(sdkexemplar.TraceBasedFilter), sdkmetric.WithCardinalityLimit(maxSeries))
	b := builder{meter: m.provider.Meter(scopeName, otelmetric.WithInstrumentationVersion(version))}
	m.invocations = b.histogram("dsqlload.invocation.duration", "s", "Duration of an invocation as the driver saw it.")
	m.inFlight = b.upDown("dsqlload.invocations.in_flight", "{invocation}", "Calls that wait for an answer.")
	m.throttles = b.counter("dsqlload.throttles", "{call}", "Calls that were refused before they ran.")
	m.rows = b.counter("dsqlload.rows", "{row}", "Rows by what became of them.")
	m.faasErrors = b.counter("faas.errors", "{error}", "Invocations that crashed or were refused by the function.")
	m.timeouts = b.counter("faas.timeouts", "{timeout}", "Invocations that Lambda ended at the function's time-out.")
	m.initTime = b.histogram("faas.init_duration", "s", "Start of an environment, by Lambda's report.")
	m.billed = b.seconds("dsqlload.billed_duration", "s", "Billed time, by Lambda's report.")
	var err error
	m.memory, err = b.meter.Int64Histogram("faas.mem_usage", otelmetric.WithUnit("By"), otelmetric.WithDescription("Most memory an environment used, by Lambda's report."))
	return m, errors.Join(b.err, err, b.observables(observe))
}

// exponential makes every histogram a base-2 exponential one that keeps an
// exemplar in each doubling. The SDK's own choice samples uniformly and so
// hardly ever keeps a slow one.
func exponential(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	if i.Kind != sdkmetric.InstrumentKindHistogram {
		return sdkmetric.Stream{}, false
	}
	doublings := make([]float64, 0, 40)
	for bound := 1e-6; bound < 1e6; bound *= 2 {
		doublings = append(doublings, bound)
	}
	return sdkmetric.Stream{
		Name: i.Name, Unit: i.Unit, Description: i.Description,
		Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 1000, MaxScale: scale},
		ExemplarReservoirProviderSelector: func(sdkmetric.Aggregation) sdkexemplar.ReservoirProvider {
			return sdkexemplar.HistogramReservoirProvider(doublings)
		},
	}, true
}

// builder makes instruments and keeps the errors of all.
type builder struct {
	meter otelmetric.Meter
	err   error
}

func (b *builder) histogram(name, unit, description string) otelmetric.Float64Histogram {
	i, err := b.meter.Float64Histogram(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
	b.err = errors.Join(b.err, err)
	return i
}

func (b *builder) counter(name, unit, description string) otelmetric.Int64Counter {
	i, err := b.meter.Int64Counter(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
	b.err = errors.Join(b.err, err)
	return i
}

func (b *builder) seconds(name, unit, description string) otelmetric.Float64Counter {
	i, err := b.meter.Float64Counter(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
	b.err = errors.Join(b.err, err)
	return i
}

func (b *builder) upDown(name, unit, description string) otelmetric.Int64UpDownCounter {
	i, err := b.meter.Int64UpDownCounter(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
	b.err = errors.Join(b.err, err)
	return i
}

// observed are the instruments that are asked at each collection.
type observed struct {
	info, planned, queue         otelmetric.Int64ObservableGauge
	start, end, scenarioDuration otelmetric.Float64ObservableGauge
	slow                         otelmetric.Float64ObservableGauge
	spans, points                otelmetric.Int64ObservableCounter
	cpu                          otelmetric.Float64ObservableCounter
	memory, goroutines           otelmetric.Int64ObservableUpDownCounter
}

func (b *builder) observables(observe func(*observed, otelmetric.Observer)) error {
	gauge := func(name, unit, description string) otelmetric.Int64ObservableGauge {
		i, err := b.meter.Int64ObservableGauge(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
		b.err = errors.Join(b.err, err)
		return i
	}
	seconds := func(name, description string) otelmetric.Float64ObservableGauge {
		i, err := b.meter.Float64ObservableGauge(name, otelmetric.WithUnit("s"), otelmetric.WithDescription(description))
		b.err = errors.Join(b.err, err)
		return i
	}
	counter := func(name, unit, description string) otelmetric.Int64ObservableCounter {
		i, err := b.meter.Int64ObservableCounter(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
		b.err = errors.Join(b.err, err)
		return i
	}
	upDown := func(name, unit, description string) otelmetric.Int64ObservableUpDownCounter {
		i, err := b.meter.Int64ObservableUpDownCounter(name, otelmetric.WithUnit(unit), otelmetric.WithDescription(description))
		b.err = errors.Join(b.err, err)
		return i
	}
	o := &observed{
		info:             gauge("dsqlload.run.info", "", "1 while the run lasts."),
		start:            seconds("dsqlload.run.start_time", "Start of the run since 1970."),
		end:              seconds("dsqlload.run.end_time", "End of the run since 1970."),
		slow:             seconds("dsqlload.slow_threshold", "Duration from which on a statement counts as slow."),
		scenarioDuration: seconds("dsqlload.scenario.duration", "Wall time of a scenario so far."),
		planned:          gauge("dsqlload.planned_rows", "{row}", "Rows that a scenario is to insert."),
		queue:            gauge("dsqlload.telemetry.queue", "{span}", "Spans that wait for the collector."),
		spans:            counter("dsqlload.telemetry.spans", "{span}", "Spans by what became of them."),
		points:           counter("dsqlload.telemetry.points", "{point}", "Metric points by what became of them."),
		memory:           upDown("process.memory.usage", "By", "Resident memory of the driver."),
		goroutines:       upDown("go.goroutine.count", "{goroutine}", "Goroutines of the driver."),
	}
	var err error
	o.cpu, err = b.meter.Float64ObservableCounter("process.cpu.time", otelmetric.WithUnit("s"), otelmetric.WithDescription("CPU time of the driver."))
	b.err = errors.Join(b.err, err)
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return errors.Join(b.err, err)
	}
	_, err = b.meter.RegisterCallback(func(_ context.Context, to otelmetric.Observer) error {
		o.observeProcess(self, to)
		observe(o, to)
		return nil
	}, o.info, o.start, o.end, o.slow, o.scenarioDuration, o.planned, o.queue, o.spans, o.points, o.cpu, o.memory, o.goroutines)
	return errors.Join(b.err, err)
}

// observeProcess leaves out what the system doesn't tell.
func (o *observed) observeProcess(self *process.Process, to otelmetric.Observer) {
	if t, err := self.Times(); err == nil {
		to.ObserveFloat64(o.cpu, t.User, otelmetric.WithAttributes(attribute.String("cpu.mode", "user")))
		to.ObserveFloat64(o.cpu, t.System, otelmetric.WithAttributes(attribute.String("cpu.mode", "system")))
	}
	if m, err := self.MemoryInfo(); err == nil {
		to.ObserveInt64(o.memory, int64(m.RSS))
	}
	to.ObserveInt64(o.goroutines, int64(runtime.NumGoroutine()))
}

// invocation records how one ended, and what became of its rows where no function
// observed them.
func (m *meter) invocation(ctx context.Context, scenario string, r *bench.Result, rows bench.Account) {
	attributes := []attribute.KeyValue{keyScenario.String(scenario)}
	if r.Response == nil || r.Response.Untold() && r.Response.Telemetry == nil {
		for outcome, n := range rows.ByOutcome() {
			m.rows.Add(ctx, n, otelmetric.WithAttributes(append(attributes[:1:1], keyOutcome.String(string(outcome)))...))
		}
	}
	if r.Sent.IsZero() {
		return
	}
	outcome := append(attributes[:1:1], keyOutcome.String(string(r.Outcome)))
	if r.ErrorKind != "" {
		outcome = append(outcome, keyErrorType.String(r.ErrorKind))
		m.faasErrors.Add(ctx, 1, otelmetric.WithAttributes(attributes[0], keyErrorType.String(r.ErrorKind)))
	}
	if r.TimedOut {
		m.timeouts.Add(ctx, 1, otelmetric.WithAttributes(attributes...))
	}
	m.invocations.Record(ctx, r.Latency().Seconds(), otelmetric.WithAttributes(outcome...))
	if r.Report == nil {
		return
	}
	m.billed.Add(ctx, r.Report.Billed.Seconds(), otelmetric.WithAttributes(attributes...))
	m.memory.Record(ctx, r.Report.MaxMemoryMB<<20, otelmetric.WithAttributes(attributes...))
	if r.Report.Init > 0 {
		m.initTime.Record(ctx, r.Report.Init.Seconds(), otelmetric.WithAttributes(attributes...))
	}
}

// interval is how often points are made and sent: a second, the resolution of
// all that the workers tell.
const interval = time.Second
