package grafana_test

// failures is about what wasn't acknowledged, or not at once.
func failures(b *board) {
	failed := []string{selected, `error_type!=""`}
	b.line(4,
		counted("Conflicts", "Attempts that ended in a conflict of transactions (40001, OC000, OC001), tried again or not.", 6, "locale",
			instant("conflicts", orZero(sum(total(attempts, selected, conflicts))))),
		counted("Failed statements", "Statements that weren't acknowledged after all their attempts, of invocations that answered.", 6, "locale",
			instant("failed", orZero(count(sum(total(operations, failed...)))))),
		counted("Throttles", "Calls that Lambda refused before they ran. The driver sends them again, with fewer in flight.", 6, "locale",
			instant("throttles", orZero(sum(total("dsqlload_throttles_total", selected))))),
		counted("Failed invocations", "Invocations that crashed or were refused by the function, and those that Lambda ended at the time-out. Their rows have an unknown outcome.", 6, "locale",
			instant("errors", orZero(sum(total("faas_errors_total", selected)))), instant("time-outs", orZero(sum(total("faas_timeouts_total", selected))))),
	)
	b.line(9,
		lines("Failed attempts by SQLSTATE", "Attempts that failed per second, by SQLSTATE or kind of error. An attempt may be followed by another.", 8, "suffix: attempts/s",
			over("{{error_type}}", named(sumBy("error_type", rate(attempts, failed...)), "error_type", "none"))),
		bars("Failed attempts, whole run", "The same, counted over the whole run.", 4, "locale",
			instant("{{error_type}}", "sort_desc("+named(sumBy("error_type", total(attempts, failed...)), "error_type", "none")+")")),
		lines("Attempts per statement", "1 means that no statement was tried again. It rises with the conflicts.", 6, "none",
			over("attempts", sum(rate(attempts, selected))+" / "+count(sum(rate(operations, selected))))).defaults("decimals", 2),
		bars("Rows by outcome", "What became of the rows of each scenario, as in the results. Rows that were never sent are known at the end.", 6, "locale",
			instant("{{dsqlload_scenario}}: {{dsqlload_outcome}}", sumBy("dsqlload_scenario, dsqlload_outcome", total("dsqlload_scenario_rows", selected)))).
			field("/acknowledged/", "color", fixed("green")).field("/failed/", "color", fixed("red")).field("/unknown/", "color", fixed("orange")),
	)
	b.line(8, lines("Latency of failed statements", "Statements that weren't acknowledged, apart from the others: a time-out shows as a flat line at its duration. Empty if none failed.", 24, "s",
		over("p50", quantile("0.5", rate(operations, failed...))), over("p99", quantile("0.99", rate(operations, failed...)))))
}

// timeByPhase splits the statements' time.
func timeByPhase(b *board) {
	const parts = `dsqlload_phase=~"acquire|prepare|query|backoff"`
	colors := []string{"acquire", "prepare", "query", "backoff", "rest"}
	spent := "histogram_sum(" + sum(rate(phases, selected, parts)) + ")"
	b.line(9,
		lines("Per statement", "Mean time of a statement by phase, retries included. acquire includes opening a connection; the rest is the function's own.", 16, "s",
			over("{{dsqlload_phase}}", sumBy("dsqlload_phase", "histogram_sum("+rate(phases, selected, parts)+")")+" / scalar("+count(sum(rate(operations, selected)))+")"),
			over("rest", "clamp_min(histogram_sum("+sum(rate(operations, selected))+") - "+spent+", 0) / "+count(sum(rate(operations, selected)))),
		).custom("stacking", object{"mode": "normal", "group": "A"}, "fillOpacity", 60, "lineWidth", 0).colorful(colors...),
		bars("Whole run", "Time of all statements by phase, added up over the run.", 8, "s",
			instant("{{dsqlload_phase}}", "sort_desc("+sumBy("dsqlload_phase", "histogram_sum("+total(phases, selected, parts)+")")+")")).colorful(colors...),
	)
}

// connections is about the pool, which serves all scenarios.
func connections(b *board) {
	const create, wait = "db_client_connection_create_time_seconds", "db_client_connection_wait_time_seconds"
	of := func(name, q string) object { return instant(name, quantile(q, total(create))) }
	b.line(8,
		lines("Open connections", "Connections of all environments. DSQL closes them after an hour, and limits their number.", 6, "none", over("open", sum(most("dsqlload_connections")))),
		lines("Connections opened", "New connections per second. Many of them after the start mean that connections are lost.", 6, "suffix: /s", over("opened", orZero(count(sum(rate(create)))))),
		bars("Time to open", "Time to open a connection: token, DNS, TCP, TLS and login. The maximum is a bucket's upper edge, up to 2.2 % too high.", 6, "s", of("p50", "0.5"), of("p99", "0.99"), of("max", "1")),
		lines("Wait for a connection", "Time that statements waited for a connection of the pool.", 6, "s", over("p99", quantile("0.99", rate(wait))), over("p50", quantile("0.5", rate(wait)))),
	)
}

// lambda is about the function as a whole.
func lambda(b *board) {
	const handler, invocation, start, memory = "faas_invoke_duration_seconds", "dsqlload_invocation_duration_seconds", "faas_init_duration_seconds", "faas_mem_usage_bytes"
	b.line(9,
		lines("In flight", "Invocations that wait for an answer. It falls when calls are throttled, and at the end.", 8, "none", over("{{dsqlload_scenario}}", sumBy("dsqlload_scenario", most("dsqlload_invocations_in_flight", selected)))).
			defaults("decimals", 0).colorful("individual", "batch", "warm-up"),
		lines("Invocation duration", "As the driver saw it, and as the handler did: the difference is the start of an environment, Lambda and the network.", 8, "s",
			over("driver p99", quantile("0.99", rate(invocation, selected))), over("handler p99", quantile("0.99", rate(handler, selected))), over("handler p50", quantile("0.5", rate(handler, selected)))),
		lines("Cold starts and throttles", "Environments started, and calls refused by reason, per second.", 8, "suffix: /s",
			over("cold starts", orZero(sum(rate("faas_coldstarts_total", selected)))),
			over("{{dsqlload_reason}}", named(sumBy("dsqlload_reason", rate("dsqlload_throttles_total", selected)), "dsqlload_reason", "throttles"))),
	)
	b.line(4,
		counted("Invocations", "Calls of the function that were sent, answered or not.", 4, "locale", instant("invocations", count(sum(total(invocation, selected))))).defaults("thresholds", steps("text")),
		counted("Cold starts", "First invocations of an environment, among those that answered.", 4, "locale", instant("cold starts", orZero(sum(total("faas_coldstarts_total", selected))))).defaults("thresholds", steps("text")),
		stat("Start of an environment", "Lambda's INIT, by its report. 0 if no environment started within the scenarios. The maximum is a bucket's upper edge.", 6, "s",
			instant("p50", quantile("0.5", total(start, selected))+" >= 0 or vector(0)"), instant("max", quantile("1", total(start, selected))+" >= 0 or vector(0)")),
		stat("Memory of an environment", "Most memory that an environment used, by Lambda's report. The maximum is a bucket's upper edge.", 6, "bytes",
			instant("p50", quantile("0.5", total(memory, selected))), instant("max", quantile("1", total(memory, selected)))),
		stat("Billed", "Billed time of the function, by Lambda's report.", 4, "s", instant("billed", orZero(sum(total("dsqlload_billed_duration_seconds_total", selected))))),
	)
}

// driver is about this machine and the way to the collector.
func driver(b *board) {
	b.line(8,
		lines("CPU", "Processors that the driver itself used. Locally the function and the database run beside it.", 6, "none", over("{{cpu_mode}}", sumBy("cpu_mode", rate("process_cpu_time_seconds_total")))).defaults("decimals", 2),
		lines("Memory", "Resident memory of the driver.", 5, "bytes", over("resident", sum(most("process_memory_usage_bytes")))),
		lines("Goroutines", "Goroutines of the driver: a few for each invocation in flight.", 5, "none", over("goroutines", sum(most("go_goroutine_count")))).defaults("decimals", 0),
		lines("Telemetry queue", "Spans that wait for the collector. If it grows, the collector or Jaeger is slower than the run.", 5, "none", over("waiting", sum(most("dsqlload_telemetry_queue")))).defaults("decimals", 0),
		counted("Limits of this machine", "Scenarios in which this machine was at the limit of its processors, or its timers fired late: the throughput is a lower bound.", 3, "none",
			instant("{{dsqlload_limit}}", sumBy("dsqlload_limit", total("dsqlload_machine_limit", selected)))),
	)
}
