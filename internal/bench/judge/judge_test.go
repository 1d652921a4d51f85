package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// fine is a record that nothing speaks against.
func fine() *bench.Record {
	s := &bench.Summary{
		Scenario: bench.Batch, Rows: bench.Account{Planned: 100, Acknowledged: 100}, Statements: &bench.Account{Planned: 100, Acknowledged: 100}, Invocations: bench.Account{Planned: 10, Acknowledged: 10},
		StatementLatency: bench.StatementLatency{Count: 10_000}, Client: &bench.ClientLoad{MachineCPUAvg: new(0.5)},
	}
	return &bench.Record{
		Run: bench.Run{Status: bench.Complete, Target: bench.AWS}, Scenario2: s, Verification: &bench.Verification{Mode: bench.VerifyFull, OK: true, IDsAsked: 100},
		Accounts: &bench.Accounts{Agree: true}, TraceStore: &bench.TraceStore{Sampled: 10, Opened: 10, Whole: 10, OK: true}, Telemetry: &bench.Telemetry{Mode: bench.TelemetryRelay, OK: true},
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*bench.Record)
		word   bench.Word
		codes  []string // severity and code, worst first
	}{
		{"fine", func(*bench.Record) {}, bench.Valid, nil},
		{"nothing ran", func(r *bench.Record) { r.Scenario2 = nil }, bench.Invalid, []string{"INVALID nothing_ran"}},
		{"interrupted", func(r *bench.Record) { r.Run.Status = bench.Interrupted }, bench.Suspect, []string{"SUSPECT interrupted"}},
		{"goes on", func(r *bench.Record) { r.Run.Status = bench.Running }, bench.Suspect, []string{"SUSPECT unfinished"}},
		{"killed", func(r *bench.Record) { r.Run.Status = bench.Killed }, bench.Suspect, []string{"SUSPECT killed"}},
		{"interrupted before its turn", func(r *bench.Record) {
			r.Run.Status, r.Scenario1 = bench.Interrupted, &bench.Summary{Scenario: bench.Individual, Invocations: bench.Account{Planned: 10, NotStarted: 10}, Rows: bench.Account{Planned: 100, NotStarted: 100}}
		}, bench.Suspect, []string{"SUSPECT interrupted", "NOTE not_run"}},
		{"ended by its warm-up", func(r *bench.Record) {
			r.Run.Status, r.Run.WarmUp = bench.Incomplete, &bench.WarmUp{Rows: &bench.Account{Planned: 20, Failed: 20}, ErrorsByKind: []bench.ErrorCount{{Kind: "42P01", Rows: 20}}}
			r.Scenario2 = &bench.Summary{Scenario: bench.Batch, Invocations: bench.Account{Planned: 10, NotStarted: 10}, Rows: bench.Account{Planned: 100, NotStarted: 100}}
		}, bench.Invalid, []string{"INVALID nothing_ran", "INVALID warm_up_failed", "NOTE not_run"}},
		{"a warm-up that failed, and a run that went on", func(r *bench.Record) {
			r.Run.Status, r.Run.WarmUp = bench.Incomplete, &bench.WarmUp{Rows: &bench.Account{Planned: 20, Failed: 20}}
		}, bench.Valid, nil},
		{"a role with a time limit", func(r *bench.Record) {
			r.Run.ServerSettings = []bench.ServerSetting{{Name: "lock_timeout", Value: "1s", SetFor: "role r", Effect: "it ends", Cure: "RESET it"}}
		}, bench.Valid, []string{"NOTE server_setting"}},
		{"a table with more", func(r *bench.Record) { r.Run.TableNotes = []string{"one", "two"} }, bench.Valid, []string{"NOTE table", "NOTE table"}},
		{"stood still for a third", func(r *bench.Record) {
			r.Scenario2.TotalDurationMs, r.Scenario2.Client.LagMaxMs = 30_000, new(9_960.0)
		}, bench.Suspect, []string{"SUSPECT driver_stalled"}},
		{"stood still for a moment", func(r *bench.Record) {
			r.Scenario2.TotalDurationMs, r.Scenario2.Client.LagMaxMs = 300_000, new(1_200.0)
		}, bench.Valid, []string{"NOTE driver_stalled"}},
		{"late as any", func(r *bench.Record) { r.Scenario2.TotalDurationMs, r.Scenario2.Client.LagMaxMs = 5_000, new(900.0) }, bench.Valid, nil},
		{"silent for two seconds", func(r *bench.Record) { r.Scenario2.Timeline = timelineOf(5, 9, 0, 0, 9, 0) }, bench.Valid, []string{"NOTE silent_seconds"}},
		{"silent at both ends", func(r *bench.Record) { r.Scenario2.Timeline = timelineOf(0, 9, 9, 0) }, bench.Valid, nil},
		{"silent, with nothing in flight", func(r *bench.Record) {
			r.Scenario2.Timeline = timelineOf(5, 0, 9)
			r.Scenario2.Timeline[1].InFlight = 0
		}, bench.Valid, nil},
		{"function's own part", func(r *bench.Record) {
			r.Scenario2.StatementLatency.P50, r.Scenario2.Overhead = new(0.6), ownPart(0.21)
		}, bench.Valid, []string{"NOTE client_overhead"}},
		{"function's own part is small", func(r *bench.Record) {
			r.Scenario2.StatementLatency.P50, r.Scenario2.Overhead = new(0.6), ownPart(0.05)
		}, bench.Valid, nil},
		{"lost", func(r *bench.Record) { r.Verification.OK, r.Verification.Lost = false, 1 }, bench.Invalid, []string{"INVALID rows_lost"}},
		{"too many rows", func(r *bench.Record) { r.Verification.OK = false }, bench.Invalid, []string{"INVALID verification_failed"}},
		{"database gone", func(r *bench.Record) { r.Verification.OK, r.Verification.IDsAsked = false, 0 }, bench.Suspect, []string{"SUSPECT not_verified"}},
		{"not asked to look", func(r *bench.Record) { r.Verification.Mode = bench.VerifyOff }, bench.Valid, []string{"NOTE not_verified"}},
		{"accounts", func(r *bench.Record) { r.Accounts.Agree = false }, bench.Invalid, []string{"INVALID accounts_part"}},
		{"traces missing", func(r *bench.Record) { r.TraceStore.OK, r.TraceStore.Whole = false, 9 }, bench.Valid, []string{"NOTE traces_missing"}},
		{"no trace was opened", func(r *bench.Record) { *r.TraceStore = bench.TraceStore{Sampled: 10, Problem: "nobody answers"} }, bench.Valid, nil},
		{"trace store not asked", func(r *bench.Record) { r.TraceStore = nil }, bench.Valid, nil},
		{"telemetry lost", func(r *bench.Record) { r.Telemetry.OK = false }, bench.Suspect, []string{"SUSPECT telemetry_lost"}},
		{"a count is short, and the ledger is whole", func(r *bench.Record) { r.Accounts.Short, r.Accounts.Missing = true, []string{"prometheus: few"} }, bench.Suspect, []string{"SUSPECT telemetry_lost"}},
		{"a count is short, as the ledger tells", func(r *bench.Record) {
			r.Accounts.Short, r.Accounts.Missing, r.Telemetry.OK = true, []string{"prometheus: few"}, false
		}, bench.Suspect, []string{"SUSPECT telemetry_lost"}},
		{"a count could not be had", func(r *bench.Record) { r.Accounts.Missing = []string{"prometheus: not asked"} }, bench.Valid, nil},
		{"telemetry off", func(r *bench.Record) { r.Telemetry.OK, r.Telemetry.Mode = false, bench.TelemetryOff }, bench.Valid, nil},
		{"faults", func(r *bench.Record) { r.Run.LocalTarget = &bench.LocalTarget{Faults: []string{"conflict=1%"}} }, bench.Suspect, []string{"SUSPECT faults_injected"}},
		{"another region's prices", func(r *bench.Record) { r.Run.Config.Region, r.Cost = "eu-west-1", &bench.Cost{Region: "us-east-1"} }, bench.Valid, []string{"NOTE prices_stand_in"}},
		{"the region's prices", func(r *bench.Record) { r.Run.Config.Region, r.Cost = "us-east-1", &bench.Cost{Region: "us-east-1"} }, bench.Valid, nil},
		{"an older file's cost", func(r *bench.Record) { r.Cost = &bench.Cost{Region: "us-east-1"} }, bench.Valid, nil},
		{"no faults", func(r *bench.Record) { r.Run.LocalTarget = &bench.LocalTarget{} }, bench.Valid, nil},
		{"unbalanced", func(r *bench.Record) { r.Scenario2.Rows.Failed = 1 }, bench.Invalid, []string{"INVALID rows_unbalanced"}},
		{"no success", func(r *bench.Record) { r.Scenario2.Rows = bench.Account{Planned: 1, Failed: 1} }, bench.Invalid, []string{"INVALID nothing_acknowledged"}},
		{"some missing", func(r *bench.Record) { r.Scenario2.Rows = bench.Account{Planned: 2, Acknowledged: 1, Unknown: 1} }, bench.Suspect, []string{"SUSPECT rows_missing"}},
		{"dropped by the server", func(r *bench.Record) {
			r.Scenario2.Rows = bench.Account{Planned: 100, Acknowledged: 90, Failed: 10}
			r.Scenario2.ErrorsByKind = []bench.ErrorCount{{Kind: "40001", Statements: 1, Rows: 1}, {Kind: bench.NotStored, Statements: 9, Rows: 9}}
		}, bench.Invalid, []string{"INVALID rows_not_stored", "SUSPECT rows_missing"}},
		{"stored elsewhere", func(r *bench.Record) { r.Scenario2.StoredElsewhere = 3 }, bench.Valid, []string{"NOTE stored_elsewhere"}},
		{"truncated", func(r *bench.Record) { r.Scenario2.TruncatedLambdas = new(int64(1)) }, bench.Suspect, []string{"SUSPECT truncated"}},
		{"throttled", func(r *bench.Record) { r.Scenario2.Throttles = map[string]int64{"a": 1, "b": 2} }, bench.Suspect, []string{"SUSPECT throttled"}},
		{"clock offset", func(r *bench.Record) { r.Scenario2.ClockOffset = new(1500.0) }, bench.Suspect, []string{"SUSPECT clock_offset"}},
		{"function of another suite", func(r *bench.Record) { r.Scenario2.Statements = nil }, bench.Valid, []string{"NOTE foreign_function"}},
		{"function of another suite, mixed events", func(r *bench.Record) {
			r.Scenario2.Statements, r.Run.Config.EventType = nil, bench.Random
		}, bench.Valid, []string{"NOTE foreign_function", "NOTE event_type_by_its_word"}},
		{"no answer", func(r *bench.Record) {
			r.Scenario2.Invocations, r.Scenario2.FailedLambdas, r.Scenario2.Rows = bench.Account{Planned: 10, Unknown: 10}, 10, bench.Account{Planned: 100, Unknown: 100}
		}, bench.Invalid, []string{"INVALID nothing_acknowledged", "NOTE function_unidentified"}},
		{"no answer of our function", func(r *bench.Record) {
			r.Scenario2.Invocations, r.Scenario2.FailedLambdas, r.Scenario2.Rows = bench.Account{Planned: 10, Unknown: 10}, 10, bench.Account{Planned: 100, Unknown: 100}
			r.Run.Function = &bench.Function{Runtime: "provided.al2023"}
		}, bench.Invalid, []string{"INVALID nothing_acknowledged"}},
		{"rows counted", func(r *bench.Record) {
			*r.Verification = bench.Verification{Mode: bench.VerifyCount, OK: true, RowsBefore: new(int64(3)), RowsAfter: new(int64(103))}
		}, bench.Valid, nil},
		{"too few rows counted", func(r *bench.Record) {
			*r.Verification = bench.Verification{Mode: bench.VerifyCount, RowsBefore: new(int64(3)), RowsAfter: new(int64(102))}
		}, bench.Invalid, []string{"INVALID verification_failed"}},
		{"clock step", func(r *bench.Record) { r.Scenario2.Client.ClockStepMs = 51 }, bench.Suspect, []string{"SUSPECT clock_step"}},
		{"busy machine", func(r *bench.Record) { r.Scenario2.Client.Bound = true }, bench.Suspect, []string{"SUSPECT client_bound"}},
		{"busy machine, local", func(r *bench.Record) { r.Scenario2.Client.Bound, r.Run.Target = true, bench.Local }, bench.Valid, []string{"NOTE client_bound"}},
		{"busy machine, nothing sent", func(r *bench.Record) {
			r.Scenario2.Client.Bound, r.Scenario2.Invocations = true, bench.Account{Planned: 10, NotStarted: 10}
			r.Scenario2.Rows = bench.Account{Planned: 100, NotStarted: 100}
		}, bench.Invalid, []string{"INVALID nothing_acknowledged"}},
		{"not watched", func(r *bench.Record) { r.Scenario2.Client = nil }, bench.Valid, nil},
		{"few for p99.9", func(r *bench.Record) { r.Scenario2.StatementLatency.TooFewFor = []string{"p99.9"} }, bench.Valid, []string{"NOTE few_samples"}},
		{"few for p99", func(r *bench.Record) { r.Scenario2.StatementLatency.TooFewFor = []string{"p99", "p99.9"} }, bench.Valid, []string{"NOTE few_samples"}},
		{
			"worst first", func(r *bench.Record) {
				r.Run.Status, r.Verification.Mode, r.Accounts.Agree = bench.Interrupted, bench.VerifyOff, false
			}, bench.Invalid,
			[]string{"INVALID accounts_part", "SUSPECT interrupted", "NOTE not_verified"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := fine()
			c.change(r)
			v := Record(r)
			var codes []string
			for _, reason := range v.Reasons {
				codes = append(codes, string(reason.Severity)+" "+reason.Code)
				if inScenario := reason.Scenario != ""; reason.Text == "" || inScenario != ofScenario(reason.Code) {
					t.Errorf("reason %+v", reason)
				}
			}
			if diff := cmp.Diff(c.codes, codes); diff != "" || v.Word != c.word {
				t.Errorf("%s, want %s; reasons -want +got\n%s", v.Word, c.word, diff)
			}
		})
	}
}

// ownPart is a median part of the function itself.
func ownPart(ms float64) *bench.Overhead {
	return &bench.Overhead{FewPercentiles: bench.FewPercentiles{P50: &ms}}
}

// timelineOf is a scenario's seconds with so many rows each.
func timelineOf(rows ...int64) (line []bench.TimelineSecond) {
	for i, n := range rows {
		line = append(line, bench.TimelineSecond{Second: int64(i), Rows: new(n), InFlight: 3})
	}
	return line
}

// What the reasons say of places and numbers.
func TestReasonTexts(t *testing.T) {
	for _, c := range []struct {
		change func(*bench.Record)
		want   string
	}{
		{
			func(r *bench.Record) { r.Scenario2.Timeline = timelineOf(5, 9, 0, 0, 9, 0, 7) },
			"nothing was acknowledged in 3 of 7 seconds: second 2 to 3, 5, counted from 0",
		},
		{
			func(r *bench.Record) { r.Scenario2.Timeline = timelineOf(5, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1) },
			"nothing was acknowledged in 7 of 15 seconds: second 1, 3, 5, 7, 9 and 2 more stretches, counted from 0",
		},
		{
			func(r *bench.Record) {
				r.Scenario2.StatementLatency.Count, r.Scenario2.StatementLatency.TooFewFor = 6, []string{"p50", "p90", "p95", "p99", "p99.9"}
			},
			"6 statements are too few for the percentiles marked *: p50 needs 20, p90 needs 100, p95 needs 200, p99 needs 1000, p99.9 needs 10000",
		},
		{
			func(r *bench.Record) {
				r.Scenario2.StatementLatency.P50, r.Scenario2.Overhead = new(0.6012), ownPart(0.2149)
			},
			"a median statement takes 0.601 ms, of which the function itself takes 0.215 ms, from the arrival of the answer to the reading of its clock: the latencies are too high by that much",
		},
		{
			func(r *bench.Record) {
				r.Scenario2.TotalDurationMs, r.Scenario2.Client.LagMaxMs = 21_400, new(9_960.0)
			},
			"the driver stood still for 10.0 s of 21.4 s: invocations in flight took that much longer, and nothing new was sent",
		},
		{func(r *bench.Record) { r.Run.Status, r.Verification = bench.Killed, nil }, "the driver was killed: driver verify says which rows are there"},
		{func(r *bench.Record) { r.Run.Status = bench.Killed }, "the driver was killed: the figures are of the scenarios that it had finished"},
		{
			func(r *bench.Record) {
				r.Run.Status, r.Run.LocalTarget = bench.Killed, &bench.LocalTarget{Database: "throwaway"}
			},
			"the driver was killed: its throwaway database ended with it, and the rows with that",
		},
	} {
		r := fine()
		c.change(r)
		if v := Record(r); len(v.Reasons) != 1 || v.Reasons[0].Text != c.want {
			t.Errorf("%+v, want %q", v.Reasons, c.want)
		}
	}
}

func ofScenario(code string) bool {
	switch code {
	case "function_unidentified", "prices_stand_in", "nothing_ran", "interrupted", "unfinished", "killed", "rows_lost", "verification_failed", "not_verified", "accounts_part", "traces_missing", "telemetry_lost", "faults_injected", "table", "server_setting", "warm_up_failed":
		return false
	}
	return true
}

func TestSaturated(t *testing.T) {
	for _, c := range []struct {
		load bench.ClientLoad
		want bool
	}{
		{bench.ClientLoad{}, false},
		{bench.ClientLoad{MachineCPUAvg: new(0.89), LagP99Ms: new(99.0)}, false},
		{bench.ClientLoad{MachineCPUAvg: new(0.90)}, true},
		{bench.ClientLoad{LagP99Ms: new(100.0)}, true},
	} {
		if got := Saturated(&c.load); got != c.want {
			t.Errorf("%+v: %v", c.load, got)
		}
	}
}

// A limit counts only if the machine was bound by it.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		load *bench.ClientLoad
		want map[string]bool
	}{
		{nil, nil},
		{&bench.ClientLoad{MachineCPUAvg: new(0.99), LagP99Ms: new(200.0)}, map[string]bool{"cpu": false, "timers": false}}, // too short to say
		{&bench.ClientLoad{Bound: true, MachineCPUAvg: new(0.99), LagP99Ms: new(1.0)}, map[string]bool{"cpu": true, "timers": false}},
		{&bench.ClientLoad{Bound: true, LagP99Ms: new(200.0)}, map[string]bool{"cpu": false, "timers": true}},
	} {
		if diff := cmp.Diff(c.want, Limits(c.load)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.load, diff)
		}
	}
}
