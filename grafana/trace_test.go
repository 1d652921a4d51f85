package grafana_test

// oneTrace is the dashboard of one trace.
func oneTrace() *board {
	variables := append(runVariables(),
		typed("trace_id", "Trace id", "32 hexadecimal digits; links fill it in."),
		typed("invocation", "Invocation", "Index of the invocation whose other traces are listed; links from the slowest statements fill it in."))
	b := &board{
		uid: "dsqlload-trace", title: "DSQL load test: one trace", from: "now-15m", variables: variables,
		about: "One trace: an invocation with its first statements, or a group of 100 of its further statements.",
		links: []object{linkTo("dsqlload-runs", "Runs", false), linkTo("dsqlload-run", "Run", true), linkTo("dsqlload-slow", "Slow statements", true)},
	}
	insert := object{"filters": []object{{"fieldName": "operationName", "config": object{"id": "equal", "options": object{"value": "INSERT business_events"}}}}, "type": "include", "match": "any"}
	reduced := func(calc string) object {
		return object{"calcs": []string{calc}, "fields": "/^duration$/", "values": false}
	}
	slowest := table("Statements of this trace among the slowest", "The statements of this trace that are or were among the 50 slowest of their scenario, with the phase that took most of the time.", 16,
		"none of this trace's statements was among the slowest", instant("__auto", total("dsqlload_slow_statement_seconds", `trace_id="$trace_id"`)))
	b.line(5,
		statements(slowest),
		stat("Statements", "Statements in this trace: 100 at most. An invocation's further statements are in traces of their own, 100 in each, which link to it.", 4, "locale", theTrace()).
			change("filterByValue", insert).options("reduceOptions", reduced("count"), "textMode", "value").defaults("decimals", 0, "noValue", "0"),
		stat("Slowest", "The slowest statement of this trace.", 4, "ms", theTrace()).
			change("filterByValue", insert).options("reduceOptions", reduced("max"), "textMode", "value").defaults("decimals", 3),
	)
	trace := newWidget("traces", "Trace", "The driver's call, the handler, statements, their attempts and phases. The arrows above the spans jump between slow statements. An error here means that no trace was chosen: come here by an exemplar or a table.", 24, theTrace()).
		options("spanFilters", object{"adhocFilters": []object{
			{"key": "span.name", "operator": "=", "value": "INSERT business_events"}, {"key": "duration", "operator": ">", "value": "${slow_ms:raw}ms"},
		}, "matchesOnly": false})
	b.line(20, trace)
	b.line(11,
		table("Statements of this trace", "All statements of this trace, slowest first. The trace above has their attributes: attempts, rows, SQLSTATE.", 14,
			"no statement: choose a trace, or widen the time range", theTrace()).change("filterByValue", insert).
			columns("startTime", "Start time", "duration", "Duration", "spanID", "Span").sorted("Duration", true).custom("filterable", true).
			field("Start time", "unit", "dateTimeAsIso", "custom.width", 190).duration("Duration", "ms"),
		bars("Time by phase", "Time of each phase in this trace, added up. acquire includes connect, and connect its steps. Only statements with detail count; --trace-detail all keeps it for every one.", 10, "ms", theTrace()).
			defaults("noValue", "no detail kept").
			change("filterByValue", object{"filters": []object{{"fieldName": "operationName", "config": object{"id": "regex", "options": object{
				"value": "^(acquire|connect|token|dns|dial|tls|startup|prepare|query|backoff)$",
			}}}}, "type": "include", "match": "any"}).
			change("groupBy", object{"fields": object{
				"operationName": object{"aggregations": []string{}, "operation": "groupby"}, "duration": object{"aggregations": []string{"sum"}, "operation": "aggregate"},
			}}).
			change("rowsToFields", object{"mappings": []object{{"fieldName": "operationName", "handlerKey": "field.name"}, {"fieldName": "duration (sum)", "handlerKey": "field.value"}}}).
			colorful("acquire", "prepare", "query", "connect", "token", "dns", "dial", "tls", "startup", "backoff"),
	)
	b.line(9, found("Traces of invocation $invocation", "All traces of the invocation: that of the call with its first 100 statements, and one for each further 100 statements. Scenarios that have this index are listed too.", 24,
		"come here from a table of the slowest statements", search("dsqlload.invocation.index=$invocation", nil)))
	return b
}
