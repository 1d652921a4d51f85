package relay

import (
	"time"

	"dsql-load-test/internal/bench"
)

// Options say what a Driver observes and how.
type Options struct {
	RunID        string
	Target       bench.Target
	FunctionName string
	Region       string
	Mode         bench.TelemetryMode // auto, relay or otlp
	Detail       bench.TraceDetail
	Slow         time.Duration
	Start        time.Time
	// Required: a collector that doesn't answer is an error in every mode.
	Required bool
	// Getenv reads the standard OTEL_ variables.
	Getenv func(string) string
	// Now is the clock; nil for the machine's.
	Now func() time.Time
}
