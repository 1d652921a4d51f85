package bench

import (
	"slices"

	"dsql-load-test/internal/latency"
)

// Reply is the Lambda function's payload: the original suite's HTTP-like form.
type Reply struct {
	StatusCode int    `json:"statusCode"` // 200, or 500 when the invocation was refused
	Body       string `json:"body"`       // JSON of a ReplyBody
}

// ReplyBody is the JSON text in Reply.Body.
type ReplyBody struct {
	Success bool `json:"success"`
	// Result is what was done, when Success; in a refusal the original's counts alone.
	Result *Response `json:"result,omitempty"`
	Error  string    `json:"error,omitempty"` // when not
	// Refused: the invocation sent nothing to the database. If neither Success nor Refused
	// is set, it is unknown which rows were written.
	Refused bool `json:"refused,omitempty"`
}

// Response is the result that the function returns for one invocation: the fields of the
// original suite, then ours. A foreign function leaves Statements nil.
type Response struct {
	SuccessCount int64 `json:"success_count"` // rows acknowledged
	// ErrorCount is all other planned rows. It includes rows that were never sent, so that
	// tools that know only the original fields don't take an invocation that was cut short
	// for a complete one.
	ErrorCount       int64     `json:"error_count"`
	DurationMs       float64   `json:"duration_ms"` // of the loop, by the function's clock
	InsertsPerSecond float64   `json:"inserts_per_second"`
	TotalInserts     int64     `json:"total_inserts"` // rows planned: iterations x count
	Scenario         Scenario  `json:"scenario"`
	Iterations       int       `json:"iterations"`
	Count            int       `json:"count"`
	EventType        EventType `json:"event_type"`
	Index            int       `json:"lambda_index"`

	RunID        string   `json:"run_id,omitempty"`
	Statement    Form     `json:"statement,omitempty"`  // as asked for
	StartedUs    int64    `json:"started_us,omitempty"` // start of the loop, microseconds since 1970, by the function's clock
	Statements   *Account `json:"statements,omitempty"`
	RowsAffected int64    `json:"rows_affected"` // by the database's command tags
	Attempts     int64    `json:"attempts"`      // statements sent, re-sent ones again
	// Retried counts the attempts that failed and were followed by another one,
	// by kind of their error.
	Retried map[string]int64 `json:"retried,omitempty"`
	// Resent counts the statements that were sent again after an attempt of
	// unknown outcome; Confirmed those of them that found their rows there.
	Resent    int64 `json:"resent_after_unknown,omitempty"`
	Confirmed int64 `json:"confirmed_by_resend,omitempty"`
	// StoredElsewhere counts the other acknowledged statements whose command tag has the
	// wrong number of rows, mostly too few, although all their ids are in the table.
	StoredElsewhere int64  `json:"stored_elsewhere,omitempty"`
	Truncated       bool   `json:"truncated"`  // stopped before the function's time-out
	ColdStart       bool   `json:"cold_start"` // first invocation of its environment
	EnvironmentID   string `json:"environment_id,omitempty"`
	// ConnectRetries counts the attempts to connect between two statements that
	// failed, while the database couldn't be reached, by kind of their error.
	ConnectRetries map[string]int64 `json:"connect_retries,omitempty"`
	// Latency holds each acknowledged statement once.
	Latency *latency.Snapshot `json:"latency,omitempty"`
	// Connecting holds those of them that opened a connection; nil if there are none.
	Connecting *latency.Snapshot `json:"connecting_latency,omitempty"`
	// Overhead is the part of these latencies that the function itself took: from
	// the arrival of the answer at its socket to the reading of its clock. It holds the
	// statements for which the kernel reported the arrival; nil if there are none.
	Overhead *latency.Snapshot `json:"overhead,omitempty"`
	// Failed and Unknown are the numbers of the statements with that outcome.
	Failed   Ranges       `json:"failed_statements,omitempty"`
	Unknown  Ranges       `json:"unknown_statements,omitempty"`
	Errors   []ErrorCount `json:"errors,omitempty"`
	Slowest  []Statement  `json:"slowest,omitempty"`  // slowest first
	Timeline []Second     `json:"timeline,omitempty"` // seconds in which a statement ended
	// Telemetry is sent on by the driver to its collector; nil if telemetry is off.
	Telemetry *TelemetryReply `json:"telemetry,omitempty"`
}

// Partial is a line of a streamed answer: what an invocation has done by the end of a second in
// which a statement ended. The last line of the answer is the Reply, which repeats all of it but
// the telemetry.
type Partial struct {
	Number int `json:"partial"` // 1 for the first
	// SoFar is the Response as if the invocation ended here: statements that haven't ended are
	// not started. Its lists have only what is new since the Partial before: Timeline, Failed,
	// Unknown, Slowest and Telemetry.
	SoFar *Response `json:"so_far"`
}

// Unanswered returns the Response of an invocation of which r is the last Partial, joined with
// those before, and which ended for the reason that kind and message give. Its statements, of
// rowsEach rows, that r counts as not started may have run, so they are unknown.
func (r *Response) Unanswered(rowsEach int64, kind, message string) *Response {
	all, rest := *r, r.Statements.NotStarted
	if rest == 0 {
		return &all
	}
	a := *r.Statements
	rows := rest * rowsEach
	all.Unknown = r.Unknown.Join(Ranges{{int(a.Planned - rest), int(a.Planned)}})
	a.Unknown, a.NotStarted = a.Unknown+rest, 0
	all.Statements, all.Truncated = &a, false
	all.Errors = slices.Clone(r.Errors)
	if i := slices.IndexFunc(all.Errors, func(e ErrorCount) bool { return e.Kind == kind }); i >= 0 {
		all.Errors[i].Statements += rest
		all.Errors[i].Rows += rows
	} else {
		all.Errors = append(all.Errors, ErrorCount{Kind: kind, Message: message, Statements: rest, Rows: rows})
	}
	return &all
}

// PartialPrefix begins the JSON of each Partial, and of no Reply.
const PartialPrefix = `{"partial":`

// ErrorCount says how often statements failed in one way.
type ErrorCount struct {
	Kind       string `json:"kind"`    // SQLSTATE, or a word such as connection_lost
	Message    string `json:"message"` // of the first one
	Statements int64  `json:"statements"`
	Rows       int64  `json:"rows"`
}

// Statement is one of the slowest statements.
type Statement struct {
	Invocation  int     `json:"lambda_index"`
	Iteration   int     `json:"iteration"`
	Row         int     `json:"row"` // position in the iteration; 0 for a batch
	Rows        int     `json:"rows"`
	StartedUs   int64   `json:"started_unix_us"` // by the function's clock
	LatencyUs   int64   `json:"latency_us"`
	Attempts    int     `json:"attempts"`
	Outcome     Outcome `json:"outcome"`
	Error       string  `json:"error,omitempty"` // kind
	ColdStart   bool    `json:"cold_start"`
	Environment string  `json:"environment_id,omitempty"`
	// TraceID and SpanID are those of its span; empty when none was kept.
	TraceID string `json:"trace_id,omitempty"`
	SpanID  string `json:"span_id,omitempty"`
	// SQLSTATE is the database's code of the error; empty when it gave none.
	SQLSTATE string `json:"sqlstate,omitempty"`
	// Phases are the phases of its attempts, in order; empty if telemetry is off.
	Phases []PhaseTime `json:"phases,omitempty"`
	// Detailed: its trace holds its attempts and phases. The driver adds them to
	// the traces of the scenario's slowest statements that lack them.
	Detailed bool `json:"detailed,omitempty"`
	// TraceURL opens the trace in Grafana or, without that, in Jaeger; only in a
	// Record.
	TraceURL string `json:"trace_url,omitempty"`
}

// Second is what happened in one second of the wall clock, counted where a
// statement ended.
type Second struct {
	Unix       int64            `json:"unix"` // seconds since 1970, by the function's clock
	Statements int64            `json:"statements"`
	Rows       int64            `json:"rows"`                  // acknowledged
	Errors     int64            `json:"errors"`                // statements not acknowledged
	ErrorKinds map[string]int64 `json:"error_kinds,omitempty"` // Errors by kind
	Retried    map[string]int64 `json:"retried,omitempty"`     // attempts followed by another, by kind
	Latency    latency.Sparse   `json:"latency_us,omitempty"`
}

// Ranges is a set of statement numbers as half-open intervals, ascending.
type Ranges [][2]int

// Append adds n, which must be above all that r holds.
func (r *Ranges) Append(n int) {
	if last := len(*r) - 1; last >= 0 && (*r)[last][1] == n {
		(*r)[last][1]++
		return
	}
	*r = append(*r, [2]int{n, n + 1})
}

// From returns the numbers of r from n on.
func (r Ranges) From(n int) (rest Ranges) {
	for _, span := range r {
		if span[1] > n {
			rest = append(rest, [2]int{max(span[0], n), span[1]})
		}
	}
	return rest
}

// Join returns r with the numbers of o, which must all be above those of r.
func (r Ranges) Join(o Ranges) Ranges {
	all := slices.Clone(r)
	for _, span := range o {
		if last := len(all) - 1; last >= 0 && all[last][1] == span[0] {
			all[last][1] = span[1]
			continue
		}
		all = append(all, span)
	}
	return all
}

// Len returns how many numbers r holds.
func (r Ranges) Len() (n int64) {
	for _, span := range r {
		n += int64(span[1] - span[0])
	}
	return n
}

// Contains reports whether r holds n.
func (r Ranges) Contains(n int) bool {
	for _, span := range r {
		if n < span[1] {
			return n >= span[0]
		}
	}
	return false
}

// Foreign reports whether the response is from a function of another suite. It counts
// rows, but reports nothing about statements.
func (r *Response) Foreign() bool { return r.Statements == nil }

// Rows returns the invocation's account in rows. A foreign function doesn't report how
// rows failed, and a row whose answer was lost may be in the table. So they count as
// unknown.
func (r *Response) Rows(asked Invocation) Account {
	if r.Statements != nil {
		return r.Statements.Times(int64(asked.RowsPerStatement()))
	}
	unknown := max(r.ErrorCount, r.TotalInserts-r.SuccessCount)
	return Account{
		Planned: asked.Rows(), Acknowledged: r.SuccessCount, Unknown: unknown,
		NotStarted: asked.Rows() - r.SuccessCount - unknown,
	}
}

// Expect sets the fields that a function may leave out, before its JSON is decoded into
// r.
func (r *Response) Expect(asked Invocation) {
	r.Scenario, r.EventType, r.Index = asked.Scenario, asked.EventType, asked.Index
	r.Iterations, r.Count, r.TotalInserts = asked.Iterations, asked.Count, asked.Rows()
}

// OutcomeOf returns the outcome of statement n, counted from 0.
func (r *Response) OutcomeOf(n int) Outcome {
	switch a := r.Statements; {
	case int64(n) >= a.Planned-a.NotStarted:
		return NotStarted
	case r.Failed.Contains(n):
		return Failed
	case r.Unknown.Contains(n):
		return Unknown
	}
	return Acknowledged
}
