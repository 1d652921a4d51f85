package grafana_test

// slowStatements is the dashboard that explains slow statements.
func slowStatements() *board {
	b := &board{
		uid: "dsqlload-slow", title: "DSQL load test: slow statements", from: "now-15m", variables: runVariables(),
		about: "Which statements were slow, and what they have in common.",
		links: []object{linkTo("dsqlload-runs", "Runs", false), linkTo("dsqlload-run", "Run", true), linkTo("dsqlload-telemetry", "Telemetry", true)},
	}
	all, some := sum(total(operations, selected)), sum(total(operations, selected, slow))
	b.line(4,
		counted("Slow", "Statements that took at least the run's --slow, or were tried again, or not acknowledged. Exact: each statement is counted.", 6, "locale", instant("slow", orZero(count(some)))).defaults("thresholds", steps("text")),
		stat("Share", "Slow statements of all statements.", 6, "percentunit", instant("share", "("+orZero(count(some))+") / "+count(all))).defaults("decimals", 2),
		stat("Threshold", "The run's --slow: from this duration on a statement is slow. With --slow auto it is 5 x the running median of the scenario.", 4, "s", instant("{{dsqlload_scenario}}", "max by (dsqlload_scenario) ("+total("dsqlload_slow_threshold_seconds")+")")),
		stat("Time in slow ones", "Time of the slow statements of the time of all: what could be gained at most.", 8, "percentunit",
			instant("time", "(histogram_sum("+some+") or vector(0)) / histogram_sum("+all+")")).defaults("decimals", 1),
	)
	b.line(11, slowest("The 50 slowest statements of each scenario, slowest first, exactly. A click on the trace opens it."))
	b.line(11,
		table("Slow against fast, per statement", "Mean time of each phase in a slow and in a fast statement, over all statements: sums, not samples. The phase with the largest difference is the cause. connect and what is below it are parts of acquire.", 12,
			"no statement has been answered yet",
			instant("__auto", perStatement(slow)), instant("__auto", perStatement(fast)), instant("__auto", "("+perStatement(slow)+") - (("+perStatement(fast)+") or 0 * ("+perStatement(slow)+"))"),
		).columns("dsqlload_phase", "Phase", "Value #A", "Slow", "Value #B", "Fast", "Value #C", "Difference").sorted("Difference", true).
			field("Slow", "unit", "s", "noValue", "-").field("Fast", "unit", "s", "noValue", "-").duration("Difference", "s"),
		bars("Slow: time by phase", "Time of all slow statements by phase, added up.", 6, "s", timeOf(slow)).colorful("acquire", "prepare", "query", "connect", "token", "dns", "dial", "tls", "startup", "backoff"),
		bars("Fast: time by phase", "Time of all fast statements by phase, added up.", 6, "s", timeOf(fast)).colorful("acquire", "prepare", "query", "connect", "token", "dns", "dial", "tls", "startup", "backoff"),
	)
	b.line(9,
		lines("Slow statements over time", "Slow statements per second by scenario. Bursts in many environments at once point at the database or the network; a slow rise is saturation.", 12, "suffix: /s",
			over("{{dsqlload_scenario}}", count(sumBy("dsqlload_scenario", rate(operations, selected, slow))))).colorful("individual", "batch", "warm-up"),
		heatmap("Slow statements by duration", "Slow statements by duration over time. A white square is an exemplar: click it for its trace.", 12, over("", sum(rate(operations, selected, slow)))),
	)
	b.line(11, found("Traces with a statement of ${slow_ms:raw} ms and more", "A search in Jaeger by run and duration. It finds the latest that fit, at most 100, not the slowest: those are in the table above.", 24,
		"no statement was as slow", search("", object{"operation": "INSERT business_events", "minDuration": "${slow_ms:raw}ms"})))
	b.fold("What the slowest have in common", commonalities)
	b.fold("Tried again, failed, without an answer (searches in Jaeger)", func(b *board) {
		b.line(10,
			found("Tried again", "Traces in which a statement was sent a second time, the latest 100. None is the normal case.", 8, "none: every attempt went well", search("dsqlload.attempt=2", nil)),
			found("Failed", "Traces with a statement that failed for good, the latest 100.", 8, "none: no statement failed", search("dsqlload.outcome=failed", nil)),
			found("Without an answer", "Traces with a statement whose outcome is unknown, the latest 100.", 8, "none: every statement was answered", search("dsqlload.outcome=unknown", nil)),
		)
	})
	return b
}

// perStatement is the mean time of each phase in the statements with a label.
func perStatement(label string) string {
	return sumBy("dsqlload_phase", "histogram_sum("+total(phases, selected, label)+")") + " / scalar(" + count(sum(total(operations, selected, label))) + ")"
}

// timeOf is the time of each phase in the statements with a label.
func timeOf(label string) object {
	return instant("{{dsqlload_phase}}", "sort_desc("+sumBy("dsqlload_phase", "histogram_sum("+total(phases, selected, label)+")")+")")
}

// commonalities counts the slowest statements by their labels.
func commonalities(b *board) {
	top := "topk by (dsqlload_scenario) (50, " + total("dsqlload_slow_statement_seconds", selected) + ")"
	by := func(title, about, label string, w int) widget {
		return bars(title, about, w, "locale", instant("{{"+label+"}}", "sort_desc(count by ("+label+") ("+top+"))"))
	}
	b.line(8,
		by("By attempts", "More than one attempt: the time went into conflicts or lost connections.", "dsqlload_attempts", 5),
		by("By phase", "The phase that took most of the time of each of the slowest.", "dsqlload_phase", 5).colorful("acquire", "prepare", "query", "backoff"),
		bars("By error", "SQLSTATE or kind of the error of those that failed.", 6, "locale",
			instant("{{error_type}}", `sort_desc(count by (error_type) (label_replace(`+top+`, "error_type", "none", "error_type", "")))`)),
		bars("By environment", "The ten environments with most of the slowest. One that stands out is slow by itself.", 8, "locale",
			instant("{{faas_instance}}, cold start: {{faas_coldstart}}", "sort_desc(topk(10, count by (faas_instance, faas_coldstart) ("+top+")))")),
	)
}

// found is a table of what a search in Jaeger finds: one row for each trace.
func found(title, about string, w int, empty string, query object) widget {
	return table(title, about, w, empty, query).custom("filterable", true).
		field("Trace ID", "custom.width", 290, "links", []object{{"title": "Open the trace", "url": traceLink}}).
		field("Duration", "displayName", "Invocation took", "unit", "µs")
}
