package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
)

// Column is one of CSV's.
type Column struct {
	Name, Means string
	of          func(*bench.Summary, *bench.TimelineSecond) string
}

// Columns are CSV's, in order. A field that has no value is empty.
func Columns() []Column {
	type second = bench.TimelineSecond
	whole := func(name, means string, of func(*second) int64) Column {
		return Column{name, means, func(_ *bench.Summary, t *second) string { return strconv.FormatInt(of(t), 10) }}
	}
	known := func(name, means string, of func(*second) *int64) Column {
		return Column{name, means, func(_ *bench.Summary, t *second) string {
			if of(t) == nil {
				return ""
			}
			return strconv.FormatInt(*of(t), 10)
		}}
	}
	// The driver's side is told of in whole or, in older files, not at all.
	driver := func(name, means string, of func(*second) *int64) Column {
		return Column{name, means, func(s *bench.Summary, t *second) string {
			if of(t) == nil || !slices.ContainsFunc(s.Timeline, func(t second) bool { return t.Sent > 0 }) {
				return ""
			}
			return strconv.FormatInt(*of(t), 10)
		}}
	}
	latency := func(name, means string, of func(*second) *float64) Column {
		return Column{name, means + " latency of its acknowledged statements, milliseconds, within 0.1 %", func(_ *bench.Summary, t *second) string {
			if of(t) == nil || !figure.Finite(*of(t)) {
				return ""
			}
			return strconv.FormatFloat(*of(t), 'f', -1, 64)
		}}
	}
	columns := []Column{
		{"scenario", "individual or batch", func(s *bench.Summary, _ *second) string { return string(s.Scenario) }},
		whole("second", "seconds since the scenario's start, which was cut to the second", func(t *second) int64 { return t.Second }),
		{"time", "its beginning, RFC 3339, UTC", startOf},
		known("statements", "statements that ended in it", func(t *second) *int64 { return t.Statements }),
		known("rows", "rows acknowledged", func(t *second) *int64 { return t.Rows }),
		known("errors", "of those, statements not acknowledged; an invocation without an answer ends all of its own", func(t *second) *int64 { return t.Errors }),
	}
	for _, q := range (bench.FewPercentiles{}).List() {
		columns = append(columns, latency(q.Key, q.Means(), func(t *second) *float64 { return t.At(q.Name) }))
	}
	return append(columns,
		latency("max_ms", "largest", func(t *second) *float64 { return t.Max }),
		Column{"error_kinds", "errors by kind, such as 40001=3;53300=1", func(_ *bench.Summary, t *second) string { return kinds(t.ErrorKinds) }},
		Column{"retried", "attempts followed by another, by kind of error, in the same form", func(_ *bench.Summary, t *second) string { return kinds(t.Retried) }},
		driver("invocations_sent", "invocations sent, by the driver's clock", func(t *second) *int64 { return &t.Sent }),
		driver("invocations_ended", "invocations that ended", func(t *second) *int64 { return &t.Ended }),
		driver("in_flight", "most invocations in flight at once", func(t *second) *int64 { return &t.InFlight }),
		driver("cold_starts", "cold starts among those sent", func(t *second) *int64 { return t.ColdStarts }),
		driver("throttled", "calls that were throttled", func(t *second) *int64 { return &t.Throttled }),
	)
}

// CSV writes the course of all scenarios as RFC 4180 with a header and with a
// line for each second of each; only the header where the record has no course.
// No spreadsheet takes a field for a formula.
func CSV(w io.Writer, r *bench.Record) error {
	r = quote.Copy(r)
	out := csv.NewWriter(w)
	columns := Columns()
	fields := make([]string, len(columns))
	for i, c := range columns {
		fields[i] = c.Name
	}
	faults := []error{out.Write(fields)}
	for _, s := range r.Summaries() {
		for at := range s.Timeline {
			for i, c := range columns {
				fields[i] = quote.Cell(c.of(s, &s.Timeline[at]))
			}
			faults = append(faults, out.Write(fields))
		}
	}
	out.Flush()
	for _, err := range append(faults, out.Error()) {
		if err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	return nil
}

func startOf(s *bench.Summary, t *bench.TimelineSecond) string {
	if s.StartedAt.IsZero() {
		return ""
	}
	return s.StartedAt.UTC().Truncate(time.Second).Add(time.Duration(t.Second) * time.Second).Format(time.RFC3339)
}

// kinds are counts by kind in one field. What parts them is escaped within a
// kind: a spreadsheet may also take a semicolon for the end of a field.
func kinds(counts map[string]int64) string {
	parting := strings.NewReplacer(";", `\x3b`, "=", `\x3d`)
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s=%d", quote.Cell(parting.Replace(kind)), counts[kind]))
	}
	return strings.Join(parts, ";")
}
