package bench

import "time"

// Summary is one scenario's result: the original suite's keys with their
// meanings and units, then ours.
type Summary struct {
	Scenario          Scenario `json:"scenario"`
	TotalLambdas      int64    `json:"total_lambdas"`
	SuccessfulLambdas int64    `json:"successful_lambdas"`
	FailedLambdas     int64    `json:"failed_lambdas"` // started and not successful
	SuccessRate       float64  `json:"success_rate"`   // percent of total_lambdas
	TotalInserts      int64    `json:"total_inserts"`  // rows acknowledged
	TotalErrors       int64    `json:"total_errors"`   // rows failed or unknown
	// TotalDuration is the wall time from the first call to the last answer.
	TotalDurationMs      float64           `json:"total_duration_ms"`
	TotalDurationSeconds float64           `json:"total_duration_seconds"`
	Throughput           float64           `json:"throughput_inserts_per_second"` // acknowledged rows / wall time
	LatencyMs            Stats             `json:"latency_ms"`                    // per invocation, seen by the driver
	LambdaDurationMs     Stats             `json:"lambda_duration_ms"`            // per invocation, by the function
	LambdaThroughput     Spread            `json:"lambda_throughput"`             // rows per second, per invocation
	Errors               []InvocationError `json:"errors"`                        // the first 10

	Description string    `json:"description"`
	StartedAt   time.Time `json:"started_at"`
	EndedAt     time.Time `json:"ended_at"`
	Concurrency int       `json:"concurrency"`
	Invocations Account   `json:"invocations"`
	Statements  *Account  `json:"statements"` // null from a foreign function
	Rows        Account   `json:"rows"`
	// A foreign function doesn't report statements. Then the counts from here to
	// TruncatedLambdas, ErrorsByKind, Slowest and the counts of the timeline are null.
	RowsAffected     *int64           `json:"rows_affected"`              // by the database's command tags
	Attempts         *int64           `json:"attempts"`                   // of the invocations that answered
	Retried          map[string]int64 `json:"retried"`                    // attempts followed by another, by kind of error
	Resent           *int64           `json:"resent_after_unknown"`       // statements sent again after an unknown outcome
	Confirmed        *int64           `json:"confirmed_by_resend"`        // those of them that found their rows there
	StoredElsewhere  int64            `json:"stored_elsewhere,omitempty"` // other acknowledged statements whose command tag has the wrong number of rows
	ConnectRetries   map[string]int64 `json:"connect_retries"`            // Failed attempts to connect between statements, by kind
	ColdStarts       *int64           `json:"cold_starts"`                // null if neither the function nor Lambda reports it
	Environments     *int64           `json:"environments"`
	TruncatedLambdas *int64           `json:"truncated_lambdas"`
	Throttles        map[string]int64 `json:"throttles"` // refused calls by reason; they were sent again
	StatementLatency StatementLatency `json:"statement_latency"`
	// Connecting is the part of StatementLatency that opened a connection, Connected the rest.
	// Both are null if none opened one, and in older files.
	Connecting       *StatementLatency `json:"connecting_latency"`
	Connected        *StatementLatency `json:"connected_latency"`
	Overhead         *Overhead         `json:"client_overhead"`           // null when it wasn't measured
	ErrorsByKind     []ErrorCount      `json:"errors_by_kind"`            // of statements
	InvocationErrors map[string]int64  `json:"invocation_errors_by_kind"` // of invocations
	Slowest          []Statement       `json:"slowest_statements"`
	Timeline         []TimelineSecond  `json:"timeline"`

	Billed      *Billed            `json:"billed"` // null without a REPORT line
	Admission   *Admission         `json:"admission"`
	Client      *ClientLoad        `json:"client"`          // null when it wasn't watched
	Cold        Stats              `json:"cold_latency_ms"` // as latency_ms, for cold starts only
	Warm        Stats              `json:"warm_latency_ms"`
	Sample      []InvocationSample `json:"invocation_sample"`
	ClockOffset *float64           `json:"clock_offset_ms"` // lower bound of the difference between the clocks of function and driver; null if unknown
}

// NothingSent reports whether no call of the scenario was made. Then it has no duration
// and no measurements.
func (s *Summary) NothingSent() bool {
	a := s.Invocations
	return a.Planned > 0 && a.Planned == a.NotStarted && s.TotalDurationMs == 0
}

// RowSuccessRate returns the percentage of the planned rows that was acknowledged. It is
// nil without a plan, and in files of the original suite, which don't count the rows of
// failed invocations. SuccessRate differs: it is the percentage of invocations that
// answered, even if all their rows failed.
func (s *Summary) RowSuccessRate() *float64 {
	counted := s.FailedLambdas == 0 || s.TotalErrors == s.Rows.Failed+s.Rows.Unknown
	if !counted || s.Rows.Planned <= 0 {
		return nil
	}
	return new(100 * float64(s.Rows.Acknowledged) / float64(s.Rows.Planned))
}

// Sent reports whether any invocation was sent. A record of another suite doesn't count
// unsent invocations, but has a duration.
func (s *Summary) Sent() bool {
	return s.Invocations.Planned > s.Invocations.NotStarted && s.TotalDurationMs > 0
}

// Conflicts returns the number of attempts that failed with a conflict, retried or not.
func (s *Summary) Conflicts() int64 {
	n := s.Retried[conflict]
	for _, e := range s.ErrorsByKind {
		if e.Kind == conflict {
			n += e.Statements
		}
	}
	return n
}

// conflict is the SQLSTATE of a serialization failure.
const conflict = "40001"

// Foreign reports whether the function is of another suite, such as the original one. It
// counts rows, but reports nothing about statements, and makes row ids of its own.
func (s *Summary) Foreign() bool { return s.Statements == nil }

// Forget sets to null everything that a foreign function doesn't report. It does nothing
// if the function is this suite's.
func (s *Summary) Forget() {
	if !s.Foreign() {
		return
	}
	s.RowsAffected, s.Attempts, s.Resent, s.Confirmed, s.Environments, s.TruncatedLambdas = nil, nil, nil, nil, nil, nil
	s.Retried, s.ConnectRetries, s.ErrorsByKind, s.Slowest, s.ClockOffset = nil, nil, nil, nil, nil
	s.StatementLatency, s.Overhead = StatementLatency{TooFewFor: []string{}}, nil
	s.Connecting, s.Connected = nil, nil
	for i := range s.Timeline {
		t := &s.Timeline[i]
		t.Statements, t.Rows, t.Errors, t.ErrorKinds, t.Retried = nil, nil, nil, nil, nil
		t.FewPercentiles, t.Max = FewPercentiles{}, nil
	}
	if s.Billed == nil || s.Billed.Invocations < s.Invocations.Planned-s.Invocations.NotStarted { // some REPORT lines are missing
		s.ColdStarts, s.Cold, s.Warm = nil, Stats{}, Stats{}
		for i := range s.Timeline {
			s.Timeline[i].ColdStarts = nil
		}
		for i := range s.Sample {
			s.Sample[i].Cold = nil
		}
	}
}

// Known returns a count, and 0 if it is null.
func Known(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// Total returns the sum of counts by kind.
func Total[N int | int64](counts map[string]N) (n N) {
	for _, c := range counts {
		n += c
	}
	return n
}

// InvocationError is why one invocation failed.
type InvocationError struct {
	Index int    `json:"lambda_index"`
	Error string `json:"error"`
}
