package check

import (
	"errors"
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
)

// Plans returns the first value of a record's configuration that makes its plan impossible, as
// a *bench.Fault whose Key is the path of the value.
func Plans(r *bench.Record) error {
	var fault *bench.Fault // the first one
	if errors.As(setting.ValidatePlans(&r.Run.Config), &fault) {
		return &bench.Fault{Key: "run.config." + recordKey(fault.Key), Value: fault.Value, Allowed: fault.Allowed}
	}
	return nil
}

// Accounts returns the first contradiction in a record, as a *bench.Fault whose Key is a path.
// Accounts must fit the plans and balance, and values that appear twice must be equal. The
// record must be one of this tool's runs, and pass Values and Plans. If its verdict says that
// the rows don't balance, its accounts needn't balance.
func Accounts(r *bench.Record) error {
	unbalanced := r.Verdict != nil && slices.ContainsFunc(r.Verdict.Reasons, func(r bench.Reason) bool { return r.Code == "rows_unbalanced" })
	plans := r.Run.Config.Plans(r.Run.ID)
	for _, s := range r.Summaries() {
		i := slices.IndexFunc(plans, func(p bench.Plan) bool { return p.Scenario == s.Scenario })
		if i < 0 {
			return &bench.Fault{Key: "run.config.scenarios", Value: bench.Join(r.Run.Config.Scenarios), Allowed: fmt.Sprintf("a list that includes %s, which has results", s.Scenario)}
		}
		if fault := against(s, plans[i], unbalanced); fault != nil {
			return fault
		}
	}
	for i := range r.Looks {
		if err := placed(&r.Looks[i].Verification, fmt.Sprintf("verifications[%d].verification", i), plans); err != nil {
			return err
		}
	}
	if v := r.Verification; v != nil {
		return placed(v, "verification", plans)
	}
	return nil
}

// against compares the accounts of a scenario with its plan.
func against(s *bench.Summary, p bench.Plan, unbalanced bool) *bench.Fault {
	key := s.Scenario.Key() + "."
	accounts := []struct {
		name    string
		account *bench.Account
		planned int64
	}{
		{"invocations", &s.Invocations, int64(p.Load.NumLambdas)},
		{"statements", s.Statements, p.Statements()},
		{"rows", &s.Rows, p.Rows()},
	}
	for _, a := range accounts {
		switch {
		case a.account == nil:
		case a.account.Planned != a.planned:
			return &bench.Fault{Key: key + a.name + ".planned", Value: a.account.Planned, Allowed: fmt.Sprintf("%d, as run.config has it", a.planned)}
		case !a.account.Balanced() && !unbalanced:
			n := a.account.Acknowledged + a.account.Failed + a.account.Unknown + a.account.NotStarted
			return &bench.Fault{Key: key + a.name + ".planned", Value: a.account.Planned, Allowed: fmt.Sprintf("%d, the sum of its other counts", n)}
		}
	}
	return twice(s, key)
}

// twice checks that values that appear twice are equal.
func twice(s *bench.Summary, key string) *bench.Fault {
	for _, pair := range []struct {
		name, other string
		is, must    int64
	}{
		{"total_lambdas", "invocations.planned", s.TotalLambdas, s.Invocations.Planned},
		{"successful_lambdas", "invocations.acknowledged", s.SuccessfulLambdas, s.Invocations.Acknowledged},
		{"failed_lambdas", "invocations.failed and unknown", s.FailedLambdas, s.Invocations.Failed + s.Invocations.Unknown},
		{"total_inserts", "rows.acknowledged", s.TotalInserts, s.Rows.Acknowledged},
		{"total_errors", "rows.failed and unknown", s.TotalErrors, s.Rows.Failed + s.Rows.Unknown},
	} {
		if pair.is != pair.must {
			return &bench.Fault{Key: key + pair.name, Value: pair.is, Allowed: fmt.Sprintf("%d, as %s", pair.must, pair.other)}
		}
	}
	for _, l := range []struct {
		name string
		is   *bench.StatementLatency
	}{{"statement_latency", &s.StatementLatency}, {"connecting_latency", s.Connecting}, {"connected_latency", s.Connected}} {
		if l.is != nil && l.is.Histogram != nil && l.is.Histogram.Count != l.is.Count {
			return &bench.Fault{Key: key + l.name + ".count", Value: l.is.Count, Allowed: fmt.Sprintf("%d, as in the histogram", l.is.Histogram.Count)}
		}
	}
	if (s.Connecting == nil) != (s.Connected == nil) {
		return &bench.Fault{Key: key + "connected_latency", Value: s.Connected, Allowed: "there if and only if connecting_latency is"}
	}
	if a, b := s.Connecting, s.Connected; a != nil && b != nil && a.Count+b.Count != s.StatementLatency.Count {
		return &bench.Fault{Key: key + "connected_latency.count", Value: b.Count, Allowed: fmt.Sprintf("%d, statement_latency.count less connecting_latency.count", s.StatementLatency.Count-a.Count)}
	}
	return nil
}

// recordKey returns the key that a record has for a key of config.json; some differ.
func recordKey(key string) string {
	switch key {
	case "scenario":
		return "scenarios"
	case "scenario_1.inserts_per_iteration":
		return "scenario_1.count"
	case "scenario_2.rows_per_batch":
		return "scenario_2.count"
	}
	return key
}
