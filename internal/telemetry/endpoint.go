package telemetry

import (
	"dsql-load-test/internal/secret"
)

// defaultEndpoint is the address of a collector on this machine.
const defaultEndpoint = "localhost:4317"

// Endpoint returns the address of the collector, from the standard variables or the default,
// without a password.
func Endpoint(getenv func(string) string) string { return secret.Address(EndpointAsSet(getenv)) }

// EndpointAsSet returns the address of the collector, possibly with a password.
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
	return defaultEndpoint
}
