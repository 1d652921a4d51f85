package relay

import (
	"context"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/telemetry"
)

// sender sends to a collector, as an exporter does.
type sender interface {
	// SendSpans exports messages, each an encoded ResourceSpans.
	SendSpans(ctx context.Context, messages [][]byte) (telemetry.Answer, error)
	SendMetrics(ctx context.Context, m *metricdata.ResourceMetrics) (telemetry.Answer, error)
	Close(ctx context.Context) error
}
