package figure

import (
	"time"

	"dsql-load-test/internal/bench"
)

// Plural returns n with its noun: "1 row", "2,000 rows".
func Plural(n int64, noun string) string { return Count(n) + " " + Noun(n, noun) }

// Noun returns the noun for n things: "row" or "rows".
func Noun(n int64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// Title returns a scenario's heading.
func Title(s bench.Scenario) string {
	if s == bench.Batch {
		return "Batch inserts"
	}
	return "Individual inserts"
}

// Moment prints a time in UTC, to the second. The zero time is absent.
func Moment(t time.Time) string {
	if t.IsZero() {
		return Absent
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
