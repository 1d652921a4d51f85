package relay

import (
	"time"

	"dsql-load-test/internal/bench"
)

// Options configure a Driver.
type Options struct {
	RunID        string
	Target       bench.Target
	FunctionName string
	Region       string
	Mode         bench.TelemetryMode // auto, relay or otlp
	Detail       bench.TraceDetail
	Slow         bench.SlowLatency
	Start        time.Time
	// Required makes a collector that doesn't answer an error in every mode.
	Required bool
	// CollectorMetricsURL has the collector's own counters; empty for port 8888 of the host that
	// takes the telemetry.
	CollectorMetricsURL string
	// Getenv reads the standard OTEL_ variables.
	Getenv func(string) string
	// Now is the clock.
	Now func() time.Time
}
