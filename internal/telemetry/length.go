package telemetry

import (
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// LengthOfMetric returns the number of points of a decoded metric of any kind.
func LengthOfMetric(m *metricpb.Metric) int {
	return len(m.GetSum().GetDataPoints()) + len(m.GetExponentialHistogram().GetDataPoints()) +
		len(m.GetGauge().GetDataPoints()) + len(m.GetHistogram().GetDataPoints()) + len(m.GetSummary().GetDataPoints())
}

func lengthOf(data metricdata.Aggregation) int {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return len(d.DataPoints)
	case metricdata.Sum[float64]:
		return len(d.DataPoints)
	case metricdata.Gauge[int64]:
		return len(d.DataPoints)
	case metricdata.Gauge[float64]:
		return len(d.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		return len(d.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		return len(d.DataPoints)
	}
	return 0
}

// PointsIn returns the number of points in scopes.
func PointsIn(scopes ...metricdata.ScopeMetrics) (n int64) {
	for _, s := range scopes {
		for _, m := range s.Metrics {
			n += int64(lengthOf(m.Data))
		}
	}
	return n
}
