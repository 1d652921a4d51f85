package worker

import (
	"slices"
	"strings"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry/capture"
)

// tally adds up an invocation's statements.
type tally struct {
	inv       bench.Invocation
	out       *bench.Response
	histogram latency.Recorder
	second    *bench.Second    // the last of out.Timeline
	recent    latency.Recorder // of second
	// barUs is the least latency that gets a statement among the slowest; 0 while there is
	// room for all.
	barUs int64
	// last is the failure of the last statement's last attempt.
	last bench.Failure
	// overhead is the part of the latencies that this process adds.
	overhead latency.Recorder
	// connecting is the part of histogram whose statements opened a connection.
	connecting latency.Recorder
	// observed: the slowest statements get their phases.
	observed bool
	told     told
}

// told is how much the partial answers have told.
type told struct{ partials, statements, seconds int }

func newTally(inv bench.Invocation, environment string, cold, observed bool) *tally {
	return &tally{
		inv:      inv,
		observed: observed,
		out: &bench.Response{
			ColdStart: cold,
			Scenario:  inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType, Statement: inv.Statement,
			Index: inv.Index, RunID: inv.RunID, EnvironmentID: environment, Retried: map[string]int64{}, ConnectRetries: map[string]int64{},
			Statements: &bench.Account{Planned: int64(inv.Statements()), NotStarted: int64(inv.Statements())},
		},
	}
}

// add adds a statement; kept names its trace.
func (t *tally) add(e *bench.Execution, kept capture.Kept) {
	last := &e.Attempts[len(e.Attempts)-1]
	t.last = last.Failure
	t.out.Statements.NotStarted--
	t.at(e.End())
	t.second.Statements++
	t.count(e)
	switch e.Failure.Outcome {
	case bench.Failed:
		t.out.Statements.Failed++
		t.out.Failed.Append(e.Number)
		t.addError(e.Failure)
	case bench.Unknown:
		t.out.Statements.Unknown++
		t.out.Unknown.Append(e.Number)
		t.addError(e.Failure)
	default:
		t.acknowledge(e, last)
	}
	if t.slow(e) {
		t.addSlow(e, kept)
	}
}

// acknowledge adds a statement whose rows are stored.
func (t *tally) acknowledge(e *bench.Execution, last *bench.Attempt) {
	t.out.Statements.Acknowledged++
	t.histogram.Record(e.Took())
	t.recent.Record(e.Took())
	if e.Connected() {
		t.connecting.Record(e.Took())
	}
	if own, ok := last.Overhead(); ok {
		t.overhead.Record(own)
	}
	t.second.Rows += int64(t.inv.RowsPerStatement())
	switch {
	case last.Affected == int64(t.inv.RowsPerStatement()):
	case last.Affected == 0 && resent(e.Attempts):
		t.out.Confirmed++
	default:
		t.out.StoredElsewhere++
	}
}

// count adds up attempts, whatever their outcome.
func (t *tally) count(e *bench.Execution) {
	last := len(e.Attempts) - 1
	for i := range e.Attempts {
		a := &e.Attempts[i]
		t.out.Attempts++
		t.out.RowsAffected += a.Affected
		if i < last {
			t.out.Retried[a.Failure.Kind]++
			t.second.Retried[a.Failure.Kind]++
		}
	}
	if resent(e.Attempts) {
		t.out.Resent++
	}
}

// resent reports whether an attempt followed one of unknown outcome.
func resent(attempts []bench.Attempt) bool {
	return slices.ContainsFunc(attempts[:len(attempts)-1], func(a bench.Attempt) bool { return a.Failure.Outcome == bench.Unknown })
}

// at makes t.second the second of the time at.
func (t *tally) at(at time.Time) {
	if t.second != nil && t.second.Unix == at.Unix() {
		return
	}
	t.endSecond()
	t.out.Timeline = append(t.out.Timeline, bench.Second{Unix: at.Unix(), ErrorKinds: map[string]int64{}, Retried: map[string]int64{}})
	t.second = &t.out.Timeline[len(t.out.Timeline)-1]
}

func (t *tally) endSecond() {
	if t.second != nil {
		t.second.Latency = t.recent.Sparse()
		t.second, t.recent = nil, latency.Recorder{}
	}
}

// endsSecond reports whether a statement that ended at that time is the first of a new second.
func (t *tally) endsSecond(at time.Time) bool { return t.second != nil && t.second.Unix != at.Unix() }

func (t *tally) addError(f bench.Failure) {
	t.second.Errors++
	t.second.ErrorKinds[f.Kind]++
	i := slices.IndexFunc(t.out.Errors, func(e bench.ErrorCount) bool { return e.Kind == f.Kind })
	if i < 0 {
		i = len(t.out.Errors)
		t.out.Errors = append(t.out.Errors, bench.ErrorCount{Kind: f.Kind, Message: f.Message})
	}
	t.out.Errors[i].Statements++
	t.out.Errors[i].Rows += int64(t.inv.RowsPerStatement())
}

// slow reports whether the statement is among the slowest so far.
func (t *tally) slow(e *bench.Execution) bool { return e.LatencyUs() >= t.barUs }

// addSlow keeps a statement that took at least barUs. The list grows to twice SlowestKept before
// addSlow sorts it and raises the bar, so sorting costs little. Of equally slow statements the
// first are kept.
func (t *tally) addSlow(e *bench.Execution, kept capture.Kept) {
	iteration, row := t.inv.Place(e.Number)
	s := bench.Statement{
		Invocation: t.inv.Index, Iteration: iteration, Row: row, Rows: t.inv.RowsPerStatement(),
		StartedUs: e.Start().UnixMicro(), LatencyUs: e.LatencyUs(), Attempts: len(e.Attempts),
		Outcome: e.Failure.Outcome, Error: e.Failure.Kind, SQLSTATE: e.Failure.SQLSTATE,
		Environment: t.out.EnvironmentID, ColdStart: t.out.ColdStart, TraceID: kept.TraceID, SpanID: kept.SpanID(), Detailed: kept.Detailed,
	}
	if t.observed {
		s.Phases = e.PhaseTimes()
	}
	t.out.Slowest = append(t.out.Slowest, s)
	if len(t.out.Slowest) >= 2*bench.SlowestKept {
		t.out.Slowest = append(t.out.Slowest[:0], bench.Slowest(t.out.Slowest)...) // keeps the room
		t.barUs = t.out.Slowest[len(t.out.Slowest)-1].LatencyUs + 1
	}
}

// response returns the Response of an invocation whose statements took that time.
func (t *tally) response(took time.Duration, encoder *latency.Encoder) (*bench.Response, error) {
	t.endSecond()
	o := t.out
	rows := t.out.Statements.Times(int64(t.inv.RowsPerStatement()))
	o.SuccessCount = rows.Acknowledged
	o.ErrorCount = rows.Planned - rows.Acknowledged
	o.TotalInserts = rows.Planned
	o.DurationMs = float64(took) / float64(time.Millisecond)
	if took > 0 {
		o.InsertsPerSecond = float64(o.SuccessCount) / took.Seconds()
	}
	o.Truncated = t.out.Statements.NotStarted > 0
	slices.SortFunc(o.Errors, func(a, b bench.ErrorCount) int { return strings.Compare(a.Kind, b.Kind) })
	if o.Slowest = bench.Slowest(o.Slowest); len(o.Slowest) == bench.SlowestKept {
		t.barUs = o.Slowest[bench.SlowestKept-1].LatencyUs + 1
	}
	var err error
	if t.overhead.Count() > 0 {
		if o.Overhead, err = t.overhead.Snapshot(encoder); err != nil {
			return nil, err
		}
	}
	if t.connecting.Count() > 0 {
		if o.Connecting, err = t.connecting.Snapshot(encoder); err != nil {
			return nil, err
		}
	}
	o.Latency, err = t.histogram.Snapshot(encoder)
	return o, err
}

// partial returns what the partial answer at the end of a second tells.
func (t *tally) partial(took time.Duration, encoder *latency.Encoder) (*bench.Partial, error) {
	whole, err := t.response(took, encoder)
	if err != nil {
		return nil, err
	}
	out := *whole
	out.Timeline = whole.Timeline[t.told.seconds:]
	out.Failed, out.Unknown = whole.Failed.From(t.told.statements), whole.Unknown.From(t.told.statements)
	out.Slowest = nil
	for _, s := range whole.Slowest {
		if t.inv.NumberAt(s.Iteration, s.Row) >= t.told.statements {
			out.Slowest = append(out.Slowest, s)
		}
	}
	t.told = told{t.told.partials + 1, int(out.Statements.Planned - out.Statements.NotStarted), len(whole.Timeline)}
	return &bench.Partial{Number: t.told.partials, SoFar: &out}, nil
}
