// Package telemetry is what the function (package capture) and the driver (package
// relay) share: the tables of metrics and attributes, the encoding of spans and points,
// the merging of points, the export to a collector, and the standard OTEL_ variables.
//
// A statement's span is encoded by capture, travels in the function's response, and is
// passed on by relay as it came. docs/telemetry.md lists all that is emitted; its tables
// of metrics and attributes are made from Metrics and Attributes.
package telemetry

import (
	"dsql-load-test/internal/bench"
)

// ownPrefix begins the names that are of no convention but ours.
const ownPrefix = "dsqlload."

// Names of services and of what emits.
const (
	LambdaService = "dsql-load-test-lambda"
	DriverService = "dsql-load-test-driver"
	ScopeName     = "dsql-load-test"
	StatementName = "INSERT business_events"
	AttemptName   = "attempt"
	// WarmUp is the scenario of what the warm-up emits.
	WarmUp = "warm-up"
)

// The reasons for which telemetry is dropped.
const (
	ReasonResponseSize = "response_size" // the response would have passed Lambda's limit
	ReasonQueueFull    = "queue_full"    // too much waited for the collector
	ReasonUnconfirmed  = "unconfirmed"   // not confirmed by the collector when the run had to end
	ReasonUnreadable   = "unreadable"    // a response's telemetry could not be decoded
	ReasonRejected     = "rejected"      // the collector refused it for good
	ReasonSuperseded   = bench.Superseded
	ReasonExport       = "export_failed" // the function's own export failed
)

// ScenarioOf is the value of dsqlload.scenario.
func ScenarioOf(s bench.Scenario, warmUp bool) string {
	if warmUp {
		return WarmUp
	}
	return string(s)
}
