package capture

import (
	"strings"
	"testing"
)

// A function works on without what its variables say that can't be used.
func TestLambdaFaultyVariables(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "broken") // the SDK reads the process's own
	l := testLambda(t, "OTEL_RESOURCE_ATTRIBUTES", "broken", "OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317")
	if l.direct != nil {
		t.Error("it exports to an endpoint that can't be used")
	}
	if got := l.resource.String(); !strings.Contains(got, "faas.name=dsql-load-test") {
		t.Errorf("resource %s", got)
	}
}
