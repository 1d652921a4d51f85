package cloudwatch

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsql-load-test/internal/bench"
)

// compared is a record of 100 invocations with 1,000 statements, of which AWS
// counted the given totals.
func compared(totals map[string]float64, change func(*bench.Record)) *bench.Record {
	r := &bench.Record{
		Run: bench.Run{Config: bench.Defaults()},
		Scenario1: &bench.Summary{
			Concurrency: 100, Invocations: bench.Account{Planned: 102, Acknowledged: 99, Failed: 1, NotStarted: 2},
			Statements: &bench.Account{Planned: 1020, Acknowledged: 985, Failed: 15, NotStarted: 20},
			Retried:    map[string]int64{"40001": 4, "53300": 9}, ErrorsByKind: []bench.ErrorCount{{Kind: "40001", Statements: 2}, {Kind: "54000", Statements: 13}},
			Throttles: map[string]int64{"ConcurrentInvocationLimitExceeded": 5, "CallerRateLimitExceeded": 3},
		},
		CloudWatch: &bench.CloudWatch{Complete: true},
	}
	for name, total := range totals {
		statistic := "Sum"
		if name == "ConcurrentExecutions" {
			statistic = "Maximum"
		}
		r.CloudWatch.Metrics = append(r.CloudWatch.Metrics, bench.CloudWatchMetric{Name: name, Statistic: statistic, Total: &total},
			bench.CloudWatchMetric{Name: name, Statistic: "Average", Total: ptr(-1)})
	}
	if change != nil {
		change(r)
	}
	return r
}

func TestCompare(t *testing.T) {
	good := map[string]float64{"TotalTransactions": 1234, "OccConflicts": 6, "Invocations": 100, "Errors": 1, "Throttles": 5, "ConcurrentExecutions": 100}
	want := []Comparison{
		{Name: "transactions", AWS: 1234, Low: ptr(985), OK: true},
		{Name: "conflicts", AWS: 6, Low: ptr(6), High: ptr(6), OK: true},
		{Name: "invocations", AWS: 100, Low: ptr(99), High: ptr(100), OK: true},
		{Name: "errors", AWS: 1, Low: ptr(0), High: ptr(1), OK: true},
		{Name: "throttles", AWS: 5, Low: ptr(5), High: ptr(8), OK: true},
		{Name: "concurrent executions", AWS: 100, Low: ptr(0), High: ptr(100), OK: true},
	}
	got := Compare(compared(good, nil))
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Comparison{}, "Ours")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, c := range got {
		if c.Ours == "" {
			t.Errorf("%s: nothing is said of our own figures", c.Name)
		}
	}
	if got := Compare(compared(nil, nil)); len(got) != 0 {
		t.Errorf("nothing told: %+v", got)
	}
	if got := Compare(&bench.Record{}); len(got) != 0 {
		t.Errorf("nothing fetched: %+v", got)
	}
}

func TestCompareParts(t *testing.T) {
	warm := func(r *bench.Record) {
		r.Run.WarmUp = &bench.WarmUp{Invocations: bench.Account{Planned: 20, Acknowledged: 19, Unknown: 1}}
	}
	for _, c := range []struct {
		name, metric string
		aws          float64
		change       func(*bench.Record)
		ok           bool
		why          string
	}{
		{"fewer transactions", "TotalTransactions", 984, nil, false, "the metrics are of another cluster, or some were lost"},
		{"just as many", "TotalTransactions", 985, nil, true, ""},
		{"fewer so far", "TotalTransactions", 984, func(r *bench.Record) { r.CloudWatch.Complete = false }, false, "not all of it has come yet"},
		{"fewer conflicts", "OccConflicts", 5, nil, false, "AWS counts conflicts of keys only; 40001 are changes of the schema (OC001) too"},
		{"more conflicts", "OccConflicts", 7, nil, false, "others wrote to the cluster"},
		{"more conflicts, perhaps the warm-up's", "OccConflicts", 7, warm, true, ""},
		{"more conflicts, perhaps of a lost answer", "OccConflicts", 7, func(r *bench.Record) { r.Scenario1.Invocations.Unknown = 1 }, true, ""},
		{"more invocations", "Invocations", 101, nil, false, "others called the function too"},
		{"more invocations, the warm-up's", "Invocations", 120, warm, true, ""},
		{"fewer invocations", "Invocations", 98, nil, false, "the metrics are of another function, or some were lost"},
		{"more errors", "Errors", 2, nil, false, "others called the function too"},
		{"fewer throttles", "Throttles", 4, nil, false, "the account's quota may have refused before the function was looked at"},
		{"more throttles", "Throttles", 9, nil, false, "others called the function too"},
		{"more throttles, perhaps the warm-up's", "Throttles", 9, warm, true, ""},
		{"more at once", "ConcurrentExecutions", 101, nil, false, "others called the function too, or invocations went on after their calls had ended"},
	} {
		got := Compare(compared(map[string]float64{c.metric: c.aws}, c.change))
		if len(got) != 1 || got[0].OK != c.ok || got[0].Why != c.why {
			t.Errorf("%s: %+v, want OK %v, %q", c.name, got, c.ok, c.why)
		}
	}
	foreign := Compare(compared(map[string]float64{"TotalTransactions": 1, "OccConflicts": 1}, func(r *bench.Record) { r.Scenario1.Statements = nil }))
	if len(foreign) != 0 {
		t.Errorf("a function that doesn't tell its statements: %+v", foreign)
	}
}
