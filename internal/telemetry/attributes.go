package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
)

// The attributes for which the SDK's package semconv has no function.
const (
	KeyRunID      = attribute.Key("dsqlload.run.id")
	KeyScenario   = attribute.Key("dsqlload.scenario")
	KeyTarget     = attribute.Key("dsqlload.target")
	KeyIndex      = attribute.Key("dsqlload.invocation.index")
	KeyThrottles  = attribute.Key("dsqlload.throttles")
	KeyTruncated  = attribute.Key("dsqlload.truncated")
	KeyRows       = attribute.Key("dsqlload.rows")
	KeyFirst      = attribute.Key("dsqlload.statement.first")
	KeyLast       = attribute.Key("dsqlload.statement.last")
	KeyIteration  = attribute.Key("dsqlload.iteration")
	KeyRow        = attribute.Key("dsqlload.row")
	KeyAttempts   = attribute.Key("dsqlload.attempts")
	KeyAttempt    = attribute.Key("dsqlload.attempt")
	KeyOutcome    = attribute.Key("dsqlload.outcome")
	KeyPhase      = attribute.Key("dsqlload.phase")
	KeyReason     = attribute.Key("dsqlload.reason")
	KeyFate       = attribute.Key("dsqlload.fate")
	KeyHop        = attribute.Key("dsqlload.hop")
	KeyErrorType  = attribute.Key("error.type")
	KeySQLSTATE   = attribute.Key("db.response.status_code")
	KeyColdStart  = attribute.Key("faas.coldstart")
	KeySlow       = attribute.Key("dsqlload.slow")
	KeyPool       = attribute.Key("db.client.connection.pool.name")
	KeyStatus     = attribute.Key("dsqlload.status")
	KeyVerdict    = attribute.Key("dsqlload.verdict")
	KeySeverity   = attribute.Key("dsqlload.severity")
	KeyText       = attribute.Key("dsqlload.text")
	KeyBasis      = attribute.Key("dsqlload.basis")
	KeyQuantile   = attribute.Key("dsqlload.quantile")
	KeyLimit      = attribute.Key("dsqlload.limit")
	KeyAWSRequest = attribute.Key("aws.request_id")
	KeyFaasID     = attribute.Key("faas.invocation_id")
	// The trace and span of a point. They have the names that exemplars use, so that Grafana
	// links both in the same way.
	KeyTraceID      = attribute.Key("trace_id")
	KeySpanID       = attribute.Key("span_id")
	KeyFaasInstance = attribute.Key("faas.instance")
)

// Attribute is a row of the table of attributes in docs/telemetry.md.
type Attribute struct {
	Key attribute.Key
	// On names the spans and metrics that have it, or a group of them.
	On      string
	Meaning string // in Markdown
}

// Attributes returns all attributes that are emitted. Only tests use it: they write the table in
// docs/telemetry.md from it. It is here so that a new key and its meaning are one change.
func Attributes() []Attribute {
	return []Attribute{
		{semconv.ServiceNameKey, "resource", "`dsql-load-test-lambda` or `dsql-load-test-driver`"},
		{semconv.ServiceVersionKey, "resource", "this tool's"},
		{semconv.ServiceInstanceIDKey, "resource", "the environment's id; the run's id for the driver. Not on metrics that the driver merged"},
		{KeyRunID, "resource", "the run, a ULID"},
		{semconv.FaaSNameKey, "resource", "the function"},
		{semconv.FaaSVersionKey, "resource", "its version"},
		{KeyFaasInstance, "resource, `dsqlload.slow_statement`", "the execution environment"},
		{semconv.FaaSMaxMemoryKey, "resource", "its memory in bytes"},
		{semconv.CloudProviderKey, "resource", "aws, when it is"},
		{semconv.CloudPlatformKey, "resource", "aws_lambda, when it is"},
		{semconv.CloudRegionKey, "resource", "the region, on AWS"},
		{KeyScenario, "spans, metrics", "individual, batch or warm-up; verify on that span alone"},
		{KeyTarget, "`run`, `dsqlload.run.info`", "local or aws"},
		{semconv.TestSuiteNameKey, "`run`", "dsql-load-test"},
		{semconv.TestSuiteRunStatusKey, "`run`", "success, failure or aborted"},
		{semconv.FaaSInvokedNameKey, "`invoke {function}`", "the function"},
		{semconv.FaaSInvokedProviderKey, "`invoke {function}`", "aws"},
		{semconv.FaaSInvokedRegionKey, "`invoke {function}`", "the region"},
		{KeyAWSRequest, "`invoke {function}`", "Lambda's id of the call"},
		{KeyIndex, "`invoke {function}`, `{function}`, `statements`, `dsqlload.slow_statement`", "0 to n-1"},
		{KeyFirst, "`statements`", "number of its first statement in the invocation, from 0"},
		{KeyLast, "`statements`", "number of its last statement"},
		{KeyThrottles, "`invoke {function}`", "calls refused before the one that ran"},
		{semconv.FaaSTriggerKey, "`{function}`", "other"},
		{KeyColdStart, "`{function}`, statement, `dsqlload.slow_statement`", "first invocation of its environment"},
		{KeyFaasID, "`{function}`", "Lambda's id of the call"},
		{semconv.AWSLambdaInvokedARNKey, "`{function}`", "the function's ARN"},
		{semconv.CloudResourceIDKey, "`{function}`", "the function's ARN without its qualifier"},
		{KeyTruncated, "`{function}`", "stopped before the function's time-out"},
		{semconv.DBSystemNameKey, "statement, its metric", "postgresql"},
		{semconv.DBNamespaceKey, "statement, its metric", "database and schema: `postgres\\|car_entities_schema`"},
		{semconv.DBOperationNameKey, "statement, its metric", "INSERT"},
		{semconv.DBCollectionNameKey, "statement, its metric", "business_events"},
		{semconv.DBQueryTextKey, "statement", "parameterized; the rows of a batch stand for themselves once; with `--statement unnest`, without casts"},
		{semconv.ServerAddressKey, "statement, its metric", "the database's host, or its socket's folder"},
		{semconv.ServerPortKey, "statement, its metric", "its port"},
		{KeyRows, "statement", "rows in the statement"},
		{KeyIteration, "statement, `dsqlload.slow_statement`", "its iteration"},
		{KeyRow, "statement, `dsqlload.slow_statement`", "position of its first row in the iteration"},
		{KeyAttempts, "statement, `dsqlload.slow_statement`", "times it was sent"},
		{KeyOutcome, "`invoke {function}`, statement, `dsqlload.rows`, `dsqlload.scenario.rows`, `dsqlload.collector.rows`, `dsqlload.invocation.duration`, `dsqlload.slow_statement`", "acknowledged, failed, unknown or not_started"},
		{KeySQLSTATE, "statement, `attempt`, `dsqlload.slow_statement`", "SQLSTATE of the error"},
		{KeyErrorType, "spans, metrics", "SQLSTATE, or a word such as connection_lost; absent without an error"},
		{KeyAttempt, "`attempt`", "1 for the first"},
		{KeyPhase, "`backoff`, spans below `attempt`, `dsqlload.phase.duration`, `dsqlload.slow_statement`", "the phase's name; of a slow statement the one that took most of its time by itself"},
		{KeySlow, "`db.client.operation.duration`, `dsqlload.phase.duration`", "true for statements of at least `--slow`, and for all that were retried or not acknowledged; absent for the others"},
		{KeyTraceID, "`dsqlload.slow_statement`", "the statement's trace"},
		{KeySpanID, "`dsqlload.slow_statement`", "the statement's span"},
		{KeyPool, "connection metrics", "the pool"},
		{KeyReason, "`dsqlload.throttles`, `dsqlload.run.reason`, ledger", "why; of a verdict the reason's code"},
		{KeyStatus, "`dsqlload.run.status`", "running, complete, incomplete or interrupted"},
		{KeyVerdict, "`dsqlload.run.verdict`", "VALID, SUSPECT or INVALID"},
		{KeySeverity, "`dsqlload.run.reason`", "NOTE, SUSPECT or INVALID"},
		{KeyText, "`dsqlload.run.reason`", "the reason in a sentence, cut at 300 characters"},
		{KeyBasis, "`dsqlload.run.cost`", "actual (by what was billed) or estimate (by the plan)"},
		{KeyQuantile, "`dsqlload.scenario.latency`", "0.5 to 0.999, and 1"},
		{KeyLimit, "`dsqlload.machine.limit`", "cpu, or timers (the driver's timers are late)"},
		{KeyFate, "ledger", "produced, relayed (handed to the driver), accepted (by the collector), refused, dropped, or not_kept (left out by rule, and not produced)"},
		{KeyHop, "ledger", "lambda or driver; the collector tells its own (`otelcol_`, `dsqlload.collector.`)"},
		{"signal_to_metrics.service.instance.id", "resource", "the process of the collector that counted, on `dsqlload.collector.` metrics"},
		{"cpu.mode", "`process.cpu.time`", "user or system"},
	}
}
