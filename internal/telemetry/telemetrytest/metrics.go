package telemetrytest

import (
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// Sums returns a message with the points of a counter.
func Sums(name string, points ...*metricpb.NumberDataPoint) *metricpb.ResourceMetrics {
	return ResourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_Sum{Sum: &metricpb.Sum{IsMonotonic: true, DataPoints: points}}})
}

// Histograms returns a message with the points of a histogram.
func Histograms(name string, points ...*metricpb.ExponentialHistogramDataPoint) *metricpb.ResourceMetrics {
	return ResourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_ExponentialHistogram{
		ExponentialHistogram: &metricpb.ExponentialHistogram{DataPoints: points},
	}})
}

// ResourceMetrics returns a message with metrics.
func ResourceMetrics(m ...*metricpb.Metric) *metricpb.ResourceMetrics {
	return &metricpb.ResourceMetrics{ScopeMetrics: []*metricpb.ScopeMetrics{{Metrics: m}}}
}
