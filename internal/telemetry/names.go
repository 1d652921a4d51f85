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
	keyRunID     = attribute.Key("dsqlload.run.id")
	keyScenario  = attribute.Key("dsqlload.scenario")
	keyTarget    = attribute.Key("dsqlload.target")
	keyIndex     = attribute.Key("dsqlload.invocation.index")
	keyThrottles = attribute.Key("dsqlload.throttles")
	keyTruncated = attribute.Key("dsqlload.truncated")
	keyRows      = attribute.Key("dsqlload.rows")
	keyIteration = attribute.Key("dsqlload.iteration")
	keyRow       = attribute.Key("dsqlload.row")
	keyAttempts  = attribute.Key("dsqlload.attempts")
	keyAttempt   = attribute.Key("dsqlload.attempt")
	keyOutcome   = attribute.Key("dsqlload.outcome")
	keyPhase     = attribute.Key("dsqlload.phase")
	keyReason    = attribute.Key("dsqlload.reason")
	keyFate      = attribute.Key("dsqlload.fate")
	keyHop       = attribute.Key("dsqlload.hop")
	keyErrorType = attribute.Key("error.type")
	keySQLSTATE  = attribute.Key("db.response.status_code")
	keyColdStart = attribute.Key("faas.coldstart")
	// keySlow is true on what belongs to a statement that took at least --slow, and
	// absent otherwise.
	keySlow       = attribute.Key("dsqlload.slow")
	keyPool       = attribute.Key("db.client.connection.pool.name")
	keyAWSRequest = attribute.Key("aws.request_id")
	keyFaasID     = attribute.Key("faas.invocation_id")
	// As labels these name the trace and span that a point is of. They are named as
	// exemplars' are, so that Grafana's links are alike.
	keyTraceID      = attribute.Key("trace_id")
	keySpanID       = attribute.Key("span_id")
	keyFaasInstance = attribute.Key("faas.instance")
)

// Names of services and of what emits.
const (
	lambdaService = "dsql-load-test-lambda"
	driverService = "dsql-load-test-driver"
	scopeName     = "dsql-load-test"
	statementName = "INSERT business_events"
	attemptName   = "attempt"
	// WarmUp is the scenario of what the warm-up emits.
	WarmUp = "warm-up"
)

// The reasons for which telemetry is dropped.
const (
	reasonResponseSize = "response_size" // the response would have passed Lambda's limit
	reasonQueueFull    = "queue_full"    // too much waited for the collector
	reasonUnconfirmed  = "unconfirmed"   // not confirmed by the collector when the run had to end
	reasonUnreadable   = "unreadable"    // a response's telemetry could not be decoded
	reasonRejected     = "rejected"      // the collector refused it for good
	reasonSuperseded   = bench.Superseded
	reasonExport       = "export_failed" // the function's own export failed
)

// ScenarioOf is the value of dsqlload.scenario.
func ScenarioOf(s bench.Scenario, warmUp bool) string {
	if warmUp {
		return WarmUp
	}
	return string(s)
}
