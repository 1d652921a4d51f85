package bench

import (
	"slices"

	"dsql-load-test/internal/latency"
)

// Spread tells of a set of numbers; null when it is empty.
type Spread struct {
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	Avg    *float64 `json:"avg"`
	Median *float64 `json:"median"`
}

// Stats is Spread with the high percentiles.
type Stats struct {
	Spread
	HighPercentiles
}

// StatementLatency is the distribution of acknowledged statements' latency in
// ms, from merged histograms; null without a sample.
type StatementLatency struct {
	Count int64    `json:"count"`
	Min   *float64 `json:"min_ms"`
	Avg   *float64 `json:"avg_ms"`
	Percentiles
	Max *float64 `json:"max_ms"`
	// TooFewFor names the percentiles that fewer than ten samples lie beyond.
	TooFewFor []string          `json:"too_few_samples_for"`
	Histogram *latency.Snapshot `json:"histogram"`
}

// Few reports whether too few samples lie beyond the percentile of that name.
func (l *StatementLatency) Few(name string) bool { return slices.Contains(l.TooFewFor, name) }

// Overhead is the part of the statements' latency that the function itself took,
// in ms: from the arrival of an answer at its socket to the reading of its clock. A
// busy machine adds there, and the database has no part in it.
type Overhead struct {
	Count int64 `json:"count"` // statements whose connection told
	FewPercentiles
	Max float64 `json:"max_ms"`
}

// TimelineSecond is one second of a scenario; Second 0 begins at StartedAt cut
// to the whole second. Seconds in which nothing ended are there too. Its latencies
// are within 0.1 percent, and within the smallest and the largest of the scenario.
type TimelineSecond struct {
	Second     int64  `json:"second"`
	Statements *int64 `json:"statements"` // null, as the following, where the function doesn't tell
	Rows       *int64 `json:"rows"`       // acknowledged
	// Errors are statements not acknowledged. Those of an invocation without an
	// answer are in the second in which it ended.
	Errors *int64 `json:"errors"`
	FewPercentiles
	Max *float64 `json:"max_ms"`
	// ErrorKinds splits Errors by kind; Retried are attempts that were followed
	// by another.
	ErrorKinds map[string]int64 `json:"error_kinds"`
	Retried    map[string]int64 `json:"retried"`
	// By the driver's clock: invocations sent and ended, most in flight at once,
	// calls that were throttled.
	Sent       int64  `json:"invocations_sent"`
	Ended      int64  `json:"invocations_ended"`
	InFlight   int64  `json:"in_flight"`
	ColdStarts *int64 `json:"cold_starts"` // null where neither the function nor Lambda tells
	Throttled  int64  `json:"throttled"`
}
