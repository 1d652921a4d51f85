package bench

import (
	"strings"
	"time"

	"dsql-load-test/internal/latency"
)

// SchemaVersion is the version of Record's JSON form. Version 2 brought the
// verdict and what it rests on; version 3 the check of the trace store, and 50
// slowest statements in place of 20. Package report reads the older ones too.
const SchemaVersion = 3

// Record is a run's result, complete: every report is made from it alone. Its
// JSON form is described by schema/results.schema.json. Numbers that don't
// exist are null.
type Record struct {
	SchemaVersion int           `json:"schema_version"`
	Run           Run           `json:"run"`
	Scenario1     *Summary      `json:"scenario_1,omitempty"`
	Scenario2     *Summary      `json:"scenario_2,omitempty"`
	Verification  *Verification `json:"verification,omitempty"`
	Telemetry     *Telemetry    `json:"telemetry,omitempty"`
	Accounts      *Accounts     `json:"accounts,omitempty"`    // absent without telemetry
	TraceStore    *TraceStore   `json:"trace_store,omitempty"` // absent without telemetry, and when nobody was asked
	Verdict       *Verdict      `json:"verdict"`               // null in a file of before there was one
	Thresholds    []Threshold   `json:"thresholds"`
	Cost          *Cost         `json:"cost,omitempty"`       // absent on the local target
	CloudWatch    *CloudWatch   `json:"cloudwatch,omitempty"` // absent until it was fetched
	// Looks are all looks at the table, in order; Verification is the one that stands.
	Looks    []Look    `json:"verifications,omitempty"`
	Cleanups []Cleanup `json:"cleanups,omitempty"` // by driver cleanup, in order
	// Reports are the files made of this record, but for those beside it that have its name.
	Reports []ReportFile `json:"reports,omitempty"`
}

// ReportFile is a file made of a record.
type ReportFile struct {
	Format Format `json:"format"`
	File   string `json:"file"` // its path, from the folder of the results file on where there is one
}

// Format is a form that a report can have.
type Format string

// The formats, by their names on the command line.
const (
	FormatText     Format = "text"
	FormatHTML     Format = "html"
	FormatJSON     Format = "json"
	FormatCSV      Format = "csv"
	FormatMarkdown Format = "markdown"
	FormatJUnit    Format = "junit"
)

// Summaries are the scenarios that ran, in order.
func (r *Record) Summaries() []*Summary {
	var all []*Summary
	for _, s := range []*Summary{r.Scenario1, r.Scenario2} {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// Status is how a run ended.
type Status string

// The ways in which a run ends.
const (
	// Complete: every planned row was acknowledged and no check failed.
	Complete Status = "complete"
	// Incomplete: the run came to its end, but not every row was acknowledged,
	// or a check failed.
	Incomplete Status = "incomplete"
	// Interrupted: somebody stopped it.
	Interrupted Status = "interrupted"
	// Running: it goes on. In a file that was moved it may also have been killed.
	Running Status = "running"
	// Killed: its driver is gone, and left no word of the end.
	Killed Status = "killed"
)

// Run says which run a Record is of.
type Run struct {
	ID              string            `json:"id"` // ULID
	Status          Status            `json:"status"`
	StartedAt       time.Time         `json:"started_at"`
	EndedAt         time.Time         `json:"ended_at"`
	DurationSeconds float64           `json:"duration_seconds"`
	Target          Target            `json:"target"`
	Seed            int64             `json:"seed"`
	Config          Config            `json:"config"`
	LocalTarget     *LocalTarget      `json:"local_target,omitempty"`
	Versions        map[string]string `json:"versions"`
	Commit          string            `json:"commit"` // of this tool; "unknown" when it can't be told
	Host            Host              `json:"host"`
	WarmUp          *WarmUp           `json:"warm_up,omitempty"`
	Warnings        []string          `json:"warnings"`
	Links           *Links            `json:"links,omitempty"`    // absent without telemetry
	Function        *Function         `json:"function,omitempty"` // absent on the local target
	Repeat          *Repeat           `json:"repeat,omitempty"`   // absent of a run by itself
	Database        *Database         `json:"database,omitempty"` // as the driver had it; absent where it had none
	// TableNotes say what the table has that the suite's own hasn't, such as an index.
	TableNotes []string `json:"table_notes,omitempty"`
	// ServerSettings are those of the database that end statements or slow them.
	ServerSettings []ServerSetting `json:"server_settings,omitempty"`
}

// IsRunID reports whether a text is a run's id: a ULID, in capitals.
func IsRunID(text string) bool {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	return len(text) == 26 && strings.Trim(text, crockford) == ""
}

// Repeat says which of several equal runs one was.
type Repeat struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`
}

// LocalTarget is how the local target was set up.
type LocalTarget struct {
	EnvConcurrency         int     `json:"env_concurrency"`   // invocations that one environment serves at once
	ConcurrencyLimit       int     `json:"concurrency_limit"` // invocations before a 429
	FunctionTimeoutSeconds float64 `json:"function_timeout_seconds"`
	// Front: a proxy that holds to DSQL's rules stood before the database.
	Front bool `json:"front"`
	// Faults are those asked for, Injected how often each happened.
	Faults   []string         `json:"faults"`
	Injected map[string]int64 `json:"injected"`
	// Database is "throwaway", or "existing" when --database-url named one.
	Database string `json:"database"`
}

// Host is the machine that the driver ran on.
type Host struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	CPUs        int    `json:"cpus"`
	CPUModel    string `json:"cpu_model"`
	MemoryBytes uint64 `json:"memory_bytes"`
}

// WarmUp is what the warm-up did; none of it is in any other figure.
type WarmUp struct {
	Invocations Account `json:"invocations"`
	ColdStarts  *int64  `json:"cold_starts"` // null when neither the function nor Lambda told
	RowsRemoved int64   `json:"rows_removed"`
	// RowsLeft are those that were acknowledged and are still in the table; nil in
	// older files.
	RowsLeft *int64 `json:"rows_left,omitempty"`
	// Rows is nil in older files.
	Rows         *Account     `json:"rows,omitempty"`
	ErrorsByKind []ErrorCount `json:"errors_by_kind,omitempty"`
	// FirstError is that of the first invocation that failed.
	FirstError string `json:"first_error,omitempty"`
	// Billed is what Lambda billed of it; nil when it told nothing, and in older files.
	Billed *Billed `json:"billed,omitempty"`
}

// Failed reports whether no row of the warm-up was acknowledged.
func (w *WarmUp) Failed() bool {
	return w != nil && w.Rows != nil && w.Rows.Planned > 0 && w.Rows.Acknowledged == 0
}

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
	// What a function that doesn't tell of statements (Untold) leaves open is null: the
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

// NotRun reports whether the scenario never had its turn, since the run was
// stopped before: by somebody, or by its warm-up.
func (r *Record) NotRun(s *Summary) bool {
	stopped := r.Run.Status == Interrupted || r.Run.Status == Incomplete && r.Run.WarmUp.Failed()
	return stopped && s.NothingSent()
}

// Throwaway reports whether the run's rows were in a database that ended with it.
func (r *Run) Throwaway() bool { return r.LocalTarget != nil && r.LocalTarget.Database == "throwaway" }

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
	return valueIf(counted && s.Rows.Planned > 0, 100*ratio(float64(s.Rows.Acknowledged), float64(s.Rows.Planned)))
}

// Untold reports whether the function that answered tells of rows alone, as the
// original suite's does. Its row ids are its own then.
func (s *Summary) Untold() bool { return s.Statements == nil }

// Forget makes null what isn't known of a function that doesn't tell of statements.
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
		t.P50, t.P95, t.P99, t.Max = nil, nil, nil, nil
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

// Spread tells of a set of numbers; null when it is empty.
type Spread struct {
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	Avg    *float64 `json:"avg"`
	Median *float64 `json:"median"`
}

// Stats is Spread with two percentiles (nearest rank).
type Stats struct {
	Spread
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
}

// StatementLatency is the distribution of acknowledged statements' latency in
// ms, from merged histograms; null without a sample.
type StatementLatency struct {
	Count int64    `json:"count"`
	Min   *float64 `json:"min_ms"`
	Avg   *float64 `json:"avg_ms"`
	P50   *float64 `json:"p50_ms"`
	P90   *float64 `json:"p90_ms"`
	P95   *float64 `json:"p95_ms"`
	P99   *float64 `json:"p99_ms"`
	P999  *float64 `json:"p99_9_ms"`
	Max   *float64 `json:"max_ms"`
	// TooFewFor names the percentiles that fewer than ten samples lie beyond.
	TooFewFor []string          `json:"too_few_samples_for"`
	Histogram *latency.Snapshot `json:"histogram"`
}

// Overhead is the part of the statements' latency that the function itself took,
// in ms: from the arrival of an answer at its socket to the reading of its clock. A
// busy machine adds there, and the database has no part in it.
type Overhead struct {
	Count int64   `json:"count"` // statements whose connection told
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
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
	Errors *int64   `json:"errors"`
	P50    *float64 `json:"p50_ms"`
	P95    *float64 `json:"p95_ms"`
	P99    *float64 `json:"p99_ms"`
	Max    *float64 `json:"max_ms"`
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
