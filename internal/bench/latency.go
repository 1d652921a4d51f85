package bench

import (
	"slices"

	"dsql-load-test/internal/latency"
)

// Spread describes a set of numbers. Its fields are null if the set is empty.
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

// StatementLatency is the distribution of the latencies of acknowledged statements, in ms,
// from merged histograms. Its values are null without a sample.
type StatementLatency struct {
	Count int64    `json:"count"`
	Min   *float64 `json:"min_ms"`
	Avg   *float64 `json:"avg_ms"`
	Percentiles
	Max *float64 `json:"max_ms"`
	// TooFewFor names the percentiles above which fewer than ten samples lie.
	TooFewFor []string          `json:"too_few_samples_for"`
	Histogram *latency.Snapshot `json:"histogram"`
}

// Few reports whether too few samples lie above the named percentile.
func (l *StatementLatency) Few(name string) bool { return slices.Contains(l.TooFewFor, name) }

// Overhead is the part of the statements' latencies that the function itself added, in ms:
// the time from the arrival of an answer at the socket until the function read its clock. It
// grows on a busy machine and doesn't depend on the database.
type Overhead struct {
	Count int64 `json:"count"` // statements for which the kernel reported the arrival
	FewPercentiles
	Max float64 `json:"max_ms"`
}

// TimelineSecond is one second of a scenario. Second 0 begins at StartedAt, rounded down to a
// whole second. The timeline has all seconds, also those in which nothing ended. The latencies
// are exact to 0.1 percent and lie between the scenario's smallest and largest.
type TimelineSecond struct {
	Second     int64  `json:"second"`
	Statements *int64 `json:"statements"` // ended; null, as all fields up to Retried, if the function doesn't report it
	Rows       *int64 `json:"rows"`       // acknowledged
	// Errors counts the statements that weren't acknowledged. Those of an invocation without
	// an answer count in the second in which the invocation ended.
	Errors *int64 `json:"errors"`
	FewPercentiles
	Max *float64 `json:"max_ms"`
	// ErrorKinds splits Errors by kind; Retried counts, by kind, the attempts that were
	// followed by another.
	ErrorKinds map[string]int64 `json:"error_kinds"`
	Retried    map[string]int64 `json:"retried"`
	// By the driver's clock: invocations sent and ended, the largest number in flight at once,
	// and throttled calls.
	Sent       int64  `json:"invocations_sent"`
	Ended      int64  `json:"invocations_ended"`
	InFlight   int64  `json:"in_flight"`
	ColdStarts *int64 `json:"cold_starts"` // null if neither the function nor Lambda reports it
	Throttled  int64  `json:"throttled"`
}
