package html

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// sideBySide compares the scenarios.
func sideBySide(a, b *bench.Summary) []block {
	t := &table{Head: []string{"", "individual#", "batch#"}}
	add := func(title, name string) {
		t.Rows = append(t.Rows, row(title, figure.Text(a, name), figure.Text(b, name)))
	}
	t.Rows = append(t.Rows, row("rows acknowledged", figure.Count(a.Rows.Acknowledged), figure.Count(b.Rows.Acknowledged)))
	add("throughput", "throughput")
	for _, q := range bench.Quantiles() {
		if q.Short {
			add("statement latency "+q.Name, q.Name)
		}
	}
	add("statement latency max", "max")
	add("invocation latency, average", "invocation_avg")
	add("invocation latency, p95", "invocation_p95")
	if a.Throughput > 0 && !b.NothingSent() {
		t.Note = fmt.Sprintf("Batch has %s times the throughput of individual.", figure.Fixed(b.Throughput/a.Throughput, 1))
	}
	if len(a.StatementLatency.TooFewFor)+len(b.StatementLatency.TooFewFor) > 0 {
		t.Note = strings.TrimSpace(t.Note + " * Fewer than ten samples lie beyond it: don't rely on it.")
	}
	return []block{{Table: t}, {Chart: percentiles("both-percentiles", "Latency by percentile, both scenarios", a, b)}}
}
