package telemetry

// metricID is a metric's place in metrics.
type metricID int

// The metrics, in the order of docs/telemetry.md.
const (
	operationDuration metricID = iota
	phaseDuration
	slowStatement
	slowThreshold
	rowsWritten
	attemptsMade
	connectionCreate
	connectionWait
	connectionsOpen
	invokeDuration
	coldStarts
	initDuration
	memoryUsed
	faasErrors
	faasTimeouts
	billedDuration
	invocationDuration
	callsInFlight
	callsRefused
	runInfo
	runStart
	runEnd
	scenarioDuration
	plannedRows
	ledgerSpans
	ledgerPoints
	collectorRows
	collectorSpans
	collectorPoints
	spansQueued
	cpuTime
	memoryResident
	goroutines
)

// metrics are all metrics but CloudWatch's (package cloudwatch). The instruments, what
// the driver accepts of a function and the table in docs/telemetry.md are made from it.
func metrics() []metric {
	return []metric{
		operationDuration: {
			name: "db.client.operation.duration", unit: "s", kind: histogramKind, by: byLambda, of: ofStatement, label: keyErrorType,
			description: "Duration of a statement with all its attempts.", note: "Without `error.type` when acknowledged. Exemplars.",
		},
		phaseDuration: {
			name: "dsqlload.phase.duration", unit: "s", kind: histogramKind, by: byLambda, label: keyPhase,
			description: "Duration of a phase of a statement.", note: "`backoff`, and the spans below `attempt`. Exemplars.",
		},
		slowStatement: {
			name: "dsqlload.slow_statement", unit: "s", kind: gaugeKind, by: byDriver,
			description: "Duration of a statement that was among the slowest of its scenario, at its end.", note: "One point for each statement that was among the 50 slowest when the driver looked, once a second. See *The slowest statements*.",
		},
		slowThreshold: {
			name: "dsqlload.slow_threshold", unit: "s", kind: gaugeKind, by: byDriver, polled: true,
			description: "Duration from which on a statement counts as slow.", note: "The run's `--slow`.",
		},
		rowsWritten: {
			name: "dsqlload.rows", unit: "{row}", kind: counterKind, by: byLambda | byDriver, label: keyOutcome,
			description: "Rows by what became of them.", note: "The driver adds those of invocations that never answered, and of a function that observes nothing.",
		},
		attemptsMade: {
			name: "dsqlload.attempts", unit: "{attempt}", kind: counterKind, by: byLambda, label: keyErrorType,
			description: "Attempts of statements.", note: "With `error.type` those that failed.",
		},
		connectionCreate: {
			name: "db.client.connection.create_time", unit: "s", kind: histogramKind, by: byLambda, of: ofPool,
			description: "Time it took to open a connection.",
		},
		connectionWait: {
			name: "db.client.connection.wait_time", unit: "s", kind: histogramKind, by: byLambda, of: ofPool,
			description: "Time it took to get a connection from the pool.",
		},
		connectionsOpen: {
			name: "dsqlload.connections", unit: "{connection}", kind: upDownKind, by: byLambda, of: ofPool,
			description: "Connections open.",
		},
		invokeDuration: {
			name: "faas.invoke_duration", unit: "s", kind: histogramKind, by: byLambda,
			description: "Duration of the handler.",
		},
		coldStarts: {
			name: "faas.coldstarts", unit: "{coldstart}", kind: counterKind, by: byLambda,
			description: "First invocations of an environment.",
		},
		initDuration: {
			name: "faas.init_duration", unit: "s", kind: histogramKind, by: byDriver,
			description: "Start of an environment, by Lambda's report.",
		},
		memoryUsed: {
			name: "faas.mem_usage", unit: "By", kind: histogramKind, by: byDriver,
			description: "Most memory an environment used, by Lambda's report.",
		},
		faasErrors: {
			name: "faas.errors", unit: "{error}", kind: counterKind, by: byDriver,
			description: "Invocations that crashed or were refused by the function.",
		},
		faasTimeouts: {
			name: "faas.timeouts", unit: "{timeout}", kind: counterKind, by: byDriver,
			description: "Invocations that Lambda ended at the function's time-out.",
		},
		billedDuration: {
			name: "dsqlload.billed_duration", unit: "s", kind: counterKind, by: byDriver,
			description: "Billed time, by Lambda's report.",
		},
		invocationDuration: {
			name: "dsqlload.invocation.duration", unit: "s", kind: histogramKind, by: byDriver,
			description: "Duration of an invocation as the driver saw it.", note: "By `dsqlload.outcome`. Exemplars.",
		},
		callsInFlight: {
			name: "dsqlload.invocations.in_flight", unit: "{invocation}", kind: upDownKind, by: byDriver,
			description: "Calls that wait for an answer.",
		},
		callsRefused: {
			name: "dsqlload.throttles", unit: "{call}", kind: counterKind, by: byDriver,
			description: "Calls that were refused before they ran.", note: "By `dsqlload.reason`.",
		},
		runInfo: {
			name: "dsqlload.run.info", unit: "", kind: gaugeKind, by: byDriver, polled: true,
			description: "1 while the run lasts.",
		},
		runStart: {
			name: "dsqlload.run.start_time", unit: "s", kind: gaugeKind, by: byDriver, polled: true,
			description: "Start of the run since 1970.",
		},
		runEnd: {
			name: "dsqlload.run.end_time", unit: "s", kind: gaugeKind, by: byDriver, polled: true,
			description: "End of the run since 1970.", note: "Absent before the end.",
		},
		scenarioDuration: {
			name: "dsqlload.scenario.duration", unit: "s", kind: gaugeKind, by: byDriver, polled: true,
			description: "Wall time of a scenario so far.", note: "Rows divided by it are the throughput.",
		},
		plannedRows: {
			name: "dsqlload.planned_rows", unit: "{row}", kind: gaugeKind, by: byDriver, polled: true,
			description: "Rows that a scenario is to insert.",
		},
		ledgerSpans: {
			name: "dsqlload.telemetry.spans", unit: "{span}", kind: counterKind, by: byDriver, polled: true,
			description: "Spans by what became of them.", note: "By `dsqlload.fate` and `dsqlload.reason`.",
		},
		ledgerPoints: {
			name: "dsqlload.telemetry.points", unit: "{point}", kind: counterKind, by: byDriver, polled: true,
			description: "Metric points by what became of them.", note: "By `dsqlload.fate` and `dsqlload.reason`.",
		},
		collectorRows: {
			name: "dsqlload.collector.rows", unit: "{row}", kind: counterKind, by: byCollector,
			description: "Rows on the statements' spans that it took.", note: "By scenario and outcome: the fourth account.",
		},
		collectorSpans: {
			name: "dsqlload.collector.spans", unit: "{span}", kind: counterKind, by: byCollector,
			description: "Spans that it took.", note: "By run.",
		},
		collectorPoints: {
			name: "dsqlload.collector.points", unit: "{point}", kind: counterKind, by: byCollector,
			description: "Metric points that it took.", note: "By run.",
		},
		spansQueued: {
			name: "dsqlload.telemetry.queue", unit: "{span}", kind: gaugeKind, by: byDriver, polled: true,
			description: "Spans that wait for the collector.",
		},
		cpuTime: {
			name: "process.cpu.time", unit: "s", kind: counterKind, by: byDriver, polled: true,
			description: "CPU time of the driver.", note: "By `cpu.mode`.",
		},
		memoryResident: {
			name: "process.memory.usage", unit: "By", kind: upDownKind, by: byDriver, polled: true,
			description: "Resident memory of the driver.",
		},
		goroutines: {
			name: "go.goroutine.count", unit: "{goroutine}", kind: upDownKind, by: byDriver, polled: true,
			description: "Goroutines of the driver.",
		},
	}
}

// metricsOf are the metrics that an emitter makes points of, by name.
func metricsOf(by emitter) map[string]metric {
	all := map[string]metric{}
	for _, m := range metrics() {
		if m.by&by != 0 {
			all[m.name] = m
		}
	}
	return all
}
