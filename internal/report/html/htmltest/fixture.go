// Package htmltest makes records of runs for the tests of those who show them: a full
// one, and one of each kind that lacks something.
package htmltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/quote/quotetest"
)

// start is when each made-up run begins.
func start() time.Time { return time.Date(2026, 11, 23, 20, 0, 0, 250e6, time.UTC) }

// Size is how large a made-up run is.
type Size struct {
	Seconds     int // of each scenario
	Invocations int
	Iterations  int
	Rows        int // of a batch
}

// Small is the size of a run that has something to show in each section of a report.
func Small() Size { return Size{Seconds: 9, Invocations: 40, Iterations: 10, Rows: 100} }

// Spoiled is a full run with text in the place of each of its texts.
func Spoiled(t *testing.T, text string) *bench.Record {
	t.Helper()
	r := Full(t, Small())
	quotetest.Spoil(r, text)
	return r
}

// Full is a run on AWS in which something of everything happened.
func Full(t *testing.T, n Size) *bench.Record {
	t.Helper()
	config := bench.Defaults()
	config.FunctionName = "dsql-load-test"
	config.Target, config.Thresholds = bench.AWS, []string{"batch.p99<5s", "throughput>1000000"}
	config.Individual.NumLambdas, config.Batch.NumLambdas = n.Invocations, n.Invocations
	first, second := start().Add(12*time.Second), start().Add(time.Duration(16+n.Seconds)*time.Second)
	end := second.Add(time.Duration(n.Seconds+5) * time.Second)
	r := &bench.Record{
		SchemaVersion: bench.SchemaVersion,
		Run: bench.Run{
			ID: "01M850BJEVW2N143JB0YS2GE2T", Status: bench.Incomplete, StartedAt: start(), EndedAt: end,
			DurationSeconds: end.Sub(start()).Seconds(), Target: bench.AWS, Seed: 42, Config: config,
			Versions: map[string]string{"go": "go1.26.1", "aws-sdk-go-v2/service/lambda": "v1.80.0"}, Commit: "0123abc",
			Host:     bench.Host{OS: "linux", Arch: "arm64", CPUs: 8, CPUModel: "Neoverse-N1", MemoryBytes: 16 << 30},
			WarmUp:   &bench.WarmUp{Rows: &bench.Account{Planned: 20, Acknowledged: 20}, Invocations: bench.Account{Planned: 20, Acknowledged: 20}, ColdStarts: new(int64(20)), RowsRemoved: 20},
			Warnings: []string{"the collector was away for 3 s"},
			Links:    &bench.Links{Dashboard: "http://localhost:3000/d/dsqlload-run?var-run=1&x=2", RunTrace: "http://localhost:3000/explore"},
			Function: &bench.Function{
				Name: "dsql-load-test", Runtime: "provided.al2023", Architecture: "arm64", MemoryMB: 512, TimeoutSeconds: 60,
				Version: "$LATEST", CodeSHA256: "yS2GE2T=", Cluster: "abc.dsql.us-east-1.on.aws",
			},
			Repeat: &bench.Repeat{Number: 2, Of: 5},
		},
		Scenario1: summary(t, bench.Individual, first, n, 1),
		Scenario2: summary(t, bench.Batch, second, n, n.Rows),
		Verdict: &bench.Verdict{Word: bench.Suspect, Reasons: []bench.Reason{
			{Severity: bench.Suspect, Code: "client_bound", Scenario: bench.Batch, Text: "the machine that sent used 97 % of its processors: read the throughput as \"at least\""},
			{Severity: bench.Note, Code: "few_samples", Text: "p99.9 rests on fewer than ten samples"},
		}},
	}
	rows := r.Scenario1.TotalInserts + r.Scenario2.TotalInserts
	r.Verification = &bench.Verification{Mode: bench.VerifyFull, OK: true, AcknowledgedPresent: rows, Absent: 3, Present: rows, IDsAsked: rows + 3, DurationMs: 4321}
	r.Run.Database = &bench.Database{Cluster: "abc.dsql.us-east-1.on.aws", Name: "postgres", TableOID: 26001}
	lost := bench.Verification{Mode: bench.VerifyFull, Problem: "7 acknowledged rows are not in the table", Lost: 7, AcknowledgedPresent: rows - 7, Present: rows - 7, IDsAsked: rows + 3}
	r.Looks = []bench.Look{
		{At: first.Add(time.Minute), Host: "bench-1", Database: r.Run.Database, Verification: *r.Verification},
		{At: first.Add(time.Hour), Host: "desk", Database: r.Run.Database, Verification: lost},
	}
	r.Cleanups = []bench.Cleanup{{At: first.Add(2 * time.Hour), Host: "desk", Database: r.Run.Database, Planned: rows + 3, Removed: rows - 7}}
	r.Telemetry = &bench.Telemetry{
		Mode: bench.TelemetryRelay, Endpoint: "localhost:4317", OK: true,
		Spans:      bench.Ledger{Lambda: bench.Hop{Produced: 9000, Passed: 9000}, Driver: bench.Hop{Received: 9000, Produced: 100, Passed: 9100}, Collector: &bench.Hop{Received: 9100, Passed: 9100}},
		Points:     bench.Ledger{Lambda: bench.Hop{Produced: 800, Passed: 800}, Driver: bench.Hop{Produced: 70, Passed: 60, Dropped: map[string]int64{"superseded": 10}}, Unknown: "the collector's counters: none"},
		ResentRows: 12,
	}
	r.Accounts = &bench.Accounts{Acknowledged: rows, Database: &rows, Prometheus: &rows, Spans: &rows, Agree: true, Missing: []string{}}
	r.TraceStore = &bench.TraceStore{Sampled: 200, Slowest: 50, Opened: 230, Whole: 230, OK: true, Wrong: []bench.TraceFault{}}
	for _, text := range config.Thresholds {
		r.Thresholds = append(r.Thresholds, bench.Threshold{Text: text, Scenario: bench.Batch, Figure: "p99", Operator: "<", Limit: 5000, Unit: "ms", Value: value(612.5), OK: text[0] == 'b'})
	}
	r.Thresholds = append(r.Thresholds, bench.Threshold{Text: "cost<1", Figure: "cost", Operator: "<", Limit: 1, Unit: "USD"})
	r.Cost = costs()
	r.CloudWatch = cloud(first)
	return r
}

func costs() *bench.Cost {
	return &bench.Cost{
		Currency: "USD", Region: "us-east-1", PricesDate: "2026-11-01",
		Estimate: &bench.CostSheet{Requests: 2000, GBSeconds: 9000, RequestsUSD: 0.0004, DurationUSD: 0.12, TotalUSD: 0.1204, Basis: []string{"Durations are guessed.", "DPU are left out."}},
		Actual:   &bench.CostSheet{Requests: 2020, GBSeconds: 8123.4, RequestsUSD: 0.000404, DurationUSD: 0.1083, DPU: value(1234.5), DPUUSD: value(0.0099), TotalUSD: 0.1186, PerMillionRowUSD: value(0.1174), Basis: []string{"Billed durations by Lambda's REPORT lines."}},
	}
}

func cloud(from time.Time) *bench.CloudWatch {
	points := []bench.CloudWatchPoint{}
	for i, v := range []float64{3, 9, 27, 25, 24, 4} {
		points = append(points, bench.CloudWatchPoint{At: from.Add(time.Duration(i) * time.Minute), Value: v})
	}
	return &bench.CloudWatch{FetchedAt: from.Add(time.Hour), From: from, To: from.Add(6 * time.Minute), Metrics: []bench.CloudWatchMetric{
		{Namespace: "AWS/AuroraDSQL", Name: "TotalDPU", Statistic: "Sum", Unit: "Count", Total: value(92), Points: points},
		{Namespace: "AWS/Lambda", Name: "Throttles", Statistic: "Sum", Unit: "Count"},
	}, WaitEvents: &bench.WaitEvents{Application: "dsqlload/01M850BJEVW2N143JB0YS2GE2T", Events: []bench.WaitEvent{
		{Name: "Commit", Sessions: 12.5, Points: points}, {Name: "OnCpu", Sessions: 2.5, Points: points[:1]}, {Name: "Tea<break>", Points: []bench.CloudWatchPoint{}},
	}}}
}

// summary makes up a scenario whose parts fit together.
func summary(t *testing.T, scenario bench.Scenario, from time.Time, n Size, rows int) *bench.Summary {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(rows), 7))
	statements := n.Invocations * n.Iterations
	s := &bench.Summary{
		Scenario: scenario, Description: fmt.Sprintf("%d invocations", n.Invocations), Concurrency: n.Invocations,
		StartedAt: from, EndedAt: from.Add(time.Duration(n.Seconds)*time.Second - 400*time.Millisecond),
		TotalLambdas: int64(n.Invocations), Retried: map[string]int64{"40001": 0, "connection_lost": 0},
		Throttles: map[string]int64{"ReservedFunctionConcurrentInvocationLimitExceeded": 12}, InvocationErrors: map[string]int64{"Unhandled": 1},
		Errors:     []bench.InvocationError{{Index: 3, Error: "RequestId: 1 Error: <b>exit status 1</b></script>"}},
		ColdStarts: new(int64(n.Invocations / 4)), Environments: new(int64(n.Invocations / 2)), Resent: new(int64(2)), Confirmed: new(int64(1)), TruncatedLambdas: new(int64),
		ConnectRetries: map[string]int64{"53300": 3}, Overhead: &bench.Overhead{Count: 10, FewPercentiles: bench.FewPercentiles{P50: value(0.02), P95: value(0.05), P99: value(0.2)}, Max: 3.5},
		Client:    &bench.ClientLoad{MachineCPUAvg: value(0.91), MachineCPUMax: value(0.99), DriverCPUAvg: 0.4, LagP99Ms: value(3.2), LagMaxMs: value(41), Bound: scenario == bench.Batch},
		Admission: &bench.Admission{Asked: n.Invocations, Reached: n.Invocations - 2, Floor: n.Invocations / 2, Backoffs: 3, HeldSeconds: 1.5, FirstSendMs: 0.4, SendSpreadMs: 87},
		Billed:    &bench.Billed{Invocations: int64(n.Invocations - 1), BilledSeconds: 61.25, Inits: 10, MemoryMB: 512, MaxMemoryMB: 77, DurationMs: stats(210, 1900), InitMs: stats(90, 240)},
		Cold:      stats(900, 2200), Warm: stats(300, 1500), LatencyMs: stats(300, 2200), LambdaDurationMs: stats(280, 1900),
		LambdaThroughput: bench.Spread{Min: value(5), Max: value(60), Avg: value(20), Median: value(19)}, ClockOffset: new(1.25),
	}
	wall := s.EndedAt.Sub(s.StartedAt)
	s.TotalDurationSeconds, s.TotalDurationMs = wall.Seconds(), inMs(wall)
	lost := n.Iterations
	s.Invocations = bench.Account{Planned: int64(n.Invocations), Acknowledged: int64(n.Invocations - 1), Failed: 1}
	s.SuccessfulLambdas, s.FailedLambdas, s.SuccessRate = int64(n.Invocations-1), 1, 100*float64(n.Invocations-1)/float64(n.Invocations)
	s.Statements = &bench.Account{Planned: int64(statements), Acknowledged: int64(statements - lost), Failed: int64(lost - 1), Unknown: 1}
	s.Rows = s.Statements.Times(int64(rows))
	s.TotalInserts, s.TotalErrors = s.Rows.Acknowledged, s.Rows.Failed+s.Rows.Unknown
	s.StoredElsewhere, s.RowsAffected, s.Attempts = 2, new(s.Rows.Acknowledged-2), new(int64(statements+5))
	s.Throughput = float64(s.TotalInserts) / wall.Seconds()
	s.ErrorsByKind = []bench.ErrorCount{
		{Kind: "40001", Message: "change conflicts with another transaction, please retry: (OC000)", Statements: int64(lost - 1), Rows: int64((lost - 1) * rows)},
		{Kind: "connection_lost", Message: "unexpected EOF", Statements: 1, Rows: int64(rows)},
	}
	all := latency.New()
	s.Timeline = timeline(random, s, n, rows, all)
	s.StatementLatency = StatementLatency(t, all)
	s.Sample = samples(random, n)
	for i := range min(bench.SlowestKept, statements/80) {
		s.Slowest = append(s.Slowest, slowStatementOf(i, s, rows, all.Max()))
	}
	return s
}

func stats(low, high float64) bench.Stats {
	return bench.Stats{Spread: bench.Spread{Min: value(low), Max: value(high), Avg: value((low + high) / 2), Median: value((2*low + high) / 3)}, HighPercentiles: bench.HighPercentiles{P95: value(low + (high-low)*0.9), P99: value(low + (high-low)*0.98)}}
}

func timeline(random *rand.Rand, s *bench.Summary, n Size, rows int, all *latency.Histogram) []bench.TimelineSecond {
	line := make([]bench.TimelineSecond, n.Seconds)
	left := s.Statements.Acknowledged
	for i := range line {
		second := latency.New()
		share := left / int64(n.Seconds-i)
		left -= share
		for range share {
			second.Record(time.Duration(math.Exp(random.NormFloat64()*0.7+10.5+float64(rows)/100)) * time.Microsecond)
		}
		all.Merge(second)
		p := func(q float64) *float64 { return value(inMs(second.Percentile(q))) }
		line[i] = bench.TimelineSecond{
			Second: int64(i), Statements: new(share), Rows: new(share * int64(rows)), Errors: new(int64), ColdStarts: new(int64), FewPercentiles: bench.FewPercentiles{P50: p(50), P95: p(95), P99: p(99)}, Max: value(inMs(second.Max())),
			InFlight: int64(n.Invocations * (n.Seconds - i) / n.Seconds), Sent: int64(n.Invocations / n.Seconds), Ended: int64(n.Invocations / n.Seconds),
			Retried: map[string]int64{"40001": int64(i % 3)},
		}
		s.Retried["40001"] += int64(i % 3)
	}
	line[0].ColdStarts, line[1].Throttled = s.ColdStarts, 12
	line[2].ErrorKinds, line[2].Errors = map[string]int64{"40001": int64(n.Iterations - 1)}, new(int64(n.Iterations-1))
	line[4].ErrorKinds, line[4].Errors = map[string]int64{"connection_lost": 1}, new(int64(1))
	line[4].Retried["connection_lost"], s.Retried["connection_lost"] = 2, 2
	return line
}

// StatementLatency holds the percentiles of h.
func StatementLatency(t *testing.T, h *latency.Histogram) bench.StatementLatency {
	t.Helper()
	snapshot, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	l := bench.StatementLatency{Count: h.Count(), Histogram: snapshot, TooFewFor: []string{}}
	if l.Count == 0 {
		return l
	}
	l.Min, l.Avg, l.Max = value(inMs(h.Min())), value(inMs(h.Mean())), value(inMs(h.Max()))
	for _, p := range []struct {
		name string
		at   float64
		to   **float64
	}{{"p50", 50, &l.P50}, {"p90", 90, &l.P90}, {"p95", 95, &l.P95}, {"p99", 99, &l.P99}, {"p99.9", 99.9, &l.P999}} {
		*p.to = value(inMs(h.Percentile(p.at)))
		if !latency.Enough(p.at, l.Count) {
			l.TooFewFor = append(l.TooFewFor, p.name)
		}
	}
	return l
}

func samples(random *rand.Rand, n Size) []bench.InvocationSample {
	all := []bench.InvocationSample{}
	for i := range min(n.Invocations, bench.SamplesKept) {
		sample := bench.InvocationSample{Index: i, SentMs: float64(i) * 2.125, LatencyMs: 300 * math.Exp(random.NormFloat64()*0.3), Rows: 10, Outcome: bench.Acknowledged, Cold: new(i%4 == 0)}
		if *sample.Cold {
			sample.LatencyMs += 400
		}
		if i == 3 {
			sample.Outcome = bench.Failed
		}
		all = append(all, sample)
	}
	return all
}

// slowStatementOf has two attempts, the first of which opened a connection and
// met a conflict.
func slowStatementOf(i int, s *bench.Summary, rows int, slowest time.Duration) bench.Statement {
	whole := inMs(slowest) * (1 - float64(i)/(2*bench.SlowestKept))
	at := func(share float64) float64 { return whole * share }
	statement := bench.Statement{
		Invocation: 7 * i, Iteration: i, Rows: rows, StartedUs: s.StartedAt.Add(time.Duration(i) * 100 * time.Millisecond).UnixMicro(),
		LatencyUs: int64(whole * 1000), Attempts: 2, Outcome: bench.Acknowledged, ColdStart: i%2 == 0, Environment: "env-1",
		TraceID: "0af7651916cd43dd8448eb211c80319c", TraceURL: "http://localhost:3000/explore?trace=0af7",
		Phases: []bench.PhaseTime{
			{Attempt: 1, Phase: "acquire", Ms: at(0.4)},
			{Attempt: 1, Phase: "connect", StartMs: at(0.1), Ms: at(0.3)},
			{Attempt: 1, Phase: "token", StartMs: at(0.1), Ms: at(0.02)},
			{Attempt: 1, Phase: "dns", StartMs: at(0.12), Ms: at(0.03)},
			{Attempt: 1, Phase: "dial", StartMs: at(0.15), Ms: at(0.05)},
			{Attempt: 1, Phase: "tls", StartMs: at(0.2), Ms: at(0.1)},
			{Attempt: 1, Phase: "startup", StartMs: at(0.3), Ms: at(0.08)},
			{Attempt: 1, Phase: "prepare", StartMs: at(0.4), Ms: at(0.05)},
			{Attempt: 1, Phase: "query", StartMs: at(0.45), Ms: at(0.15), Failed: true},
			{Attempt: 2, Phase: "backoff", StartMs: at(0.6), Ms: at(0.1)},
			{Attempt: 2, Phase: "query", StartMs: at(0.72), Ms: at(0.28)},
		},
	}
	if i == 2 {
		statement.Phases, statement.TraceURL, statement.Attempts = nil, "", 1
	}
	return statement
}

func value(v float64) *float64 { return &v }

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
