package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// sender sends to a collector, as an exporter does.
type sender interface {
	// SendSpans exports messages, each an encoded ResourceSpans.
	SendSpans(ctx context.Context, messages [][]byte) (answer, error)
	SendMetrics(ctx context.Context, m *metricdata.ResourceMetrics) (answer, error)
	Close(ctx context.Context) error
}
