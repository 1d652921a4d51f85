package report

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

const absent = figure.Absent

// stats prints latencies of invocations.
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

// statementLatency prints every figure of statement latency, the smallest first.
func statementLatency(s *bench.Summary) string {
	var parts []string
	for _, name := range figure.Latencies() {
		parts = append(parts, name+" "+figure.Text(s, name))
	}
	return strings.Join(parts, "  ")
}

// oneDigit prints a number with one digit after the point.
func oneDigit(v *float64) string {
	if v == nil {
		return absent
	}
	return figure.Fixed(*v, 1)
}
