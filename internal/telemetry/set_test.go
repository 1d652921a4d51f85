package telemetry

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Points of one attribute set are one series, in whatever order the attributes came.
func TestSetSeries(t *testing.T) {
	t.Parallel()
	set := NewSet(time.Unix(100, 0))
	for _, kvs := range [][]attribute.KeyValue{
		{KeyScenario.String("batch"), KeyOutcome.String("failed")},
		{KeyOutcome.String("failed"), KeyScenario.String("batch")},
		{KeyScenario.String("batch"), KeyOutcome.String("acknowledged")},
		{KeyScenario.String("batch")},
		{KeyScenario.String("batch"), KeyRows.Int(1)},
		{KeyScenario.String("batch"), KeyRows.String("1")}, // another type is another series
		{KeyScenario.String("batch"), KeyColdStart.Bool(true)},
		{KeyScenario.String("batch"), KeyColdStart.Bool(true)},
	} {
		set.Merge(telemetrytest.Sums("dsqlload.rows", &metricpb.NumberDataPoint{
			Attributes: KeyValues(kvs...), StartTimeUnixNano: 100e9, Value: &metricpb.NumberDataPoint_AsInt{AsInt: 1},
		}))
	}
	scope := set.Take(101)
	if len(scope.Metrics) != 1 {
		t.Fatalf("%d metrics, want 1", len(scope.Metrics))
	}
	data := scope.Metrics[0].Data.(metricdata.Sum[int64])
	var values []int64
	for _, p := range data.DataPoints {
		values = append(values, p.Value)
		if !p.StartTime.Equal(time.Unix(100, 0)) || !p.Time.Equal(time.Unix(101, 0)) {
			t.Errorf("a point from %v to %v", p.StartTime, p.Time)
		}
	}
	if diff := gocmp.Diff([]int64{2, 1, 1, 1, 1, 2}, values); diff != "" {
		t.Error(diff)
	}
	if again := set.Take(101); len(again.Metrics) != 0 {
		t.Errorf("taken twice: %+v", again)
	}
}

// The sum of a metric's series includes points that were taken and points that wait.
func TestSetSum(t *testing.T) {
	set := NewSet(time.Unix(100, 0))
	add := func(unix uint64, seconds float64, kvs ...attribute.KeyValue) {
		point := Point{Histogram: recorded(seconds)}
		p := point.Encode()
		p.Attributes, p.StartTimeUnixNano = KeyValues(kvs...), unix*1e9
		if n := set.Merge(telemetrytest.Histograms("db.client.operation.duration", p)); n != 0 {
			t.Fatalf("%d points refused", n)
		}
	}
	add(100, 1, KeyScenario.String("batch"))
	add(100, 2, KeyScenario.String("batch"), KeySlow.Bool(true))
	add(100, 50, KeyScenario.String("batch"), KeyErrorType.String("40001"))
	add(100, 60, KeyScenario.String("individual"))
	set.Take(101)
	add(101, 3, KeyScenario.String("batch"))
	got := set.Sum(OperationDuration, func(of *attribute.Set) bool {
		name, _ := of.Value(KeyScenario)
		return name.AsString() == "batch" && !of.HasValue(KeyErrorType)
	})
	if got.Count != 3 || got.Sum != 6 {
		t.Errorf("%d values, %v in all; want 3 and 6", got.Count, got.Sum)
	}
	again := set.Sum(OperationDuration, func(*attribute.Set) bool { return true })
	if other := set.Sum(PhaseDuration, func(*attribute.Set) bool { return true }); again.Count != 5 || other.Count != 0 {
		t.Errorf("%d statements and %d phases", again.Count, other.Count)
	}
}
