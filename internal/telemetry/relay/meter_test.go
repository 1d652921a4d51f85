package relay

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// The SDK's own variables make no other points of the driver's instruments.
func TestMeterIgnoresProcess(t *testing.T) {
	t.Setenv("OTEL_GO_X_CARDINALITY_LIMIT", "1")
	t.Setenv("OTEL_METRICS_EXEMPLAR_FILTER", "always_off")
	m, err := newMeter(telemetry.Resource(telemetrytest.Reader(), nil), "devel", func(reportFunc) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, outcome := range []string{"a", "b", "c"} {
		m.add(context.Background(), telemetry.RowsWritten, 1, telemetry.KeyOutcome.String(outcome))
	}
	var rm metricdata.ResourceMetrics
	if err := m.reader.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, metric := range rm.ScopeMetrics[0].Metrics {
		if sum, ok := metric.Data.(metricdata.Sum[int64]); ok && metric.Name == "dsqlload.rows" {
			for _, p := range sum.DataPoints {
				got = append(got, p.Attributes.Encoded(attribute.DefaultEncoder()))
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"dsqlload.outcome=a", "dsqlload.outcome=b", "dsqlload.outcome=c"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	_ = m.provider.Shutdown(context.Background()) // the reader is manual: it holds nothing
}
