package stack

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"dsql-load-test/internal/eventually"
)

// testBackdated sends points for each second of a minute that began 15 minutes ago, like the
// driver after a long invocation: for a new series, and for a series with a later point.
func (s *Stack) testBackdated(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	start := now.Add(-15 * time.Minute)
	var times []time.Time
	var want []float64
	for i := range 60 {
		times = append(times, start.Add(time.Duration(i)*time.Second))
		want = append(want, float64(i+1))
	}
	s.export(t, "old", start.Add(-time.Second), []time.Time{now})
	for _, name := range []string{"old", "new"} {
		s.export(t, name, start.Add(-time.Second), times)
		eventually.Nil(t, func() error { return s.checkSeconds(t, name, times, want) })
	}
	eventually.Nil(t, func() error { // a zero goes before a new series, so that all of it is an increase
		increase, err := s.Prom(t.Context(), `increase(seconds_total{series="new"}[2m] anchored)`, times[59])
		if err != nil || len(increase) != 1 || increase[0].Value != 60 {
			return fmt.Errorf("increase is %v, %v; want 60", increase, err)
		}
		return nil
	})
}

func (s *Stack) checkSeconds(t *testing.T, name string, times []time.Time, want []float64) error {
	expr := fmt.Sprintf("seconds_total{series=%q}", name)
	series, err := s.PromRange(t.Context(), expr, times[0], times[len(times)-1], time.Second)
	if err != nil || len(series) != 1 {
		return fmt.Errorf("found %v, %v; want one series", series, err)
	}
	var got []float64
	for _, p := range series[0].Points {
		got = append(got, p.Value)
	}
	labels := map[string]string{
		"__name__": "seconds_total", "job": "backdated", "series": name, "dsqlload_run_id": "backdated",
		"service_version": "1.2.3", "faas_name": "f", "faas_version": "7", "cloud_region": "r",
	}
	if diff := cmp.Diff(want, got) + cmp.Diff(labels, series[0].Labels); diff != "" {
		return fmt.Errorf("series %s (-want +got):\n%s", name, diff)
	}
	return nil
}

// export sends a counter that grows by one at each of the times.
func (s *Stack) export(t *testing.T, name string, start time.Time, times []time.Time) {
	t.Helper()
	exporter, err := otlpmetricgrpc.New(t.Context(), otlpmetricgrpc.WithEndpoint(s.OTLPEndpoint), otlpmetricgrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	sum := metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
	for i, at := range times {
		sum.DataPoints = append(sum.DataPoints, metricdata.DataPoint[int64]{
			Attributes: attribute.NewSet(attribute.String("series", name)), StartTime: start, Time: at, Value: int64(i + 1),
		})
	}
	err = exporter.Export(t.Context(), &metricdata.ResourceMetrics{
		Resource: resource.NewSchemaless(attribute.String("service.name", "backdated"), attribute.String("dsqlload.run.id", "backdated"),
			attribute.String("service.version", "1.2.3"), attribute.String("faas.name", "f"), attribute.String("faas.version", "7"),
			attribute.String("cloud.region", "r"), attribute.String("cloud.provider", "no label")),
		ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{{Name: "seconds", Data: sum}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}
