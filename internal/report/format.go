package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

const absent = figure.Absent

func title(s bench.Scenario) string {
	if s == bench.Batch {
		return "Batch inserts"
	}
	return "Individual inserts"
}

func stats(s bench.Stats) string {
	return fmt.Sprintf("%s  P95 %s  P99 %s", spread(s.Spread, figure.Ms), figure.Ms(s.P95), figure.Ms(s.P99))
}

func spread(s bench.Spread, format func(*float64) string) string {
	return fmt.Sprintf("Min %s  Max %s  Avg %s  Median %s", format(s.Min), format(s.Max), format(s.Avg), format(s.Median))
}

// namedLatency is a percentile, or another number, of statements' latency.
type namedLatency struct {
	name  string
	value *float64
}

func latencies(l bench.StatementLatency) []namedLatency {
	return []namedLatency{{"min", l.Min}, {"avg", l.Avg}, {"p50", l.P50}, {"p90", l.P90}, {"p95", l.P95}, {"p99", l.P99}, {"p99.9", l.P999}, {"max", l.Max}}
}

func statementLatency(l bench.StatementLatency) string {
	var parts []string
	for _, p := range latencies(l) {
		parts = append(parts, p.name+" "+marked(l, p.name, p.value))
	}
	return strings.Join(parts, "  ")
}

// marked is a latency, with a * where too few samples lie beyond it.
func marked(l bench.StatementLatency, name string, v *float64) string {
	if v != nil && slices.Contains(l.TooFewFor, name) {
		return figure.Ms(v) + "*"
	}
	return figure.Ms(v)
}

func number(v *float64) string {
	if v == nil {
		return absent
	}
	return figure.Fixed(*v, 1)
}

func counted(n *int64) string {
	if n == nil {
		return absent
	}
	return figure.Count(*n)
}

// throughput is a scenario's, "at least" so much when the machine that measured
// it was at its limit.
func throughput(s *bench.Summary) string {
	switch {
	case s.NothingSent():
		return absent
	case s.Client != nil && s.Client.Bound:
		return "at least " + figure.Whole(s.Throughput)
	}
	return figure.Whole(s.Throughput)
}

// rate is throughput with its unit.
func rate(s *bench.Summary) string {
	if s.NothingSent() {
		return absent
	}
	return throughput(s) + " rows/s"
}

// share is a part of 1 in percent.
func share(v *float64) string {
	if v == nil {
		return absent
	}
	return figure.Fixed(100**v, 0) + " %"
}

// value formats a number of which it matters on which side of a limit it is.
func value(v *float64, unit string) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case unit == "USD" && *v < 0:
		size := -*v
		return "-" + value(&size, unit)
	case unit == "USD":
		return "$" + trimmed(fmt.Sprintf("%.6f", *v))
	}
	return strings.TrimSpace(plain(*v) + " " + unit)
}

// plain has thousands grouped, and up to three digits after the point.
func plain(v float64) string {
	if !figure.Finite(v) {
		return absent
	}
	whole, fraction := math.Modf(math.Round(math.Abs(v)*1000) / 1000)
	if whole >= 1<<53 {
		return fmt.Sprintf("%g", v)
	}
	text := figure.Count(int64(whole)) + strings.TrimPrefix(trimmed(fmt.Sprintf("%.3f", fraction)), "0")
	if v < 0 && text != "0" {
		return "-" + text
	}
	return text
}

// trimmed leaves the zeros at the end of a decimal fraction out.
func trimmed(text string) string { return strings.TrimRight(strings.TrimRight(text, "0"), ".") }

// dollars has so many digits that small sums can be told apart.
func dollars(v *float64) string {
	switch {
	case v == nil || !figure.Finite(*v):
		return absent
	case *v < 0:
		size := -*v
		return "-" + dollars(&size)
	case *v >= 100 || *v == 0:
		return fmt.Sprintf("$%.2f", *v)
	case *v >= 0.01:
		return fmt.Sprintf("$%.4f", *v)
	}
	return fmt.Sprintf("$%.6f", *v)
}

// moment is a time in UTC, to the second; "never" is year 1.
func moment(t time.Time) string {
	if t.IsZero() {
		return absent
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
