package relay

import (
	"context"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/telemetry"
)

// sender sends to a collector: a telemetry.Exporter, or a stand-in in tests.
type sender interface {
	// SendSpans exports messages. Each is an encoded ResourceSpans.
	SendSpans(ctx context.Context, messages [][]byte) (telemetry.Answer, error)
	SendMetrics(ctx context.Context, m *metricdata.ResourceMetrics) (telemetry.Answer, error)
	Close(ctx context.Context) error
}
