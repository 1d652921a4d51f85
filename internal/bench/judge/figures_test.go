package judge

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

var update = flag.Bool("update", false, "rewrite the table in docs/thresholds.md")

// manual is the table of figures as docs/thresholds.md has it.
func manual() string {
	var b strings.Builder
	b.WriteString("| figure | unit | what it is | no value when |\n|---|---|---|---|\n")
	for _, f := range bench.Figures() {
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
	for name, want := range map[string]*float64{"machine_cpu": nil, "lag_p99": nil, "lag_max": nil, "driver_cpu": number(50)} {
		if diff := cmp.Diff(want, bench.FigureNamed(name).Of(r, bench.Batch)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestManualHasEveryFigure(t *testing.T) {
	const path, begin, end = "../../../docs/thresholds.md", "<!-- figures -->\n", "<!-- end of figures -->\n"
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
		t.Errorf("-figures +%s (go test ./internal/bench/judge -update writes it)\n%s", path, diff)
	}
}

func number(v float64) *float64 { return &v }

func stats(from float64) bench.Stats {
	return bench.Stats{
		Spread: bench.Spread{Min: number(from), Avg: number(from + 1), Median: number(from + 2), Max: number(from + 5)},
		P95:    number(from + 3), P99: number(from + 4),
	}
}

// measured is a record in which every figure has another value.
func measured() *bench.Record {
	dpu := 7.5
	return &bench.Record{
		Run: bench.Run{DurationSeconds: 33, Config: bench.Config{Scenarios: bench.Scenarios()}},
		Scenario2: &bench.Summary{
			Scenario: bench.Batch, TotalLambdas: 10, FailedLambdas: 1, SuccessRate: 90, TotalErrors: 5, TotalDurationMs: 21_000, TotalDurationSeconds: 21,
			Throughput: 46_560, LatencyMs: stats(100), LambdaDurationMs: stats(200), Cold: stats(300), Warm: stats(400),
			Invocations: bench.Account{Planned: 10, Acknowledged: 9, Failed: 1},
			Statements:  &bench.Account{Planned: 50}, Rows: bench.Account{Planned: 50, Acknowledged: 40, Failed: 3, Unknown: 2, NotStarted: 5},
			Attempts: new(int64(80)), Retried: map[string]int64{"40001": 6, "08006": 7}, ErrorsByKind: []bench.ErrorCount{{Kind: "40001", Statements: 2}, {Kind: "53300", Statements: 9}},
			Throttles: map[string]int64{"a": 11, "b": 12}, ColdStarts: new(int64(14)), Environments: new(int64(15)), TruncatedLambdas: new(int64(16)),
			StatementLatency: bench.StatementLatency{
				Count: 1, Min: number(1), Avg: number(2), P50: number(3), P90: number(4), P95: number(6), P99: number(7), P999: number(8), Max: number(9),
			},
			Billed: &bench.Billed{BilledSeconds: 17, MaxMemoryMB: 18}, ClockOffset: number(19),
			Client: &bench.ClientLoad{MachineCPUAvg: number(0.5), MachineCPUMax: number(0.6), DriverCPUAvg: 0.25, LagP99Ms: number(22), LagMaxMs: number(23)},
		},
		Verification: &bench.Verification{Mode: bench.VerifyFull, IDsAsked: 1, Lost: 24, UnacknowledgedPresent: 26},
		Telemetry: &bench.Telemetry{
			Mode:   bench.TelemetryRelay,
			Spans:  bench.Ledger{Lambda: bench.Hop{Refused: 1}, Driver: bench.Hop{Dropped: map[string]int64{"queue": 27}}, Collector: &bench.Hop{Refused: 2}},
			Points: bench.Ledger{Driver: bench.Hop{Refused: 31, Dropped: map[string]int64{"superseded": 99}}},
		},
		Cost: &bench.Cost{Estimate: &bench.CostSheet{TotalUSD: 0.5}, Actual: &bench.CostSheet{TotalUSD: 0.25, DPUUSD: &dpu, PerMillionRowUSD: &dpu}},
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
		"cost": 0.25, "cost_per_million": 7.5, "cost_estimate": 0.5,
	}
	got := map[string]float64{}
	for _, f := range bench.Figures() {
		if v := f.Of(measured(), bench.Batch); v != nil {
			got[f.Name] = *v
		}
		if v := f.Of(measured(), bench.Individual); !f.OfRun && v != nil {
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
	for _, f := range bench.Figures() {
		if v := f.Of(empty, bench.Batch); (v == nil) != (f.Absent != "") && f.Name != "invocation_success_rate" && f.Name != "error_rate" {
			t.Errorf("%s: value %v, manual says none when %q", f.Name, v, f.Absent)
		}
	}
}
