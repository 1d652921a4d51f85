package telemetry

// MetricID is the index of a metric in Metrics.
type MetricID int

// The metrics, in the order of docs/telemetry.md.
const (
	OperationDuration MetricID = iota
	PhaseDuration
	SlowStatement
	SlowThreshold
	RowsWritten
	AttemptsMade
	ConnectionCreate
	ConnectionWait
	ConnectionsOpen
	InvokeDuration
	ColdStarts
	InitDuration
	MemoryUsed
	FaasErrors
	FaasTimeouts
	BilledDuration
	InvocationDuration
	CallsInFlight
	CallsRefused
	RunInfo
	RunStart
	RunEnd
	RunStatus
	RunHeartbeat
	RunVerdict
	RunReason
	RunCost
	ScenarioDuration
	ScenarioExpectedEnd
	PlannedRows
	ScenarioRows
	ScenarioLatency
	MachineLimit
	LedgerSpans
	LedgerPoints
	PointsAfterLedger
	collectorRows
	collectorSpans
	collectorPoints
	SpansQueued
	CPUTime
	MemoryResident
	Goroutines
)

// Metrics returns all metrics, by MetricID, except CloudWatch's (package cloudwatch). The
// instruments, the metrics that the driver accepts from a function, and the table in
// docs/telemetry.md are made from it.
func Metrics() []Metric {
	return []Metric{
		OperationDuration:   {Name: "db.client.operation.duration", Unit: "s", Kind: HistogramKind, By: ByLambda, Of: OfStatement, Label: KeyErrorType, Description: "Duration of a statement with all its attempts.", note: "Without `error.type` when acknowledged. Exemplars."},
		PhaseDuration:       {Name: "dsqlload.phase.duration", Unit: "s", Kind: HistogramKind, By: ByLambda, Label: KeyPhase, Description: "Duration of a phase of a statement.", note: "`backoff`, and the spans below `attempt`. Exemplars."},
		SlowStatement:       {Name: "dsqlload.slow_statement", Unit: "s", Kind: GaugeKind, By: ByDriver, Description: "Duration of a statement that was among the slowest of its scenario, at its end.", note: "One point for each statement that was among the 50 slowest when the driver looked, once a second. See *The slowest statements*."},
		SlowThreshold:       {Name: "dsqlload.slow_threshold", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Duration from which on a statement counts as slow.", note: "By scenario. The run's `--slow`; with `auto` the driver's figure, see *Slow and fast*."},
		RowsWritten:         {Name: "dsqlload.rows", Unit: "{row}", Kind: CounterKind, By: ByLambda | ByDriver, Label: KeyOutcome, Description: "Rows by what became of them.", note: "By `dsqlload.outcome`. The driver adds those of invocations that never answered, and of a function that observes nothing."},
		AttemptsMade:        {Name: "dsqlload.attempts", Unit: "{attempt}", Kind: CounterKind, By: ByLambda, Label: KeyErrorType, Description: "Attempts of statements.", note: "With `error.type` those that failed."},
		ConnectionCreate:    {Name: "db.client.connection.create_time", Unit: "s", Kind: HistogramKind, By: ByLambda, Of: OfPool, Description: "Time it took to open a connection."},
		ConnectionWait:      {Name: "db.client.connection.wait_time", Unit: "s", Kind: HistogramKind, By: ByLambda, Of: OfPool, Description: "Time it took to get a connection from the pool."},
		ConnectionsOpen:     {Name: "dsqlload.connections", Unit: "{connection}", Kind: UpDownKind, By: ByLambda, Of: OfPool, Description: "Connections open."},
		InvokeDuration:      {Name: "faas.invoke_duration", Unit: "s", Kind: HistogramKind, By: ByLambda, Description: "Duration of the handler."},
		ColdStarts:          {Name: "faas.coldstarts", Unit: "{coldstart}", Kind: CounterKind, By: ByLambda, Description: "First invocations of an environment."},
		InitDuration:        {Name: "faas.init_duration", Unit: "s", Kind: HistogramKind, By: ByDriver, Description: "Start of an environment, by Lambda's report."},
		MemoryUsed:          {Name: "faas.mem_usage", Unit: "By", Kind: HistogramKind, By: ByDriver, Description: "Most memory an environment used, by Lambda's report."},
		FaasErrors:          {Name: "faas.errors", Unit: "{error}", Kind: CounterKind, By: ByDriver, Description: "Invocations that crashed or were refused by the function."},
		FaasTimeouts:        {Name: "faas.timeouts", Unit: "{timeout}", Kind: CounterKind, By: ByDriver, Description: "Invocations that Lambda ended at the function's time-out."},
		BilledDuration:      {Name: "dsqlload.billed_duration", Unit: "s", Kind: CounterKind, By: ByDriver, Description: "Billed time, by Lambda's report."},
		InvocationDuration:  {Name: "dsqlload.invocation.duration", Unit: "s", Kind: HistogramKind, By: ByDriver, Description: "Duration of an invocation as the driver saw it.", note: "By `dsqlload.outcome`. Exemplars."},
		CallsInFlight:       {Name: "dsqlload.invocations.in_flight", Unit: "{invocation}", Kind: UpDownKind, By: ByDriver, Description: "Calls that wait for an answer."},
		CallsRefused:        {Name: "dsqlload.throttles", Unit: "{call}", Kind: CounterKind, By: ByDriver, Description: "Calls that were refused before they ran.", note: "By `dsqlload.reason`."},
		RunInfo:             {Name: "dsqlload.run.info", Unit: "", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "1 while the run lasts."},
		RunStart:            {Name: "dsqlload.run.start_time", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Start of the run since 1970."},
		RunEnd:              {Name: "dsqlload.run.end_time", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "End of the run since 1970.", note: "Absent before the end."},
		RunStatus:           {Name: "dsqlload.run.status", Unit: "", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "1 for the status of the run, 0 for the others.", note: "By `dsqlload.status`. A killed run stays `running`, with an old heartbeat. See *The state of a run*."},
		RunHeartbeat:        {Name: "dsqlload.run.heartbeat", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Time of the point itself since 1970: the driver was alive then.", note: "Once a second."},
		RunVerdict:          {Name: "dsqlload.run.verdict", Unit: "", Kind: GaugeKind, By: ByDriver, Description: "1 for the verdict on the run, 0 for the others.", note: "By `dsqlload.verdict`. Absent before the end."},
		RunReason:           {Name: "dsqlload.run.reason", Unit: "", Kind: GaugeKind, By: ByDriver, Description: "A reason of the verdict: its number, the worst is 1.", note: "By `dsqlload.severity`, `dsqlload.reason` and `dsqlload.text`; with the scenario, if it is one scenario's. Up to 20. Absent before the end."},
		RunCost:             {Name: "dsqlload.run.cost", Unit: "{usd}", Kind: GaugeKind, By: ByDriver, Description: "Cost of the run in US dollars.", note: "By `dsqlload.basis`. Only on AWS, at the end."},
		ScenarioDuration:    {Name: "dsqlload.scenario.duration", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Wall time of a scenario so far.", note: "Rows divided by it are the throughput."},
		ScenarioExpectedEnd: {Name: "dsqlload.scenario.expected_end", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "End of a scenario since 1970, if it goes on at its mean pace so far.", note: "While it lasts, from its first rows on."},
		PlannedRows:         {Name: "dsqlload.planned_rows", Unit: "{row}", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Rows that a scenario is to insert."},
		ScenarioRows:        {Name: "dsqlload.scenario.rows", Unit: "{row}", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Rows of a scenario as the results count them.", note: "By `dsqlload.outcome`; `not_started` only at the end."},
		ScenarioLatency:     {Name: "dsqlload.scenario.latency", Unit: "s", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Latency of the acknowledged statements of a scenario, as in the results.", note: "By `dsqlload.quantile`, 1 is the exact maximum. Absent without one."},
		MachineLimit:        {Name: "dsqlload.machine.limit", Unit: "", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "1 if this machine was at a limit during the scenario so far, else 0.", note: "By `dsqlload.limit`, from the first whole second on."},
		LedgerSpans:         {Name: "dsqlload.telemetry.spans", Unit: "{span}", Kind: CounterKind, By: ByDriver, Polled: true, Description: "Spans by what became of them.", note: "By `dsqlload.fate` and `dsqlload.reason`. Those not kept are in no other fate."},
		LedgerPoints:        {Name: "dsqlload.telemetry.points", Unit: "{point}", Kind: CounterKind, By: ByDriver, Polled: true, Description: "Metric points by what became of them.", note: "By `dsqlload.fate` and `dsqlload.reason`."},
		PointsAfterLedger:   {Name: "dsqlload.telemetry.after_ledger", Unit: "{point}", Kind: GaugeKind, By: ByDriver, Description: "Points that the collector took after the last ones of `dsqlload.telemetry.points`.", note: "These themselves, and those of the verdict."},
		collectorRows:       {Name: "dsqlload.collector.rows", Unit: "{row}", Kind: CounterKind, By: byCollector, Description: "Rows on the statements' spans that it took.", note: "By scenario and outcome: the fourth account."},
		collectorSpans:      {Name: "dsqlload.collector.spans", Unit: "{span}", Kind: CounterKind, By: byCollector, Description: "Spans that it took.", note: "By run."},
		collectorPoints:     {Name: "dsqlload.collector.points", Unit: "{point}", Kind: CounterKind, By: byCollector, Description: "Metric points that it took.", note: "By run."},
		SpansQueued:         {Name: "dsqlload.telemetry.queue", Unit: "{span}", Kind: GaugeKind, By: ByDriver, Polled: true, Description: "Spans that wait for the collector."},
		CPUTime:             {Name: "process.cpu.time", Unit: "s", Kind: CounterKind, By: ByDriver, Polled: true, Description: "CPU time of the driver.", note: "By `cpu.mode`."},
		MemoryResident:      {Name: "process.memory.usage", Unit: "By", Kind: UpDownKind, By: ByDriver, Polled: true, Description: "Resident memory of the driver."},
		Goroutines:          {Name: "go.goroutine.count", Unit: "{goroutine}", Kind: UpDownKind, By: ByDriver, Polled: true, Description: "Goroutines of the driver."},
	}
}

// metricsOf returns the metrics of an emitter by name.
func metricsOf(by emitter) map[string]Metric {
	all := map[string]Metric{}
	for _, m := range Metrics() {
		if m.By&by != 0 {
			all[m.Name] = m
		}
	}
	return all
}
