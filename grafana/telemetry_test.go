package grafana_test

import (
	"fmt"
	"strings"
)

// telemetryHealth is the dashboard of the telemetry itself.
func telemetryHealth() *board {
	b := &board{
		uid: "dsqlload-telemetry", title: "DSQL load test: telemetry", from: "now-15m", variables: runVariables()[:1],
		about: "What became of the spans and points of this run.",
		links: []object{linkTo("dsqlload-runs", "Runs", false), linkTo("dsqlload-run", "Run", true), linkTo("dsqlload-slow", "Slow statements", true)},
	}
	hops := func(of, fates string, more ...string) string {
		return sum(total("dsqlload_telemetry_"+of+"_total", append([]string{`dsqlload_hop=~"lambda|driver"`, fmt.Sprintf("dsqlload_fate=~%q", fates)}, more...)...))
	}
	const notSuperseded = `dsqlload_reason!="superseded"`
	b.line(4,
		counted("Spans accounted for", "Spans that were produced and are neither accepted nor lost: those on their way. 0 at the end; else the ledger is wrong.", 5, "locale",
			instant("open", "round("+hops("spans", "produced")+" - ("+orZero(hops("spans", "accepted|refused|dropped"))+"))")),
		counted("Points accounted for", "Points that were produced and are neither passed on nor lost. 0 at the end; else the ledger is wrong.", 5, "locale",
			instant("open", "round("+hops("points", "produced")+" - ("+orZero(hops("points", "relayed|accepted|refused|dropped"))+"))")),
		counted("Spans lost", "Spans of this run that the function, the driver or the collector refused or dropped. The ledger says why.", 5, "locale", instant("lost", orZero(hops("spans", "refused|dropped")))),
		counted("Points lost", "Points of this run that were lost. A point that a later one of the same series replaced isn't lost.", 5, "locale", instant("lost", orZero(hops("points", "refused|dropped", notSuperseded)))),
		counted("Waiting", "Spans that wait for the collector now.", 4, "locale", instant("waiting", sum(total("dsqlload_telemetry_queue")))).defaults("thresholds", steps("green", 100000, "orange")),
	)
	b.line(10, ledger("Spans", "dsqlload_telemetry_spans_total"), ledger("Points", "dsqlload_telemetry_points_total"))
	b.line(9,
		bars("This run at each step", "The spans and points of this run as the driver and the collector count them. The driver's count includes the points of the verdict, which are sent when the ledger is closed. Each pair of counts should be equal.", 12, "locale",
			instant("1 spans accepted (driver)", hops("spans", "accepted")),
			instant("2 spans received (collector)", sum(total("dsqlload_collector_spans_total"))),
			instant("3 points accepted (driver)", hops("points", "accepted")+" + ("+orZero(sum(total("dsqlload_telemetry_after_ledger")))+")"),
			instant("4 points received (collector)", sum(total("dsqlload_collector_points_total"))),
		).defaults("decimals", 0),
		lines("Spans over time", "Spans per second by hop and fate.", 12, "suffix: spans/s",
			over("{{dsqlload_hop}} {{dsqlload_fate}}", sumBy("dsqlload_hop, dsqlload_fate", rate("dsqlload_telemetry_spans_total")))),
	)
	b.fold("Collector, Jaeger and Prometheus (all runs together)", stack)
	return b
}

// ledger is a table of one of the ledgers.
func ledger(what, metric string) widget {
	return table("Ledger of "+strings.ToLower(what), "Where the run's "+strings.ToLower(what)+" went: hop lambda is the function, hop driver sends to the collector. Produced (and relayed, at the driver) = accepted + refused + dropped. What isn't kept by rule was never produced.", 12,
		"no telemetry of this run", instant("__auto", sumBy("dsqlload_hop, dsqlload_fate, dsqlload_reason", total(metric)))).
		columns("dsqlload_hop", "Hop", "dsqlload_fate", "Fate", "dsqlload_reason", "Reason", "Value", what).
		field(what, "unit", "locale", "decimals", 0).field("Reason", "noValue", "-")
}

// stack is about the servers, which can't tell runs apart.
func stack(b *board) {
	lost := func(job string, metrics ...string) string {
		var all []string
		for _, m := range metrics { // each by itself: rate drops the names, which alone tell them apart
			all = append(all, "("+orZero(sum(fmt.Sprintf(`rate({__name__=~"otelcol_%s(_total)?",job=%q}[$__rate_interval])`, m, job)))+")")
		}
		return strings.Join(all, " + ")
	}
	b.line(8,
		lines("Collector: queues", "How full the collector's queues are. A full queue makes the driver wait.", 6, "percentunit",
			scraped("{{exporter}}", `max by (exporter) (last_over_time(otelcol_exporter_queue_size{job="otel-collector"}[$__rate_interval]) / last_over_time(otelcol_exporter_queue_capacity{job="otel-collector"}[$__rate_interval]))`)).defaults("max", 1),
		lines("Collector: refused and not sent", "Spans and points of all runs that the collector refused, or could not send on.", 6, "suffix: /s",
			scraped("refused", lost("otel-collector", "receiver_refused_spans", "receiver_failed_spans", "receiver_refused_metric_points", "receiver_failed_metric_points")),
			scraped("not sent", lost("otel-collector", "exporter_send_failed_spans", "exporter_enqueue_failed_spans", "exporter_send_failed_metric_points", "exporter_enqueue_failed_metric_points"))),
		lines("Jaeger: refused and not stored", "Spans of all runs that Jaeger refused because it is full, or could not store.", 6, "suffix: /s",
			scraped("refused", lost("jaeger", "receiver_refused_spans")), scraped("not stored", lost("jaeger", "exporter_send_failed_spans", "exporter_enqueue_failed_spans"))),
		lines("Prometheus: too old", "Points of all runs that Prometheus refused because they are too old.", 6, "suffix: /s",
			scraped("too old, refused", orZero(sum("rate(prometheus_tsdb_too_old_samples_total[$__rate_interval])")))),
	)
	for _, p := range b.panels {
		p["interval"] = "5s"
	}
}
