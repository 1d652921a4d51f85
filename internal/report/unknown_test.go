package report

import (
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// secondUnsent is a run that was interrupted in its first scenario.
func secondUnsent(t *testing.T) *bench.Record {
	t.Helper()
	return record(t, bench.Interrupted, 4, func(i bench.Invocation) bench.Result {
		if i.Scenario == bench.Batch {
			return bench.Result{Index: i.Index, Outcome: bench.NotStarted}
		}
		return result(t, i, 10)
	})
}

// What isn't known is said to be unknown, not 0.
func TestTextOfWhatIsNotKnown(t *testing.T) {
	crashed := func(i bench.Invocation) bench.Result {
		return bench.Result{Index: i.Index, Outcome: bench.Unknown, Error: "exit status 1", ErrorKind: "Unhandled", Sent: start, Ended: start.Add(time.Second), Report: &bench.Report{Init: time.Second}}
	}
	some := record(t, bench.Incomplete, 3, func(i bench.Invocation) bench.Result {
		if i.Index > 0 {
			return crashed(i)
		}
		return result(t, i, 10)
	})
	died := record(t, bench.Incomplete, 1, func(i bench.Invocation) bench.Result {
		r := result(t, i, 4)
		n := i.Statements()
		r.Response.Statements = &bench.Account{Planned: int64(n), Acknowledged: 4, Unknown: int64(n) - 4}
		r.Response.Attempts, r.Response.Unknown = 4, bench.Ranges{{4, n}}
		r.Response.Errors = []bench.ErrorCount{{Kind: "Unhandled", Message: "exit status 1", Statements: int64(n) - 4, Rows: int64((n - 4) * i.RowsPerStatement())}}
		r.Outcome, r.Partial = bench.Unknown, true
		return r
	})
	moment := record(t, bench.Complete, 1, func(i bench.Invocation) bench.Result { return result(t, i, 10) })
	moment.Scenario2.Client = &bench.ClientLoad{DriverCPUAvg: 0.25}
	verified := func(v bench.Verification) *bench.Record {
		r := record(t, bench.Interrupted, 1, func(i bench.Invocation) bench.Result { return result(t, i, 10) })
		r.Verification = &v
		return r
	}
	for _, c := range []struct {
		name   string
		record *bench.Record
		says   []string
		never  []string
	}{
		{"nobody looked", verified(bench.Verification{Mode: bench.VerifyFull, Problem: "the run was given up"}), []string{"PROBLEM: the run was given up", "no id was asked for: nothing is known of the table"}, []string{"LOST:", "absent:"}},
		{"nobody counted", verified(bench.Verification{Mode: bench.VerifyCount, Problem: "the run was given up"}), []string{"no id was asked for"}, []string{"0 of 0"}},
		{"nothing lost", verified(bench.Verification{Mode: bench.VerifyFull, IDsAsked: 1, AcknowledgedPresent: 1, OK: true}), []string{"LOST:        0"}, []string{"no id"}},
		{"second scenario unsent", secondUnsent(t), []string{"against n/a rows/s\n"}, []string{"batch is"}},
		{"no invocation succeeded", record(t, bench.Incomplete, 2, crashed), []string{"attempts n/a: no invocation succeeded", "Cold starts:               2 known of; 0 environments answered"}, []string{"0 attempts", "in 0 environments"}},
		{"some answered", some, []string{"at least 10 attempts: failed invocations don't tell of all", "3 known of; 1 environments answered"}, nil},
		{"died after 4 of 10 statements", died, []string{"at least 4 attempts: failed invocations don't tell of all", "10 planned = 4 acknowledged + 0 failed + 6 unknown"}, []string{"attempts n/a", "no answer says whether"}},
		{"over in a moment", moment, []string{"CPU n/a (max n/a), 25 % by the driver; timers late by n/a (p99), n/a (max)"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := Text(&b, c.record); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !strings.Contains(b.String(), want) {
					t.Errorf("doesn't say %q:\n%s", want, b.String())
				}
			}
			for _, untrue := range c.never {
				if strings.Contains(b.String(), untrue) {
					t.Errorf("says %q:\n%s", untrue, b.String())
				}
			}
		})
	}
}
