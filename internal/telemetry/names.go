// Package telemetry observes a run: spans and metrics of every statement and
// invocation in the Lambda function, their way back in the response, and their
// way on from the driver to a collector, with an account of every span.
//
// docs/telemetry.md lists all that is emitted.
package telemetry

import (
	"go.opentelemetry.io/otel/attribute"

	"dsql-load-test/internal/bench"
)

// ownPrefix begins the names that are of no convention but ours.
const ownPrefix = "dsqlload."

// The names that aren't OpenTelemetry's own.
const (
	KeyRunID     = attribute.Key("dsqlload.run.id")
	KeyScenario  = attribute.Key("dsqlload.scenario")
	KeyTarget    = attribute.Key("dsqlload.target")
	KeyIndex     = attribute.Key("dsqlload.invocation.index")
	KeyThrottles = attribute.Key("dsqlload.throttles")
	KeyTruncated = attribute.Key("dsqlload.truncated")
	KeyRows      = attribute.Key("dsqlload.rows")
	KeyIteration = attribute.Key("dsqlload.iteration")
	KeyRow       = attribute.Key("dsqlload.row")
	KeyAttempts  = attribute.Key("dsqlload.attempts")
	KeyAttempt   = attribute.Key("dsqlload.attempt")
	KeyOutcome   = attribute.Key("dsqlload.outcome")
	KeyPhase     = attribute.Key("dsqlload.phase")
	KeyReason    = attribute.Key("dsqlload.reason")
	KeyFate      = attribute.Key("dsqlload.fate")
	KeyHop       = attribute.Key("dsqlload.hop")
	KeyErrorType = attribute.Key("error.type")
	KeySQLSTATE  = attribute.Key("db.response.status_code")
	KeyColdStart = attribute.Key("faas.coldstart")
	// keySlow is true on what belongs to a statement that took at least --slow, and
	// absent otherwise.
	KeySlow       = attribute.Key("dsqlload.slow")
	KeyPool       = attribute.Key("db.client.connection.pool.name")
	KeyAWSRequest = attribute.Key("aws.request_id")
	KeyFaasID     = attribute.Key("faas.invocation_id")
	// As labels these name the trace and span that a point is of. They are named as
	// exemplars' are, so that Grafana's links are alike.
	KeyTraceID      = attribute.Key("trace_id")
	KeySpanID       = attribute.Key("span_id")
	KeyFaasInstance = attribute.Key("faas.instance")
)

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
