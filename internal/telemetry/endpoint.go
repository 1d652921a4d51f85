package telemetry

import (
	"dsql-load-test/internal/secret"
)

// DefaultEndpoint is where a collector on this machine listens.
const DefaultEndpoint = "localhost:4317"

// Endpoint is the collector's, as the standard variables or the default say,
// without a password.
func Endpoint(getenv func(string) string) string { return secret.Address(EndpointAsSet(getenv)) }

// EndpointAsSet is the collector's as it is set.
func EndpointAsSet(getenv func(string) string) string {
	own := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	if on := Exported(getenv); on.Metrics && !on.Traces {
		own = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
	}
	for _, name := range []string{own, "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		if e := Trimmed(getenv(name)); e != "" {
			return e
		}
	}
	return DefaultEndpoint
}
