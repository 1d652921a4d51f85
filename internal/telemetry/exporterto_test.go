package telemetry

import (
	"context"
	"testing"
)

// exporterTo sends spans to address, whatever the environment says.
func exporterTo(t *testing.T, address string) *exporter {
	t.Helper()
	e, err := newExporter(context.Background(), reader("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address, "OTEL_METRICS_EXPORTER", "none"), patient())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) }) // nothing waits in it
	return e
}

func packer(t testing.TB) *compressor {
	t.Helper()
	c, err := newCompressor()
	if err != nil {
		t.Fatal(err)
	}
	return c
}
