// Package telemetry has the code that the function (package capture) and the driver (package
// relay) share. Read metrics.go and attributes.go first: they list everything that is emitted,
// and the tables in docs/telemetry.md are made from them. span.go encodes spans, set.go merges
// points, exporter.go sends both to a collector, and variables.go reads the OTEL_ variables.
//
// A statement's span is encoded by capture, travels in the function's response, and is passed on
// by relay without being decoded.
package telemetry

import (
	"dsql-load-test/internal/bench"
)

// ownPrefix begins the names that aren't from the semantic conventions.
const ownPrefix = "dsqlload."

// Names of services, scope and spans.
const (
	LambdaService = "dsql-load-test-lambda"
	DriverService = "dsql-load-test-driver"
	ScopeName     = "dsql-load-test"
	StatementName = "INSERT business_events"
	AttemptName   = "attempt"
	// GroupName is the root of a trace with some of an invocation's statements.
	GroupName = "statements"
	// WarmUp is the value of dsqlload.scenario in the warm-up.
	WarmUp = "warm-up"
)

// The reasons why telemetry is dropped.
const (
	ReasonResponseSize = "response_size" // the response would have exceeded Lambda's limit
	ReasonQueueFull    = "queue_full"    // too many spans waited for the collector
	ReasonUnconfirmed  = "unconfirmed"   // not confirmed by the collector at the end of the run
	ReasonUnreadable   = "unreadable"    // a response's telemetry could not be decoded
	ReasonRejected     = "rejected"      // the collector refused it for good
	ReasonSuperseded   = bench.Superseded
	ReasonExport       = "export_failed" // the function's own export failed
)

// ScenarioOf returns the value of dsqlload.scenario.
func ScenarioOf(s bench.Scenario, warmUp bool) string {
	if warmUp {
		return WarmUp
	}
	return string(s)
}
