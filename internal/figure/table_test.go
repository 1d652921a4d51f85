package figure_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/benchtest"
	"dsql-load-test/internal/figure"
)

var update = flag.Bool("update", false, "rewrite the table in docs/thresholds.md")

// manual is the table of figures as docs/thresholds.md has it.
func manual() string {
	var b strings.Builder
	b.WriteString("| figure | unit | what it is | no value when |\n|---|---|---|---|\n")
	for _, f := range figure.All() {
		name, means := f.Name, f.Means
		if f.OfRun {
			means += " (of the whole run)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, f.Unit, means, f.Absent)
	}
	return b.String()
}

// A scenario that was over before a timer fired has no lag, and no load.
func TestFiguresOfAMoment(t *testing.T) {
	r := &bench.Record{Scenario2: &bench.Summary{Scenario: bench.Batch, Client: &bench.ClientLoad{DriverCPUAvg: 0.5}}}
	for name, want := range map[string]*float64{"machine_cpu": nil, "lag_p99": nil, "lag_max": nil, "driver_cpu": new(50.0)} {
		if diff := cmp.Diff(want, figure.Named(name).Of(r, bench.Batch)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestManualHasEveryFigure(t *testing.T) {
	const path, begin, end = "../../docs/thresholds.md", "<!-- figures -->\n", "<!-- end of figures -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	table, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %s ... %s", path, begin, end)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+manual()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(manual(), table); diff != "" {
		t.Errorf("-figures +%s (go test ./internal/figure -update writes it)\n%s", path, diff)
	}
}

func TestFigureValues(t *testing.T) {
	want := map[string]float64{
		"throughput": 46_560, "duration": 21, "success_rate": 80, "invocation_success_rate": 90, "error_rate": 10,
		"min": 1, "avg": 2, "p50": 3, "p90": 4, "p95": 6, "p99": 7, "p99.9": 8, "max": 9,
		"invocation_min": 100, "invocation_avg": 101, "invocation_median": 102, "invocation_p95": 103, "invocation_p99": 104, "invocation_max": 105,
		"cold_min": 300, "cold_avg": 301, "cold_median": 302, "cold_p95": 303, "cold_p99": 304, "cold_max": 305,
		"warm_min": 400, "warm_avg": 401, "warm_median": 402, "warm_p95": 403, "warm_p99": 404, "warm_max": 405,
		"lambda_duration_min": 200, "lambda_duration_avg": 201, "lambda_duration_median": 202,
		"lambda_duration_p95": 203, "lambda_duration_p99": 204, "lambda_duration_max": 205,
		"acknowledged": 40, "errors": 5, "failed": 3, "unknown": 2, "not_started": 5,
		"attempts": 80, "retries": 13, "conflicts": 8, "conflict_rate": 10,
		"failed_invocations": 1, "truncated": 16, "throttles": 23, "cold_starts": 14, "environments": 15, "billed": 17, "memory_used": 18,
		"machine_cpu": 50, "driver_cpu": 25, "lag_p99": 22, "lag_max": 23, "clock_offset": 19,
		"lost": 24, "unacknowledged_present": 26, "run_duration": 33, "spans_lost": 30, "points_lost": 31,
		"cloudwatch.total_transactions": 501, "cloudwatch.read_only_transactions": 502, "cloudwatch.occ_conflicts": 503, "cloudwatch.query_timeouts": 504,
		"cloudwatch.bytes_written": 505, "cloudwatch.bytes_read": 506, "cloudwatch.compute_time": 507, "cloudwatch.write_dpu": 508,
		"cloudwatch.multi_region_write_dpu": 509, "cloudwatch.read_dpu": 510, "cloudwatch.compute_dpu": 511, "cloudwatch.total_dpu": 512,
		"cloudwatch.commit_latency_avg": 513, "cloudwatch.commit_latency_max": 514, "cloudwatch.lambda.invocations": 515, "cloudwatch.lambda.errors": 516,
		"cloudwatch.lambda.throttles": 517, "cloudwatch.lambda.concurrent_executions": 518, "cloudwatch.lambda.duration_max": 519, "cloudwatch.lambda.duration_avg": 520,
		"cloudwatch.active_sessions": 38,
		"cost":                       0.25, "cost_per_million": 7.5, "cost_estimate": 0.5,
	}
	got := map[string]float64{}
	for _, f := range figure.All() {
		if v := f.Of(benchtest.Measured(), bench.Batch); v != nil {
			got[f.Name] = *v
		}
		if v := f.Of(benchtest.Measured(), bench.Individual); !f.OfRun && v != nil {
			t.Errorf("%s of a scenario that didn't run: %v", f.Name, *v)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A record of nothing has a value only of figures that say so.
func TestFiguresWithoutValue(t *testing.T) {
	empty := &bench.Record{Scenario2: &bench.Summary{Scenario: bench.Batch}}
	for _, f := range figure.All() {
		if v := f.Of(empty, bench.Batch); (v == nil) != (f.Absent != "") && f.Name != "invocation_success_rate" && f.Name != "error_rate" {
			t.Errorf("%s: value %v, manual says none when %q", f.Name, v, f.Absent)
		}
	}
}
