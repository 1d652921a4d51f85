package bench

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fine is a record that nothing speaks against.
func fine() *Record {
	s := &Summary{
		Scenario: Batch, Rows: Account{Planned: 100, Acknowledged: 100}, Invocations: Account{Planned: 10, Acknowledged: 10},
		StatementLatency: StatementLatency{Count: 10_000}, Client: &ClientLoad{MachineCPUAvg: number(0.5)},
	}
	return &Record{
		Run: Run{Status: Complete, Target: AWS}, Scenario2: s, Verification: &Verification{Mode: VerifyFull, OK: true, IDsAsked: 100},
		Accounts: &Accounts{Agree: true}, TraceStore: &TraceStore{Sampled: 10, Opened: 10, Whole: 10, OK: true}, Telemetry: &Telemetry{Mode: TelemetryRelay, OK: true},
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Record)
		word   Word
		codes  []string // severity and code, worst first
	}{
		{"fine", func(*Record) {}, Valid, nil},
		{"nothing ran", func(r *Record) { r.Scenario2 = nil }, Invalid, []string{"INVALID nothing_ran"}},
		{"interrupted", func(r *Record) { r.Run.Status = Interrupted }, Suspect, []string{"SUSPECT interrupted"}},
		{"killed", func(r *Record) { r.Run.Status = Running }, Suspect, []string{"SUSPECT unfinished"}},
		{"lost", func(r *Record) { r.Verification.OK, r.Verification.Lost = false, 1 }, Invalid, []string{"INVALID rows_lost"}},
		{"too many rows", func(r *Record) { r.Verification.OK = false }, Invalid, []string{"INVALID verification_failed"}},
		{"database gone", func(r *Record) { r.Verification.OK, r.Verification.IDsAsked = false, 0 }, Suspect, []string{"SUSPECT not_verified"}},
		{"not asked to look", func(r *Record) { r.Verification.Mode = VerifyOff }, Valid, []string{"NOTE not_verified"}},
		{"accounts", func(r *Record) { r.Accounts.Agree = false }, Invalid, []string{"INVALID accounts_part"}},
		{"traces missing", func(r *Record) { r.TraceStore.OK, r.TraceStore.Whole = false, 9 }, Valid, []string{"NOTE traces_missing"}},
		{"no trace was opened", func(r *Record) { *r.TraceStore = TraceStore{Sampled: 10, Problem: "nobody answers"} }, Valid, nil},
		{"trace store not asked", func(r *Record) { r.TraceStore = nil }, Valid, nil},
		{"telemetry lost", func(r *Record) { r.Telemetry.OK = false }, Suspect, []string{"SUSPECT telemetry_lost"}},
		{"a count is short, and the ledger is whole", func(r *Record) { r.Accounts.Short, r.Accounts.Missing = true, []string{"prometheus: few"} }, Suspect, []string{"SUSPECT telemetry_lost"}},
		{"a count is short, as the ledger tells", func(r *Record) {
			r.Accounts.Short, r.Accounts.Missing, r.Telemetry.OK = true, []string{"prometheus: few"}, false
		}, Suspect, []string{"SUSPECT telemetry_lost"}},
		{"a count could not be had", func(r *Record) { r.Accounts.Missing = []string{"prometheus: not asked"} }, Valid, nil},
		{"telemetry off", func(r *Record) { r.Telemetry.OK, r.Telemetry.Mode = false, TelemetryOff }, Valid, nil},
		{"faults", func(r *Record) { r.Run.LocalTarget = &LocalTarget{Faults: []string{"conflict=1%"}} }, Suspect, []string{"SUSPECT faults_injected"}},
		{"no faults", func(r *Record) { r.Run.LocalTarget = &LocalTarget{} }, Valid, nil},
		{"unbalanced", func(r *Record) { r.Scenario2.Rows.Failed = 1 }, Invalid, []string{"INVALID rows_unbalanced"}},
		{"no success", func(r *Record) { r.Scenario2.Rows = Account{Planned: 1, Failed: 1} }, Invalid, []string{"INVALID nothing_acknowledged"}},
		{"some missing", func(r *Record) { r.Scenario2.Rows = Account{Planned: 2, Acknowledged: 1, Unknown: 1} }, Suspect, []string{"SUSPECT rows_missing"}},
		{"truncated", func(r *Record) { r.Scenario2.TruncatedLambdas = 1 }, Suspect, []string{"SUSPECT truncated"}},
		{"throttled", func(r *Record) { r.Scenario2.Throttles = map[string]int64{"a": 1, "b": 2} }, Suspect, []string{"SUSPECT throttled"}},
		{"clock offset", func(r *Record) { r.Scenario2.ClockOffset = 1500 }, Suspect, []string{"SUSPECT clock_offset"}},
		{"clock step", func(r *Record) { r.Scenario2.Client.ClockStepMs = 51 }, Suspect, []string{"SUSPECT clock_step"}},
		{"busy machine", func(r *Record) { r.Scenario2.Client.Bound = true }, Suspect, []string{"SUSPECT client_bound"}},
		{"busy machine, local", func(r *Record) { r.Scenario2.Client.Bound, r.Run.Target = true, Local }, Valid, []string{"NOTE client_bound"}},
		{"busy machine, nothing sent", func(r *Record) {
			r.Scenario2.Client.Bound, r.Scenario2.Invocations = true, Account{Planned: 10, NotStarted: 10}
			r.Scenario2.Rows = Account{Planned: 100, NotStarted: 100}
		}, Invalid, []string{"INVALID nothing_acknowledged"}},
		{"not watched", func(r *Record) { r.Scenario2.Client = nil }, Valid, nil},
		{"few for p99.9", func(r *Record) { r.Scenario2.StatementLatency.TooFewFor = []string{"p99.9"} }, Valid, []string{"NOTE few_samples"}},
		{"few for p99", func(r *Record) { r.Scenario2.StatementLatency.TooFewFor = []string{"p99", "p99.9"} }, Suspect, []string{"SUSPECT few_samples"}},
		{
			"worst first", func(r *Record) {
				r.Run.Status, r.Verification.Mode, r.Accounts.Agree = Interrupted, VerifyOff, false
			}, Invalid,
			[]string{"INVALID accounts_part", "SUSPECT interrupted", "NOTE not_verified"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := fine()
			c.change(r)
			v := r.Judge()
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

func ofScenario(code string) bool {
	switch code {
	case "nothing_ran", "interrupted", "unfinished", "rows_lost", "verification_failed", "not_verified", "accounts_part", "traces_missing", "telemetry_lost", "faults_injected":
		return false
	}
	return true
}

func TestSaturated(t *testing.T) {
	for _, c := range []struct {
		load ClientLoad
		want bool
	}{
		{ClientLoad{}, false},
		{ClientLoad{MachineCPUAvg: number(0.89), LagP99Ms: number(99)}, false},
		{ClientLoad{MachineCPUAvg: number(0.90)}, true},
		{ClientLoad{LagP99Ms: number(100)}, true},
	} {
		if got := c.load.Saturated(); got != c.want {
			t.Errorf("%+v: %v", c.load, got)
		}
	}
}
