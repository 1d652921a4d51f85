package telemetrytest

import (
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

func Sums(name string, points ...*metricpb.NumberDataPoint) *metricpb.ResourceMetrics {
	return ResourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_Sum{Sum: &metricpb.Sum{IsMonotonic: true, DataPoints: points}}})
}

func Histograms(name string, points ...*metricpb.ExponentialHistogramDataPoint) *metricpb.ResourceMetrics {
	return ResourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_ExponentialHistogram{
		ExponentialHistogram: &metricpb.ExponentialHistogram{DataPoints: points},
	}})
}

func ResourceMetrics(m ...*metricpb.Metric) *metricpb.ResourceMetrics {
	return &metricpb.ResourceMetrics{ScopeMetrics: []*metricpb.ScopeMetrics{{Metrics: m}}}
}
