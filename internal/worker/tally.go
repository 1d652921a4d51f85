package worker

import (
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry"
)

// tally adds up an invocation's statements.
type tally struct {
	inv       bench.Invocation
	out       *bench.Response
	account   bench.Account
	histogram *latency.Histogram
	errors    map[string]*bench.ErrorCount
	second    *bench.Second // the last of out.Timeline
	// bar is the least latency that gets a statement among the slowest; 0 while
	// there is room for all.
	barUs int64
	// last is the failure of the last statement's last attempt.
	last dsql.Failure
	// overhead is what the function itself adds to the latencies.
	overhead *latency.Histogram
	// stored asks which rows of the statement that ended are in the table.
	stored func() (dsql.Stored, error)
}

func newTally(inv bench.Invocation, environment string) *tally {
	return &tally{
		inv:       inv,
		account:   bench.Account{Planned: int64(inv.Statements()), NotStarted: int64(inv.Statements())},
		histogram: latency.New(),
		overhead:  latency.New(),
		errors:    map[string]*bench.ErrorCount{},
		out: &bench.Response{
			Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType,
			Index: inv.Index, RunID: inv.RunID, EnvironmentID: environment,
		},
	}
}

// add takes in the attempts of the n-th statement. It returns what became of it.
func (t *tally) add(n int, attempts []dsql.Attempt, observed *telemetry.Invocation) dsql.Failure {
	e := ended{n: n, sent: attempts[0].Start, attempts: len(attempts)}
	e.took = attempts[len(attempts)-1].End.Sub(e.sent)
	t.count(attempts)
	t.last = attempts[len(attempts)-1].Failure
	e.failure = t.judge(attempts)
	t.account.NotStarted--
	t.at(e.sent.Add(e.took))
	t.second.Statements++
	for _, a := range attempts[:len(attempts)-1] {
		t.second.Retried = counted(t.second.Retried, a.Failure.Kind)
	}
	switch e.failure.Outcome {
	case bench.Failed:
		t.account.Failed++
		t.out.Failed.Append(n)
		t.addError(e.failure)
	case bench.Unknown:
		t.account.Unknown++
		t.out.Unknown.Append(n)
		t.addError(e.failure)
	default:
		t.account.Acknowledged++
		t.histogram.Record(e.took)
		if own, ok := attempts[len(attempts)-1].Overhead(); ok {
			t.overhead.Record(own)
		}
		t.second.Rows += int64(t.inv.RowsPerStatement())
		t.second.Latency.Record(e.took)
	}
	slowest := e.latencyUs() >= t.barUs
	e.kept = observed.Statement(telemetry.Statement{
		Number: n, Start: e.sent, Took: e.took, Outcome: e.failure.Outcome, Kind: e.failure.Kind, SQLSTATE: e.failure.SQLSTATE,
		Slowest: slowest,
	})
	if slowest {
		t.addSlow(e, observed)
	}
	return e.failure
}

// counted adds one to n[key]; n may be nil.
func counted(n map[string]int64, key string) map[string]int64 {
	if n == nil {
		n = map[string]int64{}
	}
	n[key]++
	return n
}

// ended is how one statement went.
type ended struct {
	n        int // the statement's number in the invocation, from 0
	sent     time.Time
	took     time.Duration // all attempts and the waits between them
	attempts int
	failure  dsql.Failure
	kept     telemetry.Kept
}

func (e *ended) latencyUs() int64 { return e.took.Round(time.Microsecond).Microseconds() }

// count adds up attempts, whatever they come to.
func (t *tally) count(attempts []dsql.Attempt) {
	last := len(attempts) - 1
	for i, a := range attempts {
		t.out.Attempts++
		t.out.RowsAffected += a.Affected
		if i < last {
			t.out.Retried = counted(t.out.Retried, a.Failure.Kind)
		}
	}
	if resent(attempts) {
		t.out.Resent++
	}
}

// resent reports whether an attempt followed one of unknown outcome.
func resent(attempts []dsql.Attempt) bool {
	return slices.ContainsFunc(attempts[:len(attempts)-1], func(a dsql.Attempt) bool { return a.Failure.Outcome == bench.Unknown })
}

// judge says what became of a statement. One that ends in failure after an attempt of
// unknown outcome is of unknown outcome still.
func (t *tally) judge(attempts []dsql.Attempt) dsql.Failure {
	last := attempts[len(attempts)-1]
	switch {
	case last.Failure.Outcome == bench.Acknowledged && last.Affected != int64(t.inv.RowsPerStatement()):
		last.Failure = t.lookedUp(last.Affected, resent(attempts))
	case last.Failure.Outcome == bench.Failed && resent(attempts):
		last.Failure.Outcome = bench.Unknown
	}
	return last.Failure
}

// at makes t.second the one of the time at.
func (t *tally) at(at time.Time) {
	if t.second != nil && t.second.Unix == at.Unix() {
		return
	}
	t.out.Timeline = append(t.out.Timeline, bench.Second{Unix: at.Unix(), Latency: latency.Sparse{}})
	t.second = &t.out.Timeline[len(t.out.Timeline)-1]
}

func (t *tally) addError(f dsql.Failure) {
	t.second.Errors++
	t.second.ErrorKinds = counted(t.second.ErrorKinds, f.Kind)
	sum := t.errors[f.Kind]
	if sum == nil {
		sum = &bench.ErrorCount{Kind: f.Kind, Message: f.Message}
		t.errors[f.Kind] = sum
	}
	sum.Statements++
	sum.Rows += int64(t.inv.RowsPerStatement())
}

// addSlow keeps a statement that took barUs at least; it sorts only once in
// SlowestKept statements. Of equally slow ones the first are kept.
func (t *tally) addSlow(e ended, observed *telemetry.Invocation) {
	iteration, row := t.inv.Place(e.n)
	t.out.Slowest = append(t.out.Slowest, bench.Statement{
		Invocation: t.inv.Index, Iteration: iteration, Row: row, Rows: t.inv.RowsPerStatement(),
		StartedUs: e.sent.UnixMicro(), LatencyUs: e.latencyUs(), Attempts: e.attempts,
		Outcome: e.failure.Outcome, Error: e.failure.Kind, Environment: t.out.EnvironmentID,
		SQLSTATE: e.failure.SQLSTATE, TraceID: e.kept.TraceID, SpanID: e.kept.SpanID,
		Phases: observed.PhasesOf(e.sent), Detailed: e.kept.Detailed,
	})
	if len(t.out.Slowest) >= 2*bench.SlowestKept {
		t.out.Slowest = bench.Slowest(t.out.Slowest)
		t.barUs = t.out.Slowest[len(t.out.Slowest)-1].LatencyUs + 1
	}
}

// response closes the tally of a loop that took the given time.
func (t *tally) response(took time.Duration) (*bench.Response, error) {
	o := t.out
	rows := t.account.Times(int64(t.inv.RowsPerStatement()))
	o.Statements = &t.account
	o.SuccessCount = rows.Acknowledged
	o.ErrorCount = rows.Planned - rows.Acknowledged
	o.TotalInserts = rows.Planned
	o.DurationMs = float64(took) / float64(time.Millisecond)
	if took > 0 {
		o.InsertsPerSecond = float64(o.SuccessCount) / took.Seconds()
	}
	o.Truncated = t.account.NotStarted > 0
	for _, e := range t.errors {
		o.Errors = append(o.Errors, *e)
	}
	slices.SortFunc(o.Errors, func(a, b bench.ErrorCount) int { return strings.Compare(a.Kind, b.Kind) })
	o.Slowest = bench.Slowest(o.Slowest)
	var err error
	if t.overhead.Count() > 0 {
		if o.Overhead, err = t.overhead.Snapshot(); err != nil {
			return nil, err
		}
	}
	o.Latency, err = t.histogram.Snapshot()
	return o, err
}
