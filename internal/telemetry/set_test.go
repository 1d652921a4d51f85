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
