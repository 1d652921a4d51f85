package relay

import (
	"context"
	"os"
	"runtime"

	"github.com/shirou/gopsutil/v4/process"
	"go.opentelemetry.io/otel/attribute"
	otelmetric "go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdkexemplar "go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// meter holds the driver's own instruments. They are made from the table of metrics.
type meter struct {
	reader   *sdkmetric.ManualReader
	provider *sdkmetric.MeterProvider
	adders   map[telemetry.MetricID]addFunc
	polled   map[telemetry.MetricID]observeFunc
}

// newMeter makes the instruments. observe is called at each collection.
func newMeter(res *resource.Resource, version string, observe func(reportFunc)) (*meter, error) {
	m := &meter{
		reader: sdkmetric.NewManualReader(),
		adders: map[telemetry.MetricID]addFunc{},
		polled: map[telemetry.MetricID]observeFunc{},
	}
	m.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(m.reader), sdkmetric.WithResource(res), sdkmetric.WithView(exponential),
		// The SDK would read OTEL_METRICS_EXEMPLAR_FILTER and OTEL_GO_X_CARDINALITY_LIMIT otherwise.
		sdkmetric.WithExemplarFilter(sdkexemplar.TraceBasedFilter), sdkmetric.WithCardinalityLimit(telemetry.MaxSeries))
	sdk := m.provider.Meter(telemetry.ScopeName, otelmetric.WithInstrumentationVersion(version))
	var polled []otelmetric.Observable
	for n, d := range telemetry.Metrics() {
		id := telemetry.MetricID(n)
		var err error
		switch {
		case d.By&telemetry.ByDriver == 0:
		case d.Polled:
			var o otelmetric.Observable
			o, m.polled[id], err = newPolled(sdk, &d)
			polled = append(polled, o)
		case d.Kind != telemetry.GaugeKind: // the points of slow statements are made without the SDK
			m.adders[id], err = newAdder(sdk, &d)
		}
		if err != nil {
			return nil, err
		}
	}
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return nil, err
	}
	_, err = sdk.RegisterCallback(func(_ context.Context, to otelmetric.Observer) error {
		report := func(id telemetry.MetricID, value float64, attributes ...attribute.KeyValue) {
			m.polled[id](to, value, otelmetric.WithAttributes(attributes...))
		}
		observeProcess(self, report)
		observe(report)
		return nil
	}, polled...)
	return m, err
}

// add adds to a counter, or records a value of a histogram.
func (m *meter) add(ctx context.Context, id telemetry.MetricID, value float64, attributes ...attribute.KeyValue) {
	m.adders[id](ctx, value, otelmetric.WithAttributes(attributes...))
}

// exponential makes every histogram a base-2 exponential one that keeps an exemplar in each
// doubling. The SDK's default reservoir samples uniformly, so it hardly ever keeps a slow one.
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

// observeProcess reports the driver's CPU time and memory, as far as the system shows them.
func observeProcess(self *process.Process, report reportFunc) {
	if t, err := self.Times(); err == nil {
		report(telemetry.CPUTime, t.User, attribute.String("cpu.mode", "user"))
		report(telemetry.CPUTime, t.System, attribute.String("cpu.mode", "system"))
	}
	if m, err := self.MemoryInfo(); err == nil {
		report(telemetry.MemoryResident, float64(m.RSS))
	}
	report(telemetry.Goroutines, float64(runtime.NumGoroutine()))
}

// invocation records how an invocation ended. untold are the rows that the function didn't count.
func (m *meter) invocation(ctx context.Context, scenario string, r *bench.Result, untold bench.Account) {
	of := telemetry.KeyScenario.String(scenario)
	for outcome, n := range untold.ByOutcome() {
		m.add(ctx, telemetry.RowsWritten, float64(n), of, telemetry.KeyOutcome.String(string(outcome)))
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
