package bench

import "time"

// Result is how one invocation ended, as the driver saw it. Every planned
// invocation has exactly one.
type Result struct {
	Index   int
	Outcome Outcome
	// Error says why Outcome isn't Acknowledged; ErrorKind groups such errors
	// ("Unhandled", "throttled", "connection_refused", "response_lost").
	Error     string
	ErrorKind string
	// Sent and Ended bracket the last call of the Invoke API, by the driver's
	// clock. Both are zero when the invocation was never sent.
	Sent  time.Time
	Ended time.Time
	// Throttles counts the calls that were refused before, by reason; ThrottledAt
	// is when each of them was sent, in order.
	Throttles   map[string]int
	ThrottledAt []time.Time
	RequestID   string
	// TimedOut: Lambda ended it at the function's time-out.
	TimedOut bool
	// Streamed is the bytes of the answer that came in pieces; 0 if it came as a whole.
	Streamed int64
	// Report is nil when Lambda didn't send one.
	Report *Report
	// Response is what the function answered; nil unless Acknowledged or Partial.
	Response *Response
	// Partial: it ended without a reply, so Outcome is Unknown. Response has what it had told
	// before; its other statements are unknown.
	Partial bool
	// Distrusted is why a partial answer wasn't believed; empty if all were. What it and later
	// ones told is in Response if there is a reply, but their telemetry is lost.
	Distrusted string
}

// Untold returns how many statements of a Partial result the invocation hasn't told of.
func (r *Result) Untold() int64 {
	n := r.Response.Statements.Planned
	for i := range r.Response.Timeline {
		n -= r.Response.Timeline[i].Statements
	}
	return n
}

// Latency returns the duration of the invocation as the driver saw it.
func (r *Result) Latency() time.Duration { return r.Ended.Sub(r.Sent) }

// Cold reports whether the invocation was the first of its environment, by the response
// of the function or else by Lambda's REPORT line; nil if neither says.
func (r *Result) Cold() *bool {
	if r.Response != nil && r.Response.Statements != nil {
		return &r.Response.ColdStart
	}
	if r.Report == nil {
		return nil
	}
	return new(r.Report.Init > 0)
}

// Rows returns the invocation's account in rows. Without a response all its rows have
// its outcome.
func (r *Result) Rows(asked Invocation) Account {
	if r.Response != nil {
		return r.Response.Rows(asked)
	}
	var a Account
	a.Count(r.Outcome, asked.Rows())
	return a
}

// Statements returns the invocation's account in statements; nil from a foreign
// function.
func (r *Result) Statements(asked Invocation) *Account {
	if r.Response != nil {
		return r.Response.Statements
	}
	var a Account
	a.Count(r.Outcome, int64(asked.Statements()))
	return &a
}

// OutcomeOf returns the outcome of the invocation's statement n, counted from 0. ok is
// false for a foreign function, which doesn't report it.
func (r *Result) OutcomeOf(n int) (o Outcome, ok bool) {
	if r.Response == nil {
		return r.Outcome, true
	}
	if r.Response.Statements == nil {
		return "", false
	}
	return r.Response.OutcomeOf(n), true
}

// Report is the REPORT line that Lambda writes to an invocation's log.
type Report struct {
	Duration    time.Duration
	Billed      time.Duration
	Init        time.Duration // 0 unless the environment was started for it
	MemoryMB    int64         // that the function has
	MaxMemoryMB int64         // most memory its environment ever used
}
