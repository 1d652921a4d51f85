package report

import (
	"slices"
	"strconv"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// Column is one column of the CSV report.
type Column struct {
	Name, Means string
	of          cell
}

// cell returns a second's field in a column; empty if there is no value.
type cell func(*bench.Summary, *bench.TimelineSecond) string

// Columns returns the columns of the CSV report, in order.
func Columns() []Column {
	type second = bench.TimelineSecond
	columns := []Column{
		{"scenario", "individual or batch", func(s *bench.Summary, _ *second) string { return string(s.Scenario) }},
		{"second", "seconds since the scenario's start, which was cut to the second", count(func(t *second) *int64 { return &t.Second })},
		{"time", "its beginning, RFC 3339, UTC", beginning},
		{"statements", "statements that ended in it", count(func(t *second) *int64 { return t.Statements })},
		{"rows", "rows acknowledged", count(func(t *second) *int64 { return t.Rows })},
		{"errors", "of those, statements not acknowledged; an invocation without an answer ends all of its own", count(func(t *second) *int64 { return t.Errors })},
	}
	const latency = " latency of its acknowledged statements, milliseconds, within 0.1 %"
	for _, q := range (bench.FewPercentiles{}).List() {
		columns = append(columns, Column{q.Key, q.Means() + latency, milliseconds(func(t *second) *float64 { return t.At(q.Name) })})
	}
	return append(columns, []Column{
		{"max_ms", "largest" + latency, milliseconds(func(t *second) *float64 { return t.Max })},
		{"error_kinds", "errors by kind, such as 40001=3;53300=1", func(_ *bench.Summary, t *second) string { return kinds(t.ErrorKinds) }},
		{"retried", "attempts followed by another, by kind of error, in the same form", func(_ *bench.Summary, t *second) string { return kinds(t.Retried) }},
		{"invocations_sent", "invocations sent, by the driver's clock", driverCount(func(t *second) *int64 { return &t.Sent })},
		{"invocations_ended", "invocations that ended", driverCount(func(t *second) *int64 { return &t.Ended })},
		{"in_flight", "most invocations in flight at once", driverCount(func(t *second) *int64 { return &t.InFlight })},
		{"cold_starts", "cold starts among those sent", driverCount(func(t *second) *int64 { return t.ColdStarts })},
		{"throttled", "calls that were throttled", driverCount(func(t *second) *int64 { return &t.Throttled })},
	}...)
}

func count(of func(*bench.TimelineSecond) *int64) cell {
	return func(_ *bench.Summary, t *bench.TimelineSecond) string {
		if n := of(t); n != nil {
			return strconv.FormatInt(*n, 10)
		}
		return ""
	}
}

// driverCount is count for what the driver recorded: the whole course of a scenario or, in
// older files, nothing.
func driverCount(of func(*bench.TimelineSecond) *int64) cell {
	return func(s *bench.Summary, t *bench.TimelineSecond) string {
		if !slices.ContainsFunc(s.Timeline, func(t bench.TimelineSecond) bool { return t.Sent > 0 }) {
			return ""
		}
		return count(of)(s, t)
	}
}

func milliseconds(of func(*bench.TimelineSecond) *float64) cell {
	return func(_ *bench.Summary, t *bench.TimelineSecond) string {
		if v := of(t); v != nil && figure.Finite(*v) {
			return strconv.FormatFloat(*v, 'f', -1, 64)
		}
		return ""
	}
}
