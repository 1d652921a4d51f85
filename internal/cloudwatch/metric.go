package cloudwatch

import "dsql-load-test/internal/bench"

// The namespaces of the metrics.
const (
	Cluster  = "AWS/AuroraDSQL"
	Function = "AWS/Lambda"
)

// metric is a metric of CloudWatch, with the statistics that are fetched.
type metric struct {
	namespace string
	name      string
	unit      string // from AWS's documentation
	// statistics are Sum, Average or Maximum.
	statistics []string

	// otel, otelUnit and description are the metric's name, unit and description in OTLP. A value
	// of AWS times scale has the unit otelUnit.
	otel, otelUnit, description string
	scale                       float64
}

// metrics returns all metrics that are fetched (Aurora DSQL User Guide, "Monitoring with
// CloudWatch"; AWS Lambda Developer Guide, "Types of metrics").
func metrics() []metric {
	sum, most := []string{"Sum"}, []string{"Maximum"}
	spread := []string{"Average", "Maximum"}
	const milli = 1e-3
	return []metric{
		{Cluster, "TotalTransactions", "none", sum, "total_transactions", "{transaction}", "Transactions, those that only read too.", 1},
		{Cluster, "ReadOnlyTransactions", "none", sum, "read_only_transactions", "{transaction}", "Transactions that only read.", 1},
		{Cluster, "OccConflicts", "none", sum, "occ_conflicts", "{transaction}", "Transactions aborted since others changed the same keys.", 1},
		{Cluster, "QueryTimeouts", "none", sum, "query_timeouts", "{query}", "Queries that ran into the transaction's time limit.", 1},
		{Cluster, bench.CommitLatency, "milliseconds", spread, "commit_latency", "s", "Time of the commit: AWS tells each minute's median (P50), of which no percentile can be made.", milli},
		{Cluster, "BytesWritten", "bytes", sum, "bytes_written", "By", "Bytes written to storage.", 1},
		{Cluster, "BytesRead", "bytes", sum, "bytes_read", "By", "Bytes read from storage.", 1},
		{Cluster, "ComputeTime", "milliseconds", sum, "compute_time", "s", "Time that queries were processed.", milli},
		{Cluster, "WriteDPU", "DPU", sum, "write_dpu", "{dpu}", "Distributed processing units, for writing.", 1},
		{Cluster, "MultiRegionWriteDPU", "DPU", sum, "multi_region_write_dpu", "{dpu}", "Distributed processing units, for writing to peers.", 1},
		{Cluster, "ReadDPU", "DPU", sum, "read_dpu", "{dpu}", "Distributed processing units, for reading.", 1},
		{Cluster, "ComputeDPU", "DPU", sum, "compute_dpu", "{dpu}", "Distributed processing units, for computing.", 1},
		{Cluster, "TotalDPU", "DPU", sum, "total_dpu", "{dpu}", "Distributed processing units, which are billed.", 1},
		{Function, "Invocations", "Count", sum, "lambda.invocations", "{invocation}", "Invocations that ran.", 1},
		{Function, "Errors", "Count", sum, "lambda.errors", "{invocation}", "Invocations that ended in an error of the function.", 1},
		{Function, "Throttles", "Count", sum, "lambda.throttles", "{call}", "Calls refused for want of concurrency.", 1},
		{Function, "ConcurrentExecutions", "Count", most, "lambda.concurrent_executions", "{invocation}", "Invocations at once.", 1},
		{Function, "Duration", "Milliseconds", spread, "lambda.duration", "s", "Duration of an invocation.", milli},
	}
}
