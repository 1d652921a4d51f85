package relay

import (
	"testing"

	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// BenchmarkInspect is how the relay looks at a chunk before it sends it on.
func BenchmarkInspect(b *testing.B) {
	const spans = 1000
	var e telemetry.Encoder
	for range spans {
		e.Add(&telemetry.Span{Trace: telemetrytest.TraceID, ID: telemetrytest.SpanID, Parent: telemetrytest.ParentID, Name: telemetry.StatementName, Start: telemetrytest.Start, End: telemetrytest.Start})
	}
	framed, err := telemetry.Frame(nil, &resourcepb.Resource{Attributes: telemetry.KeyValues(telemetry.KeyRunID.String(telemetrytest.RunID))}, "devel", e.Raw)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if n, err := inspectSpans(framed, telemetrytest.RunID, []trace.TraceID{telemetrytest.TraceID}, []int64{spans}); err != nil || n != spans {
			b.Fatal(n, err)
		}
	}
}
