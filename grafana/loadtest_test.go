package grafana_test

import "fmt"

// loadTest is the dashboard of one run.
func loadTest() *board {
	b := &board{
		uid: "dsqlload-run", title: "DSQL load test: run", from: "now-15m", variables: runVariables(),
		about: "The run at a glance; every latency leads to a trace.",
		links: []object{linkTo("dsqlload-runs", "Runs", false), linkTo("dsqlload-slow", "Slow statements", true), linkTo("dsqlload-telemetry", "Telemetry", true)},
	}
	b.line(4, banner()...)
	b.line(3, tiles("individual")...)
	b.line(3, tiles("batch")...)
	b.line(9, overview())
	b.line(9, slowest("The 50 slowest statements of each scenario, slowest first, exactly: the driver sends them as metrics, no search is involved. The phase is where most of the time went, all attempts together. A click on the trace opens it."))
	b.line(9, latencies("individual", "One-row inserts"), latencies("batch", "Batches"))
	b.line(9, percentiles("individual"), percentiles("batch"))
	b.fold("Errors and retries", failures)
	b.fold("Where the time goes", timeByPhase)
	b.fold("Connections (all scenarios together)", connections)
	b.fold("Lambda", lambda)
	b.fold("Driver and collector", driver)
	return b
}

// banner says how the run stands.
func banner() []widget {
	ofRun := `dsqlload_run_id="$run_id"`
	return []widget{
		stat("Status", "How the run stands. KILLED: it didn't end, and its driver hasn't been heard of for 15 s; or the collector can't be reached.", 3, "none",
			instant("status", status(ofRun, "dsqlload_run_id", everything))).
			options("colorMode", "background", "textMode", "value").defaults("mappings", statusWords(), "noValue", "unknown run"),
		stat("Verdict", "Whether the figures can be trusted. It is known when the table was checked and the accounts were compared. A killed run has none.", 3, "none",
			instant("verdict", verdict(ofRun, "dsqlload_run_id", everything))).
			options("colorMode", "background", "textMode", "value").defaults("mappings", verdictWords(), "noValue", "none yet"),
		stat("Ends", "When the run ended, or when the present scenario ends if it goes on at its mean pace so far.", 3, "dateTimeFromNow",
			instant("end", "1000 * (max("+total("dsqlload_run_end_time_seconds")+") or max(last_over_time("+series("dsqlload_scenario_expected_end_seconds")+"["+alive+"])))")).
			options("textMode", "value").defaults("noValue", "not known yet"),
		table("Why", "The reasons of the verdict, the worst first. While the run lasts: rows that were lost, and limits of this machine that were reached.", 15,
			"nothing speaks against the run so far", instant("__auto", reasons())).
			columns("dsqlload_severity", "Severity", "dsqlload_scenario", "Scenario", "dsqlload_text", "Reason").
			field("Severity", "unit", "string", "custom.width", 100, "custom.cellOptions", object{"type": "color-text"}, "mappings", []object{{"type": "value", "options": object{
				"INVALID": object{"color": "red", "index": 0}, "SUSPECT": object{"color": "orange", "index": 1}, "NOTE": object{"color": "blue", "index": 2},
			}}}).
			field("Scenario", "custom.width", 100, "noValue", "all"),
	}
}

// reasons are those of the verdict, and what is known without it.
func reasons() string {
	said := func(severity, code, from, label, text, when string) string {
		return fmt.Sprintf(`label_replace(label_replace(label_replace(0 * (%s), "dsqlload_severity", %q, "", ""), "dsqlload_reason", %q, "", ""), "dsqlload_text", %q, %q, %q)`,
			when, severity, code, text, label, from)
	}
	yet := " unless on () max(" + total("dsqlload_run_verdict") + ")"
	killed := "max(" + total("dsqlload_run_status", `dsqlload_status="running"`) + ") == 1 and on () time() - max(" + total("dsqlload_run_heartbeat_seconds") + ") > 15"
	lost := sumBy("dsqlload_scenario", total("dsqlload_scenario_rows", outcome("failed|unknown|not_started"))) + " > 0" + yet
	limit := "max by (dsqlload_scenario, dsqlload_limit) (" + total("dsqlload_machine_limit") + ") == 1" + yet
	return "sort(max by (dsqlload_severity, dsqlload_reason, dsqlload_scenario, dsqlload_text) (" + total("dsqlload_run_reason") +
		" or " + said("INVALID", "killed", "", "", "the driver was killed, or the collector hears nothing of it any more: driver verify says which rows are in the table", killed) +
		" or " + said("SUSPECT", "rows_missing", "", "", "rows were not acknowledged: the tile says how many", lost) +
		" or " + said("NOTE", "client_bound", "(.*)", "dsqlload_limit", "this machine was at its limit: $1", limit) + "))"
}

// tiles are the figures of a scenario, those of the results. Failures have their own.
func tiles(scenario string) []widget {
	rows := func(outcomes string) string {
		return sum(total("dsqlload_scenario_rows", in(scenario), outcome(outcomes)))
	}
	tile := func(what, about, unit, expr string) widget {
		return stat(scenario+": "+what, about+" Empty if the run has no such scenario.", 3, unit, instant(what, expr)).options("textMode", "value")
	}
	latency := func(what, about, q string) widget {
		return tile(what, about, "s", "max("+total("dsqlload_scenario_latency_seconds", in(scenario), fmt.Sprintf("dsqlload_quantile=%q", q))+")")
	}
	return []widget{
		tile("done", "Acknowledged rows of all planned rows.", "percentunit", rows("acknowledged")+" / max("+total("dsqlload_planned_rows", in(scenario))+")").
			defaults("decimals", 1, "color", fixed(map[string]string{"individual": "blue", "batch": "orange"}[scenario])),
		tile("rows", "Rows that the database acknowledged.", "locale", rows("acknowledged")).defaults("decimals", 0),
		tile("rows/s", "Acknowledged rows divided by the time from the first call to the last answer.", "locale",
			rows("acknowledged")+" / max("+total("dsqlload_scenario_duration_seconds", in(scenario))+")").defaults("decimals", 0),
		latency("p50", "Median latency of acknowledged statements, with retries, as in the results.", "0.5"),
		latency("p95", "95th percentile of the latency of acknowledged statements, as in the results.", "0.95"),
		latency("p99", "99th percentile of the latency of acknowledged statements, as in the results.", "0.99"),
		latency("max", "The exact latency of the slowest acknowledged statement.", "1"),
		counted(scenario+": missing", "Rows that failed or whose outcome is unknown; at the end also those that were never sent. Below, Errors and retries says more.", 3, "locale",
			instant("rows", rows("failed|unknown|not_started"))).options("textMode", "value"),
	}
}

func overview() widget {
	return lines("Overview", "Throughput and p99. If p99 rises while rows/s stay flat, the database is saturated. If both fall with the invocations in flight (row Lambda), the driver or Lambda limits the load.", 24, "suffix: rows/s",
		over("rows/s, {{dsqlload_scenario}}", sumBy("dsqlload_scenario", rate("dsqlload_rows_total", selected, outcome("acknowledged")))),
		over("failed rows/s", orZero(sum(rate("dsqlload_rows_total", selected, outcome("failed|unknown"))))),
		over("p99, {{dsqlload_scenario}}", "histogram_quantile(0.99, "+sumBy("dsqlload_scenario", rate(operations, selected, fine))+")"),
	).defaults("decimals", 0).custom("axisLabel", "rows/s", "axisPlacement", "left").
		field("/^rows/", "color", fixed("green"), "custom.fillOpacity", 15).field("failed rows/s", "color", fixed("red")).
		field("/^p99/", "color", fixed("orange"), "unit", "s", "decimals", 1, "custom.axisPlacement", "right", "custom.axisLabel", "p99")
}

// slowest is the table of the slowest statements.
func slowest(about string) widget {
	return statements(table("Slowest statements", about, 24, "no statement has been answered yet",
		instant("__auto", "topk by (dsqlload_scenario) (50, "+total("dsqlload_slow_statement_seconds", selected)+")")))
}

// statements shows the labels of slow statements.
func statements(p widget) widget {
	return p.columns("Value", "Duration", "dsqlload_phase", "Phase", "trace_id", "Trace", "dsqlload_scenario", "Scenario", "dsqlload_invocation_index", "Invocation",
		"dsqlload_iteration", "Iteration", "dsqlload_row", "Row", "dsqlload_attempts", "Attempts", "dsqlload_outcome", "Outcome", "db_response_status_code", "SQLSTATE",
		"error_type", "Error", "faas_coldstart", "Cold start", "faas_instance", "Environment").sorted("Duration", true).custom("filterable", true).
		duration("Duration", "s").
		field("Trace", "custom.width", 290, "links", []object{{"title": "Open the trace", "url": traceLink + "&var-invocation=${__data.fields.Invocation}"}}).
		field("SQLSTATE", "noValue", "-").field("Error", "noValue", "-").field("Phase", "noValue", "not observed")
}

// traceLink opens the trace whose id is the cell's value.
const traceLink = "/d/dsqlload-trace?${run_id:queryparam}&${scenario:queryparam}&${slow_ms:queryparam}&var-trace_id=${__value.raw}&${__url_time_range}"

// slowLink opens the slow statements.
func slowLink() []object {
	return []object{{"title": "Slow statements", "url": "/d/dsqlload-slow?${run_id:queryparam}&${scenario:queryparam}&${slow_ms:queryparam}&${__url_time_range}"}}
}

func latencies(scenario, what string) widget {
	p := heatmap("Latency: "+scenario, what+" by latency over time, acknowledged only, on a log scale: the warmer, the more per second. A white square is an exemplar: click it for the trace of that statement. Two bands are two populations, such as retried ones. Empty if the run has no such scenario.",
		12, over("", sum(rate(operations, in(scenario), fine))))
	p.object["links"] = slowLink()
	return p
}

func percentiles(scenario string) widget {
	of := func(name, q string) object { return over(name, quantile(q, rate(operations, in(scenario), fine))) }
	return lines("Percentiles: "+scenario, "Latency of acknowledged statements over time, on a log scale. A p99 that leaves the median behind is a few slow statements; if both rise, all of them are slower. Empty if the run has no such scenario.", 12, "s",
		of("p99.9", "0.999"), of("p99", "0.99"), of("p95", "0.95"), of("p90", "0.9"), of("p50", "0.5"),
	).custom("scaleDistribution", object{"type": "log", "log": 10})
}
