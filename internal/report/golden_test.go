package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/threshold"
)

func pointer[T any](v T) *T { return &v }

// records are of runs that ended in every way, and from every kind of file.
func records(t *testing.T) map[string]*bench.Record {
	t.Helper()
	all := map[string]*bench.Record{
		"full": fullRecord(t), "interrupted": interruptedRecord(t), "everything": everything(t), "lost": lostRecord(t),
		"no_success": record(t, bench.Incomplete, 12, func(i bench.Invocation) bench.Result {
			message := "exit status 1"
			if i.Index == 5 || i.Index == 6 {
				message = "Task timed out | after 12.00 seconds"
			}
			return bench.Result{Index: i.Index, Outcome: bench.Failed, Error: message, ErrorKind: "Unhandled", Sent: start, Ended: start.Add(12 * time.Second)}
		}),
		"nothing_sent": record(t, bench.Interrupted, 3, func(i bench.Invocation) bench.Result {
			return bench.Result{Index: i.Index, Outcome: bench.NotStarted}
		}),
		"one_invocation": record(t, bench.Complete, 1, func(i bench.Invocation) bench.Result { return result(t, i, 10) }),
		"foreign":        foreignRecord(t),
		"nothing_ran":    record(t, bench.Running, 1, func(i bench.Invocation) bench.Result { return result(t, i, 10) }),
	}
	all["no_success"].Verification = &bench.Verification{Mode: bench.VerifyOff, OK: true, LostIDs: []string{}}
	single, nothing := all["one_invocation"], all["nothing_ran"]
	single.Scenario2, single.Verification = nil, &bench.Verification{Mode: bench.VerifyCount, OK: true, Present: 10, IDsAsked: 10, LostIDs: []string{}}
	nothing.Scenario1, nothing.Scenario2 = nil, nil
	for _, r := range all {
		threshold.Judge(r)
		r.Verdict = judge.Record(r)
	}
	time.Local = time.UTC // the original's files are named by local time
	for name, path := range map[string]string{
		"version_1": "version_1.json", "version_1_early": "version_1_early.json", "version_2": "version_2.json", "original": "results_20251220_101112.json",
	} {
		r, err := Read(filepath.Join("testdata", path))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = r
	}
	return all
}

func fullRecord(t *testing.T) *bench.Record {
	t.Helper()
	r := record(t, bench.Complete, 20, func(i bench.Invocation) bench.Result { return result(t, i, 10) })
	r.Verification = &bench.Verification{Mode: bench.VerifyFull, OK: true, AcknowledgedPresent: 20_200, IDsAsked: 20_200, LostIDs: []string{}}
	all := pointer(int64(20_200))
	r.Telemetry = &bench.Telemetry{
		Mode: bench.TelemetryRelay, Endpoint: "localhost:4317", OK: true,
		Spans:  bench.Ledger{Lambda: hop(0, 900, 900), Driver: hop(900, 10, 910), Collector: pointer(hop(910, 0, 910))},
		Points: bench.Ledger{Lambda: hop(0, 80, 80), Driver: hop(0, 20, 20), Collector: pointer(hop(20, 0, 20))},
	}
	r.Accounts = &bench.Accounts{Acknowledged: *all, Database: all, Prometheus: all, Spans: all, Agree: true, Missing: []string{}}
	r.TraceStore = &bench.TraceStore{Sampled: 40, Slowest: 20, Opened: 45, Whole: 45, OK: true, Wrong: []bench.TraceFault{}}
	r.Run.Config.Thresholds = []string{"p99<1s", "errors==0"}
	return r
}

// foreignRecord is of a function that tells what the original's does.
func foreignRecord(t *testing.T) *bench.Record {
	t.Helper()
	r := record(t, bench.Incomplete, 3, func(i bench.Invocation) bench.Result {
		rows := i.Rows()
		return bench.Result{Index: i.Index, Outcome: bench.Acknowledged, Sent: start, Ended: start.Add(time.Second), Response: &bench.Response{
			SuccessCount: rows - 1, ErrorCount: 1, TotalInserts: rows, DurationMs: 900, InsertsPerSecond: float64(rows-1) / 0.9,
		}}
	})
	r.Run.Target, r.Run.Function = bench.AWS, &bench.Function{Name: "theirs", Runtime: "python3.11", Architecture: "x86_64", MemoryMB: 1024, TimeoutSeconds: 900, Version: "$LATEST"}
	r.Run.WarmUp = &bench.WarmUp{Invocations: bench.Account{Planned: 3, Acknowledged: 3}, RowsLeft: pointer(int64(3))}
	r.Verification = &bench.Verification{Mode: bench.VerifyCount, OK: true, RowsBefore: pointer(int64(3)), RowsAfter: pointer(int64(3030)), LostIDs: []string{}}
	r.Run.Config.Thresholds, r.Run.Config.EventType = []string{"p99<1s", "lost==0", "batch.throughput>1"}, bench.Random
	return r
}

func hop(received, produced, passed int64) bench.Hop {
	return bench.Hop{Received: received, Produced: produced, Passed: passed, Dropped: map[string]int64{}}
}

func interruptedRecord(t *testing.T) *bench.Record {
	t.Helper()
	r := record(t, bench.Interrupted, 4, func(i bench.Invocation) bench.Result {
		if i.Index > 1 {
			return bench.Result{Index: i.Index, Outcome: bench.NotStarted}
		}
		r := result(t, i, 7)
		r.Throttles = map[string]int{"ReservedFunctionConcurrentInvocationLimitExceeded": 3}
		return r
	})
	r.Verification = &bench.Verification{
		Mode: bench.VerifyFull, Problem: "1 acknowledged rows are not in the table", IDsAsked: 1414,
		Lost: 1, LostIDs: []string{"6f6e6520-6c6f-8374-a069-640000000000"}, AcknowledgedPresent: 1413,
	}
	r.Run.Warnings = []string{"PostgreSQL ended during the run"}
	return r
}

// lostRecord is of a run whose table lost many rows, and has some that it should not.
func lostRecord(t *testing.T) *bench.Record {
	t.Helper()
	r := record(t, bench.Incomplete, 20, func(i bench.Invocation) bench.Result { return result(t, i, 9) })
	const environment = "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"
	second := start.Truncate(time.Second)
	const where = "batch: 80 whole statements, all in invocations 4-11, ended 20:00:01 UTC, environment " + environment
	r.Verification = &bench.Verification{
		Mode: bench.VerifyFull, Problem: "8000 acknowledged rows are not in the table (" + where + ")", IDsAsked: 20_200,
		AcknowledgedPresent: 10_180, Lost: 8000, UnacknowledgedPresent: 102, Absent: 1918, Present: 10_282, Unexpected: pointer(int64(102)),
		LostWhere: where, UnexpectedWhere: "individual: all in invocations 3, 5, sent 20:00:00 UTC; batch: 1 whole statement, all in invocation 19",
		RowsFile: "results_20261123_200000.rows.csv",
	}
	for k := range bench.PlacedKept {
		row := bench.PlacedRow{
			ID: "6f6e6520-6c6f-8374-a069-64000000000" + string(rune('0'+k)), Scenario: bench.Batch, Invocation: 4, Row: k, Outcome: bench.Acknowledged,
			Environment: pointer(environment), At: pointer(second.Add(time.Second)), TimeOf: bench.StatementEnd,
		}
		r.Verification.LostRows, r.Verification.LostIDs = append(r.Verification.LostRows, row), append(r.Verification.LostIDs, row.ID)
	}
	r.Verification.UnexpectedRows = []bench.PlacedRow{
		{ID: "6f6e6520-6c6f-8374-a069-640000000010", Scenario: bench.Individual, Invocation: 3, Iteration: 9, Outcome: bench.Failed, At: pointer(second), TimeOf: bench.InvocationSent},
		{ID: "6f6e6520-6c6f-8374-a069-640000000011", Scenario: bench.Individual, Invocation: 5, Iteration: 9, Outcome: bench.NotStarted},
	}
	return r
}

// everything has each part that a record can have.
func everything(t *testing.T) *bench.Record {
	t.Helper()
	r := record(t, bench.Incomplete, 3, func(i bench.Invocation) bench.Result {
		r := result(t, i, 9)
		r.Response.ConnectRetries = map[string]int64{"53300": 3}
		r.Response.Retried, r.Response.Resent, r.Response.Confirmed, r.Response.Truncated = map[string]int64{"40001": 12}, 2, 1, i.Index == 1
		r.Response.StoredElsewhere = 2
		r.Response.Timeline = []bench.Second{{
			Unix: start.Unix(), Statements: 10, Rows: 9, Errors: 1, ErrorKinds: map[string]int64{"40001": 1, "53300": 2}, Retried: map[string]int64{"40001": 12},
		}}
		r.Response.Slowest = []bench.Statement{{
			Invocation: i.Index, Iteration: 4, Rows: i.RowsPerStatement(), LatencyUs: int64(1_500_000 * (i.Index + 1)), Attempts: 2, Outcome: bench.Acknowledged,
			Phases: []bench.PhaseTime{
				{Attempt: 1, Phase: "acquire", Ms: 900.5},
				{Attempt: 1, Phase: "connect", StartMs: 0.5, Ms: 900},
				{Attempt: 1, Phase: "tls", StartMs: 50, Ms: 800},
				{Attempt: 1, Phase: "query", StartMs: 900.5, Ms: 50.5, Failed: true},
				{Attempt: 2, Phase: "backoff", StartMs: 951, Ms: 49},
				{Attempt: 2, Phase: "query", StartMs: 1000, Ms: float64(500 + 1500*(i.Index%2))},
			},
		}}
		return r
	})
	r.Run.Target, r.Run.Config.Statement = bench.AWS, bench.ByUnnest
	r.Run.Config.Thresholds = []string{
		"p99<0.5ms", "individual.errors<=3", "cost<0.01", "lost==0", "success_rate>99.99%", "machine_cpu<90", "throughput>1000",
	}
	r.Run.Function = &bench.Function{Name: "load", Runtime: "provided.al2023", Architecture: "arm64", MemoryMB: 1769, TimeoutSeconds: 900, Version: "$LATEST"}
	r.Run.Repeat = &bench.Repeat{Number: 2, Of: 5}
	r.Run.TableNotes = []string{"car_entities_schema.business_events has an index that the suite's own table lacks, by_type: it costs a write a row"}
	r.Run.Links = &bench.Links{Dashboard: "http://localhost:3000/d/a", SlowStatements: "http://localhost:3000/d/b", TelemetryHealth: "http://localhost:3000/d/c", RunTrace: "http://localhost:3000/d/d"}
	r.Run.Warnings = []string{"mind the *gap*"}
	s := r.Scenario2
	s.Slowest[0].TraceURL, s.Slowest[0].TraceID, s.Slowest[0].SpanID = "http://localhost:3000/e/1", strings.Repeat("a", 32), strings.Repeat("b", 16)
	s.Billed = &bench.Billed{
		Invocations: 3, BilledSeconds: 12.34, Inits: 2, MemoryMB: 1769, MaxMemoryMB: 87, StreamedBytesBilled: 1 << 28,
		InitMs: bench.Stats{Spread: bench.Spread{Min: pointer(80.0), Max: pointer(120.0), Avg: pointer(100.0), Median: pointer(100.0)}, HighPercentiles: bench.HighPercentiles{P95: pointer(120.0), P99: pointer(120.0)}},
	}
	s.Admission = &bench.Admission{Asked: 1000, Reached: 750, Floor: 250, Backoffs: 3, HeldSeconds: 8.25}
	s.Client = &bench.ClientLoad{MachineCPUAvg: new(0.95), MachineCPUMax: new(1.0), DriverCPUAvg: 0.4, LagP99Ms: new(150.0), LagMaxMs: new(400.0), Bound: true}
	s.ClockOffset = new(1234.0)
	r.Verification = &bench.Verification{Mode: bench.VerifyFull, OK: true, IDsAsked: 3030, AcknowledgedPresent: 2727, UnacknowledgedPresent: 100, Absent: 203, LostIDs: []string{}}
	r.Run.Database = &bench.Database{Cluster: "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws", Name: "postgres", TableOID: 26001}
	looked, lost := *r.Verification, *r.Verification
	looked.Present = looked.AcknowledgedPresent + looked.UnacknowledgedPresent
	lost.OK, lost.Lost, lost.AcknowledgedPresent, lost.Absent, lost.LostIDs = false, 2, 2725, 303, []string{"6f6e6520-6c6f-8374-a069-640000000000", "6f6e6520-6c6f-8374-a069-640000000001"}
	lost.UnacknowledgedPresent, lost.Present, lost.Problem = 0, 2725, "2 acknowledged rows are not in the table"
	r.Verification = nil
	r.AddLook(bench.Look{At: start.Add(30 * time.Second), Host: "bench-1", Database: r.Run.Database, Verification: looked})
	r.AddLook(bench.Look{At: start.Add(time.Hour), Host: "desk", Database: r.Run.Database, Verification: lost})
	r.Cleanups = []bench.Cleanup{{At: start.Add(2 * time.Hour), Host: "desk", Database: r.Run.Database, Planned: 3030, Removed: 2500, WarmUpRemoved: 3, Unsure: true, Problem: "delete rows: connection reset"}}
	r.Reports = []bench.ReportFile{{Format: bench.FormatJUnit, File: "../checks.xml"}}
	r.Telemetry = &bench.Telemetry{
		Mode: bench.TelemetryRelay, Endpoint: "localhost:4317", UnreportedInvocations: 1, Problem: "1 invocations ended without an answer",
		Spans: bench.Ledger{
			Lambda: hop(0, 900, 900), Driver: bench.Hop{Received: 900, Produced: 10, Passed: 905, Dropped: map[string]int64{"queue_full": 5}},
			Unknown: "12 spans of several runs were lost in the collector or wait there, and it doesn't count them by run",
		},
		Points: bench.Ledger{Lambda: hop(0, 80, 80), Driver: hop(0, 20, 20), Collector: pointer(hop(20, 0, 20))},
	}
	r.Accounts = &bench.Accounts{
		Acknowledged: 2727, Database: pointer(int64(2727)), Spans: pointer(int64(2700)),
		Problem: "the collector's count of spans has 2700 rows, expected 2727", Missing: []string{"prometheus: it has nothing of this run"},
	}
	r.TraceStore = &bench.TraceStore{
		Sampled: 200, Slowest: 50, Opened: 230, Whole: 229, Excused: 3, Wrong: []bench.TraceFault{{TraceID: strings.Repeat("c", 32), Expected: 24, Found: 20}},
		Problem: "1 of 230 traces lack spans or are gone, for example " + strings.Repeat("c", 32) + ": it has 20 of 24 spans (Jaeger was restarted, or keeps fewer traces than the run has)",
	}
	r.Cost = &bench.Cost{
		Currency: "USD", Region: "us-east-1", PricesDate: "2026-11-01",
		Estimate: &bench.CostSheet{Requests: 6, GBSeconds: 20.5, RequestsUSD: 0.0000012, DurationUSD: 0.00034, TotalUSD: 0.0003412, PerMillionRowUSD: pointer(0.1126), Basis: []string{"Lambda's price by the plan's longest time"}},
		Actual:   &bench.CostSheet{Requests: 6, GBSeconds: 21.3, RequestsUSD: 0.0000012, DurationUSD: 0.000355, DPU: pointer(1234.5), DPUUSD: pointer(0.0098), StreamedGB: 0.25, StreamedUSD: 0.002, TotalUSD: 0.0121562, PerMillionRowUSD: pointer(4.46), Basis: []string{}},
	}
	r.CloudWatch = &bench.CloudWatch{
		FetchedAt: start.Add(time.Hour), From: start, To: start.Add(10 * time.Minute), Problem: "2 of 3 metrics have no point yet",
		Metrics: []bench.CloudWatchMetric{
			{Namespace: "AWS/AuroraDSQL", Name: "TotalDPU", Statistic: "Sum", Unit: "DPU", Total: pointer(1234.5), Points: []bench.CloudWatchPoint{{At: start, Value: 1234.5}}},
			{Namespace: "AWS/Lambda", Name: "Throttles", Statistic: "Sum", Unit: "Count", Points: []bench.CloudWatchPoint{}, Partial: true},
		},
		WaitEvents: &bench.WaitEvents{Application: "dsqlload/01M850BJEVW2N143JB0YS2GE2T", Problem: "CloudWatch says: result | truncated", Events: []bench.WaitEvent{
			{Name: "Commit", Sessions: 310.4, Points: []bench.CloudWatchPoint{{At: start, Value: 310.4}}},
			{Name: "OnCpu", Sessions: 77.6, Points: []bench.CloudWatchPoint{{At: start, Value: 77.6}}},
			{Name: "New|Event", Sessions: 0, Points: []bench.CloudWatchPoint{}},
		}},
	}
	return r
}

func rendered(t *testing.T, write func(io.Writer, *bench.Record) error, r *bench.Record) []byte {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got, r); err != nil {
		t.Fatal(err)
	}
	return got.Bytes()
}

// sameAsFile compares got with a golden file.
func sameAsFile(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-%s +got\n%s", name, diff)
	}
}

func TestReports(t *testing.T) {
	for name, r := range records(t) {
		for end, write := range map[string]func(io.Writer, *bench.Record) error{"txt": Text, "md": Markdown, "csv": CSV, "xml": JUnit} {
			t.Run(name+" "+end, func(t *testing.T) {
				got := rendered(t, write, r)
				sameAsFile(t, name+".golden."+end, got)
				if strings.Contains(string(got), "0001-01-01") {
					t.Error("the year 1 is there")
				}
			})
		}
	}
	sameAsFile(t, "everything.golden.json", rendered(t, JSON, records(t)["everything"]))
	sameAsFile(t, "lost.golden.json", rendered(t, JSON, records(t)["lost"]))
}

// What was read of an older or foreign file, and written again, has the present
// form, and reading that gives the same.
func TestJSONIsOfTheSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../schema/results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	all := records(t)
	moment := record(t, bench.Complete, 1, func(i bench.Invocation) bench.Result { return result(t, i, 10) })
	moment.Telemetry, moment.Scenario2.Client = &bench.Telemetry{Mode: bench.TelemetryOff}, &bench.ClientLoad{DriverCPUAvg: 0.25}
	all["unobserved, over in a moment"] = moment
	for name, r := range all {
		t.Run(name, func(t *testing.T) {
			text := rendered(t, JSON, r)
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "results.json")
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
			back, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), string(rendered(t, JSON, back))); diff != "" {
				t.Errorf("-written +read\n%s", diff)
			}
		})
	}
}
