package htmltest

import (
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Bare is a run on the local target that has nothing but its scenarios.
func Bare(status bench.Status, one, two *bench.Summary) *bench.Record {
	config := bench.Defaults()
	config.FunctionName = "dsql-load-test"
	return &bench.Record{SchemaVersion: bench.SchemaVersion, Scenario1: one, Scenario2: two, Run: bench.Run{
		ID: "01M850BJEVW2N143JB0YS2GE2T", Status: status, StartedAt: start(), EndedAt: start().Add(5 * time.Second),
		DurationSeconds: 5, Target: bench.Local, Config: config,
	}}
}

// unsent is a scenario of which no invocation was sent.
func unsent(t *testing.T, s bench.Scenario, n int64) *bench.Summary {
	t.Helper()
	return &bench.Summary{
		RowsAffected: new(int64), Attempts: new(int64), Resent: new(int64), Confirmed: new(int64), ColdStarts: new(int64), Environments: new(int64), TruncatedLambdas: new(int64),
		Scenario: s, TotalLambdas: n, Concurrency: int(n),
		Invocations: bench.Account{Planned: n, NotStarted: n}, Rows: bench.Account{Planned: 10 * n, NotStarted: 10 * n},
		Statements: &bench.Account{Planned: 10 * n, NotStarted: 10 * n}, StatementLatency: StatementLatency(t, latency.New()),
	}
}

// Failed is a scenario in which every invocation was sent and none succeeded.
func Failed(t *testing.T, s bench.Scenario) *bench.Summary {
	t.Helper()
	f := unsent(t, s, 3)
	f.StartedAt, f.EndedAt, f.TotalDurationSeconds, f.TotalDurationMs = start(), start().Add(1500*time.Millisecond), 1.5, 1500
	f.Invocations, f.FailedLambdas = bench.Account{Planned: 3, Failed: 3}, 3
	f.Statements, f.Rows = &bench.Account{Planned: 30, Unknown: 30}, bench.Account{Planned: 30, Unknown: 30}
	f.LatencyMs, f.InvocationErrors = stats(900, 1500), map[string]int64{"Unhandled": 3}
	f.Errors = []bench.InvocationError{{Index: 0, Error: "exit status 1"}}
	f.Timeline = []bench.TimelineSecond{{Second: 0, Sent: 3, InFlight: 3}, {Second: 1, Ended: 3, InFlight: 3, Statements: new(int64(30)), Errors: new(int64(30)), ErrorKinds: map[string]int64{"Unhandled": 30}}}
	for i := range 3 {
		f.Sample = append(f.Sample, bench.InvocationSample{Index: i, SentMs: float64(i), LatencyMs: 900 + 300*float64(i), Outcome: bench.Failed})
	}
	return f
}

// single is a scenario of one invocation with one row, in one second.
func single(t *testing.T) *bench.Summary {
	t.Helper()
	h := latency.New()
	h.Record(30 * time.Millisecond)
	all := bench.Account{Planned: 1, Acknowledged: 1}
	s := unsent(t, bench.Individual, 1)
	s.StartedAt, s.EndedAt, s.TotalDurationSeconds, s.TotalDurationMs = start(), start().Add(40*time.Millisecond), 0.04, 40
	s.Invocations, s.Statements, s.Rows, s.SuccessfulLambdas, s.SuccessRate = all, &all, all, 1, 100
	s.TotalInserts, s.Throughput, s.LatencyMs, s.StatementLatency = 1, 25, stats(40, 40), StatementLatency(t, h)
	ms := value(30)
	s.Timeline = []bench.TimelineSecond{{Statements: new(int64(1)), Rows: new(int64(1)), FewPercentiles: bench.FewPercentiles{P50: ms, P95: ms, P99: ms}, Max: ms, Sent: 1, Ended: 1, InFlight: 1}}
	s.Sample = []bench.InvocationSample{{SentMs: 0, LatencyMs: 40, DurationMs: 30, Rows: 1, Outcome: bench.Acknowledged}}
	s.Slowest = []bench.Statement{{Rows: 1, StartedUs: start().UnixMicro(), LatencyUs: 30_000, Attempts: 1, Outcome: bench.Acknowledged}}
	return s
}

// foreign is a scenario by a function that reports what the original one reported.
func foreign() *bench.Summary {
	all := bench.Account{Planned: 10_000, Acknowledged: 10_000}
	return &bench.Summary{
		Scenario: bench.Batch, TotalLambdas: 10, SuccessfulLambdas: 10, SuccessRate: 100, TotalInserts: 10_000,
		StartedAt: start(), EndedAt: start().Add(2 * time.Second), TotalDurationSeconds: 2, TotalDurationMs: 2000, Throughput: 5000,
		Invocations: bench.Account{Planned: 10, Acknowledged: 10}, Rows: all, LatencyMs: stats(1000, 2000),
	}
}

// original is a run as a file of the original suite describes it, whose look at
// the table was given up.
func original() *bench.Record {
	s := foreign()
	s.StartedAt, s.EndedAt = time.Time{}, time.Time{}
	r := Bare(bench.Complete, nil, s)
	r.Verification = &bench.Verification{Mode: bench.VerifyFull, Problem: "the run was given up"}
	return r
}

// interrupted is a run that was stopped in its first scenario and lost a row.
func interrupted(t *testing.T) *bench.Record {
	t.Helper()
	r := Full(t, Small())
	s := r.Scenario1
	s.Rows.Acknowledged, s.Rows.NotStarted = s.Rows.Acknowledged-90, 90
	r.Run.Status, r.Scenario2, r.Run.Target, r.Cost, r.CloudWatch = bench.Interrupted, nil, bench.Local, nil, nil
	r.Run.LocalTarget = &bench.LocalTarget{Front: true, Faults: []string{"slow=1%:250ms"}, Injected: map[string]int64{"slow": 4}, Database: "throwaway", EnvConcurrency: 8}
	r.Verification = &bench.Verification{Mode: bench.VerifyFull, Problem: "1 acknowledged rows are not in the table", Lost: 1, LostIDs: []string{"6f6e6520"}, AcknowledgedPresent: 299}
	r.Verdict = &bench.Verdict{Word: bench.Invalid, Reasons: []bench.Reason{{Severity: bench.Invalid, Code: "rows_lost", Text: "1 acknowledged row is not in the table"}}}
	r.Accounts.Agree, r.Accounts.Problem = false, "the database has 1 row less"
	r.Accounts.Spans, r.Accounts.Missing = nil, []string{"spans: it has nothing of this run"}
	r.TraceStore.OK, r.TraceStore.Whole, r.TraceStore.Problem = false, 227, "3 of 230 traces lack spans or are gone"
	return r
}

// lost is a run of which the table lost rows, and has some that it should not.
func lost(t *testing.T) *bench.Record {
	t.Helper()
	r := interrupted(t)
	environment, at := "env-3", time.Date(2026, 11, 23, 20, 0, 1, 0, time.UTC)
	r.Verification = &bench.Verification{
		Mode: bench.VerifyFull, Problem: "800 acknowledged rows are not in the table", Lost: 800, AcknowledgedPresent: 299, UnacknowledgedPresent: 2, Unexpected: new(int64(2)),
		LostRows: []bench.PlacedRow{{
			ID: "6f6e6520-6c6f-8374-a069-640000000000", Scenario: bench.Batch, Invocation: 7, Iteration: 3, Outcome: bench.Acknowledged, Environment: &environment, At: &at, TimeOf: bench.StatementEnd,
		}},
		LostIDs:         []string{"6f6e6520-6c6f-8374-a069-640000000000"},
		UnexpectedRows:  []bench.PlacedRow{{ID: "6f6e6520-6c6f-8374-a069-640000000001", Scenario: bench.Individual, Invocation: 1, Outcome: bench.NotStarted}},
		UnexpectedWhere: "individual: all in invocations 1-2", RowsFile: "results_20261123_200000.rows.csv",
	}
	return r
}

// old is a run as files of schema version 1 have it.
func old(t *testing.T) *bench.Record {
	t.Helper()
	r := Full(t, Small())
	r.SchemaVersion, r.Verdict, r.Thresholds, r.Cost, r.CloudWatch, r.Run.Function = 1, nil, nil, nil, nil, nil
	for _, s := range r.Summaries() {
		s.Billed, s.Admission, s.Client, s.Cold, s.Warm, s.Sample = nil, nil, nil, bench.Stats{}, bench.Stats{}, nil
		for i := range s.Slowest {
			s.Slowest[i].Phases = nil
		}
		for i := range s.Timeline {
			t := &s.Timeline[i]
			t.ErrorKinds, t.Retried, t.Sent, t.Ended, t.InFlight, t.ColdStarts, t.Throttled = nil, nil, 0, 0, 0, nil, 0
		}
	}
	return r
}

// States are runs that lack something, and what their reports must say of it.
func States(t *testing.T) map[string]State {
	t.Helper()
	unobserved := "Not observed: telemetry was off, so there are no metrics and no spans"
	return map[string]State{
		"over_in_a_moment": {moment(t), []string{"Timers late by"}, "at most 0.00 ms"},
		"nothing_sent": {Bare(bench.Interrupted, unsent(t, bench.Individual, 4), unsent(t, bench.Batch, 4)), []string{
			"No invocation was sent, so there is no time to look at.", "No invocation was sent, so there is no course to draw.",
			"no statement was acknowledged, so there is no distribution to draw", "No invocation was sent, so none has a latency.",
			"nothing was sent", "The table was not looked at.", unobserved,
		}, "0 rows/s"},
		"no_success": {Bare(bench.Incomplete, Failed(t, bench.Individual), Failed(t, bench.Batch)), []string{
			"no row was acknowledged, so there is no throughput to draw", "no statement was acknowledged, so there is no latency to draw",
			"No statement was acknowledged, so none is the slowest.", "exit status 1", "n/a",
			"no error of a statement was reported; 30 statements ended with their invocations",
		}, ""},
		"second_unsent": {Bare(bench.Interrupted, single(t), unsent(t, bench.Batch, 4)), []string{
			"25 rows/s", "nothing was sent", "Nothing was sent: what the machine did meanwhile is in no figure.",
		}, "times the throughput"},
		"one_invocation": {Bare(bench.Complete, single(t), nil), []string{
			"One invocation: there is no spread over invocations.", "1 sample are too few", "not observed, because telemetry was off", "none of them has a trace",
		}, ""},
		"foreign": {Bare(bench.Complete, nil, foreign()), []string{
			"it isn&#39;t this suite&#39;s", "no statement was reported with its time", "The function didn&#39;t report single statements.",
			"these results don&#39;t hold single invocations", "5,000 rows/s", "The function doesn&#39;t report how long its statements took, so there is no latency",
			"The function doesn&#39;t report how its statements failed: its log may.",
		}, "no statement was acknowledged"},
		"original": {original(), []string{
			"These results don&#39;t say when its scenarios ran.", "these results don&#39;t hold single invocations",
			"These results don&#39;t say when the invocations were sent", "No id was asked for", "2.00 s",
		}, "no invocation was sent"},
		"interrupted": {interrupted(t), []string{
			">INVALID<", "1 acknowledged row is not in the table", "They PART: the database has 1 row less", "n/a: spans: it has nothing of this run", "The first that are lost: 6f6e6520",
			"227 of 230 traces whole <small>3 of 230 traces lack spans or are gone", "unknown: the collector&#39;s counters: none", "12 rows <small>at most",
			"slow=1%:250ms", "The local target costs nothing.", "The local target has no CloudWatch.",
		}, ""},
		"lost": {lost(t), []string{
			">lost<", ">6f6e6520-6c6f-8374-a069-640000000000<", ">batch, invocation 7, iteration 3, row 0<", ">statement ended 2026-11-23 20:00:01 UTC<", ">env-3<",
			">not started, but in the table<", ">individual, invocation 1, iteration 0, row 0<", "2 rows in the table although their statements failed or were not started (individual: all in invocations 1-2).",
			"2 of 802 such rows. All of them are listed in results_20261123_200000.rows.csv.",
		}, "The first that are lost"},
		"old": {old(t), []string{
			"NO VERDICT", "No threshold was asked for", "these results don&#39;t hold single invocations",
			"these results don&#39;t say second by second how many invocations were in flight", "don&#39;t distinguish kinds second by second",
			"Where their time went is not known", "wasn&#39;t watched", "Lambda reported nothing", "hold no calculation of the cost", "metrics were not fetched",
		}, ""},
	}
}

// State is a record, and texts of its report.
type State struct {
	Record *bench.Record
	Says   []string
	Never  string // what would be untrue
}

// moment is a run that was over before a timer of the driver's fired.
func moment(t *testing.T) *bench.Record {
	t.Helper()
	s := single(t)
	s.Client = &bench.ClientLoad{DriverCPUAvg: 0.25}
	return Bare(bench.Complete, s, nil)
}
