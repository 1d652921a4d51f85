package telemetry

import (
	"context"
	"testing"

	"dsql-load-test/internal/telemetry/telemetrytest"
)

// exporterTo sends spans to address, whatever the environment says.
func exporterTo(t *testing.T, address string) *Exporter {
	t.Helper()
	e, err := NewExporter(context.Background(), telemetrytest.Reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address, "OTEL_METRICS_EXPORTER", "none"), Patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) }) // nothing waits in it
	return e
}

func packer(t testing.TB) *Compressor {
	t.Helper()
	c, err := NewCompressor()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
