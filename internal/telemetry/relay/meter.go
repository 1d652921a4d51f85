package relay

import (
	"context"
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
	"dsql-load-test/internal/telemetry"
)

// meter holds the driver's own instruments, made of the table of metrics.
type meter struct {
	reader   *sdkmetric.ManualReader
	provider *sdkmetric.MeterProvider
	adders   map[telemetry.MetricID]func(context.Context, float64, otelmetric.MeasurementOption)
	polled   map[telemetry.MetricID]func(otelmetric.Observer, float64, otelmetric.MeasurementOption)
}

// newMeter makes them; observe is called at each collection.
func newMeter(res *resource.Resource, version string, observe func(tell)) (*meter, error) {
	m := &meter{
		reader: sdkmetric.NewManualReader(),
		adders: map[telemetry.MetricID]func(context.Context, float64, otelmetric.MeasurementOption){},
		polled: map[telemetry.MetricID]func(otelmetric.Observer, float64, otelmetric.MeasurementOption){},
	}
	m.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.reader), sdkmetric.WithResource(res), sdkmetric.WithView(exponential),
		// Whatever OTEL_METRICS_EXEMPLAR_FILTER and OTEL_GO_X_CARDINALITY_LIMIT say: the function has no other.
		sdkmetric.WithExemplarFilter(sdkexemplar.TraceBasedFilter), sdkmetric.WithCardinalityLimit(telemetry.MaxSeries))
	i := instrumenting{meter: m.provider.Meter(telemetry.ScopeName, otelmetric.WithInstrumentationVersion(version))}
	var polled []otelmetric.Observable
	for n, d := range telemetry.Metrics() {
		id := telemetry.MetricID(n)
		switch {
		case d.By&telemetry.ByDriver == 0:
		case d.Polled:
			o, tell := i.polled(&d)
			m.polled[id], polled = tell, append(polled, o)
		case d.Kind != telemetry.GaugeKind: // slow statements are points of our own
			m.adders[id] = i.adder(&d)
		}
	}
	if i.err != nil {
		return nil, i.err
	}
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return nil, err
	}
	_, err = i.meter.RegisterCallback(func(_ context.Context, to otelmetric.Observer) error {
		tell := func(id telemetry.MetricID, value float64, attributes ...attribute.KeyValue) {
			m.polled[id](to, value, otelmetric.WithAttributes(attributes...))
		}
		observeProcess(self, tell)
		observe(tell)
		return nil
	}, polled...)
	return m, err
}

// add adds to a counter, or records a value of a histogram.
func (m *meter) add(ctx context.Context, id telemetry.MetricID, value float64, attributes ...attribute.KeyValue) {
	m.adders[id](ctx, value, otelmetric.WithAttributes(attributes...))
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
		Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 1000, MaxScale: telemetry.Scale},
		ExemplarReservoirProviderSelector: func(sdkmetric.Aggregation) sdkexemplar.ReservoirProvider {
			return sdkexemplar.HistogramReservoirProvider(doublings)
		},
	}, true
}

// observeProcess leaves out what the system doesn't tell.
func observeProcess(self *process.Process, tell tell) {
	if t, err := self.Times(); err == nil {
		tell(telemetry.CPUTime, t.User, attribute.String("cpu.mode", "user"))
		tell(telemetry.CPUTime, t.System, attribute.String("cpu.mode", "system"))
	}
	if m, err := self.MemoryInfo(); err == nil {
		tell(telemetry.MemoryResident, float64(m.RSS))
	}
	tell(telemetry.Goroutines, float64(runtime.NumGoroutine()))
}

// invocation records how one ended, and what became of its rows where no function
// observed them.
func (m *meter) invocation(ctx context.Context, scenario string, r *bench.Result, rows bench.Account) {
	of := telemetry.KeyScenario.String(scenario)
	if r.Response == nil || foreign(r.Response) && r.Response.Telemetry == nil {
		for outcome, n := range rows.ByOutcome() {
			m.add(ctx, telemetry.RowsWritten, float64(n), of, telemetry.KeyOutcome.String(string(outcome)))
		}
	}
	if r.Sent.IsZero() {
		return
	}
	outcome := []attribute.KeyValue{of, telemetry.KeyOutcome.String(string(r.Outcome))}
	if r.ErrorKind != "" {
		failed := telemetry.KeyErrorType.String(r.ErrorKind)
		outcome = append(outcome, failed)
		m.add(ctx, telemetry.FaasErrors, 1, of, failed)
	}
	if r.TimedOut {
		m.add(ctx, telemetry.FaasTimeouts, 1, of)
	}
	m.add(ctx, telemetry.InvocationDuration, r.Latency().Seconds(), outcome...)
	if r.Report == nil {
		return
	}
	m.add(ctx, telemetry.BilledDuration, r.Report.Billed.Seconds(), of)
	m.add(ctx, telemetry.MemoryUsed, float64(r.Report.MaxMemoryMB<<20), of)
	if r.Report.Init > 0 {
		m.add(ctx, telemetry.InitDuration, r.Report.Init.Seconds(), of)
	}
}

// interval is how often points are made and sent: a second, the resolution of
// all that the workers tell.
const interval = time.Second
