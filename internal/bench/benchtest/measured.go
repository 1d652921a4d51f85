package benchtest

import "dsql-load-test/internal/bench"

// stats returns Stats with six different values.
func stats(from float64) bench.Stats {
	return bench.Stats{
		Spread:          bench.Spread{Min: new(from), Avg: new(from + 1), Median: new(from + 2), Max: new(from + 5)},
		HighPercentiles: bench.HighPercentiles{P95: new(from + 3), P99: new(from + 4)},
	}
}

// Measured returns a record in which every figure has a different value.
func Measured() *bench.Record {
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
				Count: 1, Min: new(1.0), Avg: new(2.0), Percentiles: bench.Percentiles{P50: new(3.0), P90: new(4.0), P95: new(6.0), P99: new(7.0), P999: new(8.0)}, Max: new(9.0),
			},
			Billed: &bench.Billed{BilledSeconds: 17, MaxMemoryMB: 18}, ClockOffset: new(19.0),
			Client: &bench.ClientLoad{MachineCPUAvg: new(0.5), MachineCPUMax: new(0.6), DriverCPUAvg: 0.25, LagP99Ms: new(22.0), LagMaxMs: new(23.0)},
		},
		Verification: &bench.Verification{Mode: bench.VerifyFull, IDsAsked: 1, Lost: 24, UnacknowledgedPresent: 26},
		Telemetry: &bench.Telemetry{
			Mode:   bench.TelemetryRelay,
			Spans:  bench.Ledger{Lambda: bench.Hop{Refused: 1}, Driver: bench.Hop{Dropped: map[string]int64{"queue": 27}}, Collector: &bench.Hop{Refused: 2}},
			Points: bench.Ledger{Driver: bench.Hop{Refused: 31, Dropped: map[string]int64{"superseded": 99}}},
		},
		CloudWatch: cloudWatch(),
		Cost:       &bench.Cost{Estimate: &bench.CostSheet{TotalUSD: 0.5}, Actual: &bench.CostSheet{TotalUSD: 0.25, DPUUSD: &dpu, PerMillionRowUSD: &dpu}},
	}
}

// cloudWatch returns metrics whose totals count from 501.
func cloudWatch() *bench.CloudWatch {
	c := &bench.CloudWatch{Complete: true, WaitEvents: &bench.WaitEvents{Events: []bench.WaitEvent{{Name: "Commit", Sessions: 36}, {Name: "OnCpu", Sessions: 2}}}}
	add := func(namespace, statistic string, names ...string) {
		for _, name := range names {
			c.Metrics = append(c.Metrics, bench.CloudWatchMetric{Namespace: namespace, Name: name, Statistic: statistic, Total: new(float64(len(c.Metrics) + 501))})
		}
	}
	const dsql, lambda = "AWS/AuroraDSQL", "AWS/Lambda"
	add(dsql, "Sum", "TotalTransactions", "ReadOnlyTransactions", "OccConflicts", "QueryTimeouts", "BytesWritten", "BytesRead", "ComputeTime",
		"WriteDPU", "MultiRegionWriteDPU", "ReadDPU", "ComputeDPU", "TotalDPU")
	add(dsql, "Average", bench.CommitLatency)
	add(dsql, "Maximum", bench.CommitLatency)
	add(lambda, "Sum", "Invocations", "Errors", "Throttles")
	add(lambda, "Maximum", "ConcurrentExecutions", "Duration")
	add(lambda, "Average", "Duration")
	return c
}
