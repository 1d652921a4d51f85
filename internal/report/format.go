package report

import (
	"fmt"
	"math"
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
	text := spread(s.Spread, figure.Ms)
	for _, q := range s.List() {
		text += "  " + strings.ToUpper(q.Name) + " " + figure.Ms(q.Value)
	}
	return text
}

func spread(s bench.Spread, format func(*float64) string) string {
	return fmt.Sprintf("Min %s  Max %s  Avg %s  Median %s", format(s.Min), format(s.Max), format(s.Avg), format(s.Median))
}

func statementLatency(l bench.StatementLatency) string {
	parts := []string{"min " + figure.Ms(l.Min), "avg " + figure.Ms(l.Avg)}
	for _, q := range l.List() {
		parts = append(parts, q.Name+" "+figure.Percentile(l, q.Name))
	}
	return strings.Join(append(parts, "max "+figure.Ms(l.Max)), "  ")
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
