package grafana_test

import (
	"fmt"
	"maps"
	"strings"
)

// everything is as far back as Prometheus keeps samples. The totals of a run don't depend on the
// time range, except on its end.
const everything = "30d"

// alive is for how long the driver, which sends once a second, may be silent.
const alive = "15s"

// The metrics of statements, and the label of the selected scenarios.
const (
	operations = "db_client_operation_duration_seconds"
	phases     = "dsqlload_phase_duration_seconds"
	attempts   = "dsqlload_attempts_total"
	selected   = `dsqlload_scenario=~"$scenario"`
	fine       = `error_type=""` // acknowledged
	slow       = `dsqlload_slow="true"`
	fast       = `dsqlload_slow=""`
	conflicts  = `error_type=~"40001|OC[0-9]+"`
)

// in returns the label of one scenario.
func in(scenario string) string { return fmt.Sprintf("dsqlload_scenario=%q", scenario) }

// outcome returns the label of rows.
func outcome(o string) string { return fmt.Sprintf("dsqlload_outcome=~%q", o) }

// series selects the series of a metric of the run.
func series(metric string, more ...string) string {
	return metric + "{" + strings.Join(append([]string{`dsqlload_run_id="$run_id"`}, more...), ",") + "}"
}

// total is the last value of each series. It is exact for the sums and counts of a run.
func total(metric string, more ...string) string {
	return "last_over_time(" + series(metric, more...) + "[" + everything + "])"
}

// rate is the change per second of each series.
func rate(metric string, more ...string) string {
	return "rate(" + series(metric, more...) + "[$__rate_interval] anchored)"
}

// most is the largest value of each series within an interval.
func most(metric string, more ...string) string {
	return "max_over_time(" + series(metric, more...) + "[$__rate_interval])"
}

func sum(expr string) string { return "sum(" + expr + ")" }

func sumBy(labels, expr string) string { return "sum by (" + labels + ") (" + expr + ")" }

func count(expr string) string { return "histogram_count(" + expr + ")" }

func quantile(q, expr string) string { return "histogram_quantile(" + q + ", sum(" + expr + "))" }

// orZero makes a sum 0 if there are no series: nothing of the kind happened.
func orZero(expr string) string { return expr + " or vector(0)" }

// named adds a series of 0 with a label if there are none.
func named(expr, label, value string) string {
	return fmt.Sprintf(`%s or on () label_replace(vector(0), %q, %q, "", "")`, expr, label, value)
}

// status numbers how a run stands: running, killed, complete, incomplete, interrupted. by is the
// labels that are kept, and window how far to look back. A running run whose driver hasn't
// been heard of for so long is killed.
func status(select_, by, window string) string {
	last := func(metric, label string) string {
		labels := strings.Trim(select_+","+label, ",")
		return "max by (" + by + ") (last_over_time(" + metric + "{" + labels + "}[" + window + "]))"
	}
	is := func(s string) string { return last("dsqlload_run_status", fmt.Sprintf("dsqlload_status=%q", s)) }
	return is("running") + " * (1 + (time() - " + last("dsqlload_run_heartbeat_seconds", "") + " > bool 15)) + 3 * " + is("complete") + " + 4 * " + is("incomplete") + " + 5 * " + is("interrupted")
}

// verdict numbers the verdicts: VALID, SUSPECT, INVALID.
func verdict(select_, by, window string) string {
	is := func(v string) string {
		labels := strings.Trim(fmt.Sprintf("%s,dsqlload_verdict=%q", select_, v), ",")
		return "max by (" + by + ") (last_over_time(dsqlload_run_verdict{" + labels + "}[" + window + "]))"
	}
	return is("VALID") + " + 2 * " + is("SUSPECT") + " + 3 * " + is("INVALID")
}

// instant is a query at the end of the time range.
func instant(legend, expr string) object {
	return object{"datasource": prometheus(), "editorMode": "code", "expr": expr, "legendFormat": legend, "range": false, "instant": true}
}

// over is a query over the time range.
func over(legend, expr string) object {
	return object{"datasource": prometheus(), "editorMode": "code", "expr": expr, "legendFormat": legend, "range": true, "instant": false}
}

// scraped is over for what Prometheus scrapes every five seconds.
func scraped(legend, expr string) object {
	q := over(legend, expr)
	q["interval"] = "5s"
	return q
}

// theTrace is the open trace in Jaeger.
func theTrace() object { return object{"datasource": jaeger(), "query": "$trace_id"} }

// search searches traces of the run in Jaeger. It finds the latest, not the slowest.
func search(tags string, more object) object {
	q := object{"datasource": jaeger(), "queryType": "search", "service": "dsql-load-test-lambda", "tags": strings.TrimSpace("dsqlload.run.id=$run_id " + tags), "limit": 100}
	maps.Copy(q, more)
	return q
}
