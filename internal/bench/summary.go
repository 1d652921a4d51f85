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
	Statements  *Account  `json:"statements"` // null from a function that doesn't tell
	Rows        Account   `json:"rows"`
	// What a function that doesn't report statements (Untold) leaves open is null: the
	// counts from here to TruncatedLambdas, ErrorsByKind, Slowest, and those of the timeline.
	RowsAffected     *int64           `json:"rows_affected"`              // by the database's command tags
	Attempts         *int64           `json:"attempts"`                   // of the invocations that answered
	Retried          map[string]int64 `json:"retried"`                    // attempts followed by another, by kind of error
	Resent           *int64           `json:"resent_after_unknown"`       // statements sent again after an unknown outcome
	Confirmed        *int64           `json:"confirmed_by_resend"`        // those of them that found their rows there
	StoredElsewhere  int64            `json:"stored_elsewhere,omitempty"` // other acknowledged statements of whose rows the command tag tells not all
	ConnectRetries   map[string]int64 `json:"connect_retries"`            // Failed attempts to connect between statements, by kind
	ColdStarts       *int64           `json:"cold_starts"`                // null where neither the function nor Lambda tells
	Environments     *int64           `json:"environments"`
	TruncatedLambdas *int64           `json:"truncated_lambdas"`
	Throttles        map[string]int64 `json:"throttles"` // refused calls by reason; they were sent again
	StatementLatency StatementLatency `json:"statement_latency"`
	Overhead         *Overhead        `json:"client_overhead"`           // null when it wasn't measured
	ErrorsByKind     []ErrorCount     `json:"errors_by_kind"`            // of statements
	InvocationErrors map[string]int64 `json:"invocation_errors_by_kind"` // of invocations
	Slowest          []Statement      `json:"slowest_statements"`
	Timeline         []TimelineSecond `json:"timeline"`

	Billed      *Billed            `json:"billed"` // null when Lambda told nothing
	Admission   *Admission         `json:"admission"`
	Client      *ClientLoad        `json:"client"`          // null when it wasn't watched
	Cold        Stats              `json:"cold_latency_ms"` // as latency_ms, of cold starts alone
	Warm        Stats              `json:"warm_latency_ms"`
	Sample      []InvocationSample `json:"invocation_sample"`
	ClockOffset *float64           `json:"clock_offset_ms"` // at least so far was the function's clock from the driver's; null when no answer tells
}

// NothingSent reports whether no call of the scenario was made: it lasted no
// time, and what would be measured in it doesn't exist.
func (s *Summary) NothingSent() bool {
	a := s.Invocations
	return a.Planned > 0 && a.Planned == a.NotStarted && s.TotalDurationMs == 0
}

// RowSuccessRate is the share of the planned rows that was acknowledged, in percent;
// nil without a plan, and where the rows of failed invocations are in no count, as in
// the original suite's files. SuccessRate is that of invocations: one all of whose rows
// Failed has answered, and counts there.
func (s *Summary) RowSuccessRate() *float64 {
	counted := s.FailedLambdas == 0 || s.TotalErrors == s.Rows.Failed+s.Rows.Unknown
	if !counted || s.Rows.Planned <= 0 {
		return nil
	}
	return new(100 * float64(s.Rows.Acknowledged) / float64(s.Rows.Planned))
}

// Sent reports whether any invocation was. A foreign record has no account of those
// that were not, but a duration.
func (s *Summary) Sent() bool {
	return s.Invocations.Planned > s.Invocations.NotStarted && s.TotalDurationMs > 0
}

// Conflicts are the attempts that met one, whether or not another one followed.
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

// Untold reports whether the function that answered tells of rows alone, as the
// original suite's does. Its row ids are its own then.
func (s *Summary) Untold() bool { return s.Statements == nil }

// Forget makes null what isn't known of a function that doesn't report statements.
// It does nothing with another one's.
func (s *Summary) Forget() {
	if !s.Untold() {
		return
	}
	s.RowsAffected, s.Attempts, s.Resent, s.Confirmed, s.Environments, s.TruncatedLambdas = nil, nil, nil, nil, nil, nil
	s.Retried, s.ConnectRetries, s.ErrorsByKind, s.Slowest, s.ClockOffset = nil, nil, nil, nil, nil
	s.StatementLatency, s.Overhead = StatementLatency{TooFewFor: []string{}}, nil
	for i := range s.Timeline {
		t := &s.Timeline[i]
		t.Statements, t.Rows, t.Errors, t.ErrorKinds, t.Retried = nil, nil, nil, nil, nil
		t.FewPercentiles, t.Max = FewPercentiles{}, nil
	}
	if s.Billed == nil || s.Billed.Invocations < s.Invocations.Planned-s.Invocations.NotStarted { // Lambda doesn't tell of each
		s.ColdStarts, s.Cold, s.Warm = nil, Stats{}, Stats{}
		for i := range s.Timeline {
			s.Timeline[i].ColdStarts = nil
		}
		for i := range s.Sample {
			s.Sample[i].Cold = nil
		}
	}
}

// Known is a count, and 0 where it isn't known.
func Known(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// InvocationError is why one invocation failed.
type InvocationError struct {
	Index int    `json:"lambda_index"`
	Error string `json:"error"`
}
