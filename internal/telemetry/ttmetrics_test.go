package telemetry

import (
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

func sums(name string, points ...*metricpb.NumberDataPoint) *metricpb.ResourceMetrics {
	return resourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_Sum{Sum: &metricpb.Sum{DataPoints: points}}})
}

func histograms(name string, points ...*metricpb.ExponentialHistogramDataPoint) *metricpb.ResourceMetrics {
	return resourceMetrics(&metricpb.Metric{Name: name, Data: &metricpb.Metric_ExponentialHistogram{
		ExponentialHistogram: &metricpb.ExponentialHistogram{DataPoints: points},
	}})
}

func resourceMetrics(m ...*metricpb.Metric) *metricpb.ResourceMetrics {
	return &metricpb.ResourceMetrics{ScopeMetrics: []*metricpb.ScopeMetrics{{Metrics: m}}}
}
