package grafana_test

import "fmt"

// ofEachScenario is 0 for each run and scenario, for what is told by run only. A run without a
// scenario has one row too.
const ofEachScenario = `(0 * max by (dsqlload_run_id, dsqlload_scenario) (last_over_time(dsqlload_planned_rows{dsqlload_scenario!="warm-up"}[$__range]))` +
	` or on (dsqlload_run_id) label_replace(0 * max by (dsqlload_run_id) (last_over_time(dsqlload_run_start_time_seconds[$__range])), "dsqlload_scenario", "none", "", ""))`

// byRun adds the value of a run to each of its scenarios.
func byRun(expr string) string {
	return ofEachScenario + " + on (dsqlload_run_id) group_left () (" + expr + ")"
}

// lastByRun is the last value of a metric of each run.
func lastByRun(metric string) string {
	return "max by (dsqlload_run_id) (last_over_time(" + metric + "[$__range]))"
}

// lastByScenario is the last value of a metric of each scenario.
func lastByScenario(metric string) string {
	return "sum by (dsqlload_run_id, dsqlload_scenario) (last_over_time(" + metric + "[$__range]))"
}

// runs is the dashboard of all runs.
func runs() *board {
	b := &board{
		uid: "dsqlload-runs", title: "DSQL load test: runs", from: "now-30d",
		about: "The runs of the last 30 days. A click on a start opens the run.",
		links: []object{},
	}
	ofRun := "/d/dsqlload-run?var-run_id=${__data.fields.Run}&var-slow_ms=${__data.fields.Threshold}&from=${__data.fields.From}"
	hidden := []any{"unit", "none", "decimals", 0, "custom.hidden", true, "custom.hideFrom", object{"viz": true, "legend": false, "tooltip": false}}
	rows := func(outcomes string) string {
		return lastByScenario(fmt.Sprintf(`dsqlload_scenario_rows{%s}`, outcome(outcomes)))
	}
	latency := func(q string) string {
		return lastByScenario(fmt.Sprintf(`dsqlload_scenario_latency_seconds{dsqlload_quantile=%q}`, q))
	}
	value := func(expr string) object { return instant("__auto", expr) }
	start, beat := lastByRun("dsqlload_run_start_time_seconds"), lastByRun("dsqlload_run_heartbeat_seconds")
	b.line(22, table("Runs", "One row for each scenario of each run, the newest first: a click on the start opens the run, a click on the status watches it while it lasts. "+
		"A run is killed if its driver hasn't been heard of for 15 s and didn't end. Figures are those of the results: acknowledged rows and statements only.", 24,
		"no run within the time range; docker compose up -d, then driver run",
		value("1000 * ("+byRun(start)+")"),
		value(byRun(status("", "dsqlload_run_id", "$__range"))),
		value(byRun(verdict("", "dsqlload_run_id", "$__range"))),
		value(rows("acknowledged")),
		value(rows("acknowledged")+" / "+lastByScenario(`dsqlload_scenario_duration_seconds{dsqlload_scenario!="warm-up"}`)),
		value(latency("0.99")),
		value(latency("1")),
		value(rows("failed|unknown|not_started")),
		value(lastByScenario(fmt.Sprintf(`dsqlload_attempts_total{%s,dsqlload_scenario!="warm-up"}`, conflicts))+" or "+ofEachScenario),
		value(byRun(lastByRun(`dsqlload_run_cost{dsqlload_basis="actual"}`)+" or "+lastByRun(`dsqlload_run_cost{dsqlload_basis="estimate"}`))),
		value("1000 * ("+byRun(start)+" - 30)"),
		value("1000 * ("+byRun(beat)+" + 30)"),
		value("1000 * ("+byRun(lastByRun("dsqlload_slow_threshold_seconds"))+")"),
	).columns(
		"Value #A", "Start", "Value #B", "Status", "Value #C", "Verdict", "dsqlload_scenario", "Scenario", "Value #D", "Rows", "Value #E", "Rows/s",
		"Value #F", "p99", "Value #G", "Max", "Value #H", "Rows not acknowledged", "Value #I", "Conflicts", "Value #J", "Cost", "dsqlload_run_id", "Run",
		"Value #K", "From", "Value #L", "To", "Value #M", "Threshold",
	).sorted("Start", true).custom("filterable", true).
		field("Start", "unit", "dateTimeAsIso", "custom.width", 180, "links", []object{{"title": "Open the run", "url": ofRun + "&to=${__data.fields.To}"}}).
		field("Status", "mappings", statusWords(), "custom.cellOptions", object{"type": "color-text"}, "links", []object{{"title": "Watch the run", "url": ofRun + "&to=now&refresh=5s"}}).
		field("Verdict", "mappings", verdictWords(), "custom.cellOptions", object{"type": "color-background", "mode": "basic"}, "noValue", "-").
		field("Rows", "unit", "locale", "decimals", 0).
		field("Rows/s", "unit", "locale", "decimals", 0).
		field("p99", "unit", "s").field("Max", "unit", "s").
		field("Rows not acknowledged", "unit", "locale", "decimals", 0, "custom.cellOptions", object{"type": "color-text"}, "color", object{"mode": "thresholds"}, "thresholds", steps("green", 1, "red")).
		field("Conflicts", "unit", "locale", "decimals", 0).
		field("Cost", "unit", "currencyUSD", "noValue", "-").
		field("Run", "custom.width", 250).
		field("From", hidden...).field("To", hidden...).field("Threshold", "unit", "none", "custom.hidden", true, "custom.hideFrom", object{"viz": true, "legend": false, "tooltip": false}))
	return b
}

func statusWords() []object {
	return worded("running", "blue", "KILLED", "red", "complete", "green", "incomplete", "orange", "interrupted", "orange")
}

func verdictWords() []object {
	return worded("VALID", "green", "SUSPECT", "orange", "INVALID", "red")
}
