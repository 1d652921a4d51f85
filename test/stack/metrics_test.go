package stack

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"dsql-load-test/internal/eventually"
)

// testMetrics records 1 to 1000 ms in a histogram, each within a span, and 1000 in a counter.
func (s *Stack) testMetrics(t *testing.T) {
	const n = 1000
	begin := time.Now()
	s.sendMetrics(t, n)
	const histogram, counter = `duration_seconds{dsqlload_run_id="metrics"}`, `rows_total{dsqlload_run_id="metrics"}`
	eventually.Nil(t, func() error {
		samples, err := s.Prom(t.Context(), histogram, time.Now())
		if err != nil || len(samples) != 1 || samples[0].Histogram == nil {
			return fmt.Errorf("histogram: %v, %v; want one", samples, err)
		}
		h, inBuckets := samples[0].Histogram, 0.0
		for _, b := range h.Buckets {
			inBuckets += b.Count
		}
		if h.Count != n || inBuckets != n || !near(h.Sum, n*(n+1)/2*0.001) {
			return fmt.Errorf("histogram %+v holds %v; want 1 to %d ms", h, inBuckets, n)
		}
		return nil
	})
	eventually.Nil(t, func() error {
		series, err := s.PromRange(t.Context(), counter, begin, time.Now().Add(time.Second), time.Second)
		if err != nil || len(series) != 1 || len(series[0].Points) == 0 {
			return fmt.Errorf("counter: %v, %v; want one series", series, err)
		}
		if last := series[0].Points[len(series[0].Points)-1].Value; last != n {
			return fmt.Errorf("counter is %v; want %d", last, n)
		}
		if series[0].Labels["job"] != "stack-test" {
			return fmt.Errorf("labels are %v; want the service as job", series[0].Labels)
		}
		return nil
	})
	eventually.Nil(t, func() error {
		exemplars, err := s.Exemplars(t.Context(), histogram, begin.Add(-time.Second), time.Now().Add(time.Second))
		if err != nil || len(exemplars) == 0 {
			return fmt.Errorf("exemplars: %v, %v; want some", exemplars, err)
		}
		for _, e := range exemplars {
			if len(e.Labels["trace_id"]) != 32 || e.Value <= 0 || e.Value > 1 || e.Time.Before(begin.Truncate(time.Millisecond)) {
				return fmt.Errorf("exemplar %+v; want a trace and 1 to %d ms", e, n)
			}
		}
		return nil
	})
}

func (s *Stack) sendMetrics(t *testing.T, n int) {
	t.Helper()
	exporter, err := otlpmetricgrpc.New(t.Context(), otlpmetricgrpc.WithEndpoint(s.OTLPEndpoint), otlpmetricgrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Hour))),
		sdkmetric.WithResource(runResource("metrics")),
		sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 500, MaxScale: 5}})))
	meter := provider.Meter("")
	duration, err := meter.Float64Histogram("duration", metric.WithUnit("s"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := meter.Int64Counter("rows", metric.WithUnit("{row}"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := s.tracerProvider(t, "metrics").Tracer("").Start(t.Context(), "traced")
	defer span.End()
	for i := range n {
		duration.Record(ctx, float64(i+1)*0.001)
		rows.Add(ctx, 1)
	}
	if err := provider.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}
