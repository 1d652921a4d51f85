package worker

import (
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry"
)

// ended is how one statement went.
type ended struct {
	n        int // the statement's number in the invocation, from 0
	sent     time.Time
	took     time.Duration
	affected int64
	err      error
}

// tally adds up an invocation's statements.
type tally struct {
	inv       bench.Invocation
	out       *bench.Response
	account   bench.Account
	histogram *latency.Histogram
	errors    map[string]*bench.ErrorCount
	second    *bench.Second // the last of out.Timeline
}

func newTally(inv bench.Invocation, environment string) *tally {
	return &tally{
		inv:       inv,
		account:   bench.Account{Planned: int64(inv.Statements()), NotStarted: int64(inv.Statements())},
		histogram: latency.New(),
		errors:    map[string]*bench.ErrorCount{},
		out: &bench.Response{
			Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType,
			Index: inv.Index, RunID: inv.RunID, EnvironmentID: environment,
		},
	}
}

func (t *tally) add(e ended, observed *telemetry.Invocation) {
	t.out.Attempts++
	t.out.RowsAffected += e.affected
	t.account.NotStarted--
	t.at(e.sent.Add(e.took))
	t.second.Statements++
	failure := t.judge(e)
	switch failure.Outcome {
	case bench.Failed:
		t.account.Failed++
		t.out.Failed.Append(e.n)
		t.addError(failure)
	case bench.Unknown:
		t.account.Unknown++
		t.out.Unknown.Append(e.n)
		t.addError(failure)
	default:
		t.account.Acknowledged++
		t.histogram.Record(e.took)
		t.second.Rows += int64(t.inv.RowsPerStatement())
		t.second.Latency.Record(e.took)
	}
	traceID, spanID := observed.Statement(telemetry.Statement{
		Number: e.n, Start: e.sent, Took: e.took, Attempts: 1, Outcome: failure.Outcome, Kind: failure.Kind, SQLSTATE: failure.SQLSTATE,
	})
	t.addSlow(e, failure, traceID, spanID)
}

// judge says what became of a statement. One that skipped rows counts as
// failed: its ids were in the table before, so it did not do what was planned
// and its latency is not that of an insert.
func (t *tally) judge(e ended) dsql.Failure {
	planned := int64(t.inv.RowsPerStatement())
	switch {
	case e.err != nil:
		return dsql.Explain(e.err)
	case e.affected != planned:
		return dsql.Failure{
			Kind: dsql.AlreadyPresent, Outcome: bench.Failed,
			Message: fmt.Sprintf("%d of %d rows inserted, the others' ids were in the table", e.affected, planned),
		}
	}
	return dsql.Failure{Outcome: bench.Acknowledged}
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
	sum := t.errors[f.Kind]
	if sum == nil {
		sum = &bench.ErrorCount{Kind: f.Kind, Message: f.Message}
		t.errors[f.Kind] = sum
	}
	sum.Statements++
	sum.Rows += int64(t.inv.RowsPerStatement())
}

// addSlow keeps the slowest; it sorts only once in SlowestKept statements.
func (t *tally) addSlow(e ended, f dsql.Failure, traceID, spanID string) {
	iteration, row := t.inv.Place(e.n)
	t.out.Slowest = append(t.out.Slowest, bench.Statement{
		Invocation: t.inv.Index, Iteration: iteration, Row: row, Rows: t.inv.RowsPerStatement(),
		StartedUs: e.sent.UnixMicro(), LatencyUs: e.took.Round(time.Microsecond).Microseconds(), Attempts: 1,
		Outcome: f.Outcome, Error: f.Kind, Environment: t.out.EnvironmentID,
		TraceID: traceID, SpanID: spanID,
	})
	if len(t.out.Slowest) >= 2*bench.SlowestKept {
		t.out.Slowest = bench.Slowest(t.out.Slowest)
	}
}

// response closes the tally of a loop that took the given time.
func (t *tally) response(took time.Duration) (*bench.Response, error) {
	o := t.out
	rows := t.account.Times(int64(t.inv.RowsPerStatement()))
	o.Statements = &t.account
	o.SuccessCount = rows.Acknowledged
	o.ErrorCount = rows.Failed + rows.Unknown
	o.TotalInserts = o.SuccessCount + o.ErrorCount
	o.DurationMs = float64(took) / float64(time.Millisecond)
	if took > 0 {
		o.InsertsPerSecond = float64(o.SuccessCount) / took.Seconds()
	}
	o.Truncated = t.account.NotStarted > 0
	for _, e := range t.errors {
		o.Errors = append(o.Errors, *e)
	}
	o.Slowest = bench.Slowest(o.Slowest)
	var err error
	o.Latency, err = t.histogram.Snapshot()
	return o, err
}
