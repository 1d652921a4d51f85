package threshold

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/benchtest"
)

func TestParseCloudWatch(t *testing.T) {
	for text, want := range map[string]bench.Threshold{
		"cloudwatch.occ_conflicts<100":         {Figure: "cloudwatch.occ_conflicts", Operator: "<", Limit: 100},
		"cloudwatch.commit_latency_max<=0.1 s": {Figure: "cloudwatch.commit_latency_max", Operator: "<=", Limit: 100, Unit: "ms"},
		"cloudwatch.lambda.throttles==0":       {Figure: "cloudwatch.lambda.throttles", Operator: "==", Limit: 0},
		"cloudwatch.total_dpu<1e3DPU":          {Figure: "cloudwatch.total_dpu", Operator: "<", Limit: 1000, Unit: "DPU"},
	} {
		want.Text = text
		if got, err := Parse(text); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"batch.cloudwatch.occ_conflicts<1": "cloudwatch.occ_conflicts is a figure of the whole run: leave batch. out",
		"cloudwatch.occ_conflict<1":        "did you mean cloudwatch.occ_conflicts",
		"cloudwatch.throttles<1":           `unknown figure "cloudwatch.throttles"`,
		"cloudwatch.OccConflicts<1":        `unknown figure "cloudwatch.OccConflicts"`,
		"cloudwatch.total_dpu<1ms":         `"ms" isn't a unit of cloudwatch.total_dpu`,
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Of CloudWatch's figures there is a value only when it is the run's whole.
func TestJudgeCloudWatch(t *testing.T) {
	const conflicts, sessions, throughput = "cloudwatch.occ_conflicts<=503", "cloudwatch.active_sessions<38", "2.throughput>1"
	for _, c := range []struct {
		name   string
		change func(*bench.Record)
		met    []bool // conflicts, sessions, throughput
		why    []string
	}{
		{"all there", func(*bench.Record) {}, []bool{true, false, true}, []string{"", "", ""}},
		{"not fetched", func(r *bench.Record) { r.CloudWatch = nil }, []bool{false, false, true}, []string{"CloudWatch's metrics were not fetched", "CloudWatch's metrics were not fetched", ""}},
		{
			"early", func(r *bench.Record) { r.CloudWatch.Complete = false },
			[]bool{false, false, true},
			[]string{"CloudWatch's metrics may still change: driver cloudwatch RESULTS --wait fetches all of them", "CloudWatch's metrics may still change: driver cloudwatch RESULTS --wait fetches all of them", ""},
		},
		{
			"denied", func(r *bench.Record) {
				r.CloudWatch = &bench.CloudWatch{Complete: true, Problem: "denied", WaitEvents: &bench.WaitEvents{Problem: "denied too"}}
			}, []bool{false, false, true}, []string{"denied", "denied too", ""},
		},
		{
			"a part", func(r *bench.Record) { r.CloudWatch.Metrics[2].Partial, r.CloudWatch.Problem = true, "a part" },
			[]bool{false, false, true},
			[]string{"a part", "", ""},
		},
		{
			"no point", func(r *bench.Record) { r.CloudWatch.Metrics[2].Total = nil },
			[]bool{false, false, true},
			[]string{"CloudWatch has none of this metric", "", ""},
		},
		{
			"no session, in an older file", func(r *bench.Record) { r.CloudWatch.WaitEvents = nil },
			[]bool{true, false, true},
			[]string{"", "CloudWatch has none of this metric", ""},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := benchtest.Measured()
			r.Run.Config.Thresholds = []string{conflicts, sessions, throughput}
			c.change(r)
			Judge(r)
			for i, h := range r.Thresholds {
				if why := WhyNoValue(r, h); h.OK != c.met[i] || why != c.why[i] || (h.Value == nil) != (why != "") {
					t.Errorf("%s: met %v, value %v, %q; want %v, %q", h.Text, h.OK, h.Value, why, c.met[i], c.why[i])
				}
			}
		})
	}
}

func TestValidateCloudWatch(t *testing.T) {
	c := bench.Defaults()
	c.Thresholds, c.Origin = []string{"p99<1s", "cloudwatch.occ_conflicts<100"}, map[string]string{"thresholds": "--threshold"}
	const want = "thresholds = cloudwatch.occ_conflicts<100 (from --threshold): must be on a figure that a local run has: " +
		"cloudwatch.occ_conflicts is CloudWatch's, which measures only what runs on AWS; docs/thresholds.md lists all"
	if err := Validate(&c); err == nil || err.Error() != want {
		t.Errorf("local: %v", err)
	}
	c.Target = bench.AWS
	if err := Validate(&c); err != nil {
		t.Errorf("AWS: %v", err)
	}
	for want, texts := range map[bool][]string{true: c.Thresholds, false: {"p99<1s", "cost<1", "nonsense"}} {
		if got := OnCloudWatch(texts); got != want {
			t.Errorf("%v: on CloudWatch %v", texts, got)
		}
	}
}
