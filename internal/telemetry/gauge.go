package telemetry

import (
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// DropGaugeStarts removes the start times that the SDK gives to the points of gauges. A gauge
// counts nothing since a start, but Prometheus would begin its series with a 0 at that time
// (created-timestamp-zero-ingestion).
func DropGaugeStarts(of ...metricdata.ScopeMetrics) {
	for _, scope := range of {
		for _, m := range scope.Metrics {
			switch gauge := m.Data.(type) {
			case metricdata.Gauge[int64]:
				dropStarts(gauge.DataPoints)
			case metricdata.Gauge[float64]:
				dropStarts(gauge.DataPoints)
			}
		}
	}
}

func dropStarts[N int64 | float64](points []metricdata.DataPoint[N]) {
	for i := range points {
		points[i].StartTime = time.Time{}
	}
}
