package figure

import "dsql-load-test/internal/bench"

// CloudWatchMetric is the metric of CloudWatch whose total is a figure.
type CloudWatchMetric struct {
	Namespace, Name, Statistic string
}

// absentCloudWatch is why there is none of CloudWatch's figures.
const absentCloudWatch = "the target is local, or CloudWatch's metrics weren't complete yet, or it has none of this metric"

// cloudWatchFigures are AWS's own measurements, of the cluster and the function in whole minutes.
func cloudWatchFigures() []Figure {
	const dsql, lambda = "AWS/AuroraDSQL", "AWS/Lambda"
	const (
		sum     = "Sum"
		average = "Average"
		most    = "Maximum"
	)
	all := []Figure{
		cloudWatch("total_transactions", "", "the cluster's transactions", dsql, "TotalTransactions", sum),
		cloudWatch("read_only_transactions", "", "of these, those that only read", dsql, "ReadOnlyTransactions", sum),
		cloudWatch("occ_conflicts", "", "transactions aborted by conflicts on keys", dsql, "OccConflicts", sum),
		cloudWatch("query_timeouts", "", "queries that ran into the transaction's time limit", dsql, "QueryTimeouts", sum),
		cloudWatch("commit_latency_avg", "ms", "mean of the minutes' median commit latencies", dsql, bench.CommitLatency, average),
		cloudWatch("commit_latency_max", "ms", "largest of the minutes' median commit latencies", dsql, bench.CommitLatency, most),
		cloudWatch("bytes_written", "B", "bytes written to storage", dsql, "BytesWritten", sum),
		cloudWatch("bytes_read", "B", "bytes read from storage", dsql, "BytesRead", sum),
		cloudWatch("compute_time", "ms", "time that queries were processed", dsql, "ComputeTime", sum),
		cloudWatch("write_dpu", "DPU", "processing units for writing", dsql, "WriteDPU", sum),
		cloudWatch("multi_region_write_dpu", "DPU", "processing units for writing to peers", dsql, "MultiRegionWriteDPU", sum),
		cloudWatch("read_dpu", "DPU", "processing units for reading", dsql, "ReadDPU", sum),
		cloudWatch("compute_dpu", "DPU", "processing units for computing", dsql, "ComputeDPU", sum),
		cloudWatch("total_dpu", "DPU", "processing units, which are billed", dsql, "TotalDPU", sum),
		cloudWatch("lambda.invocations", "", "invocations of the function", lambda, "Invocations", sum),
		cloudWatch("lambda.errors", "", "invocations that ended in an error of the function", lambda, "Errors", sum),
		cloudWatch("lambda.throttles", "", "calls refused for want of concurrency", lambda, "Throttles", sum),
		cloudWatch("lambda.concurrent_executions", "", "most invocations at once", lambda, "ConcurrentExecutions", most),
		cloudWatch("lambda.duration_avg", "ms", "mean of the minutes' mean durations of an invocation", lambda, "Duration", average),
		cloudWatch("lambda.duration_max", "ms", "longest invocation", lambda, "Duration", most),
	}
	return append(all, Figure{
		Name: "cloudwatch.active_sessions", OfRun: true, Means: "average active sessions of the run's connections", Absent: absentCloudWatch, CloudWatch: &CloudWatchMetric{},
		record: func(r *bench.Record) *float64 {
			c := r.CloudWatch
			if c == nil || !c.Complete || c.WaitEvents == nil || c.WaitEvents.Problem != "" {
				return nil
			}
			return new(c.WaitEvents.Sessions())
		},
	})
}

// cloudWatch is the total of a metric. It has no value before the metric is complete, because a
// part of a sum would meet an upper limit.
func cloudWatch(name, unit, means, namespace, metric, statistic string) Figure {
	from := &CloudWatchMetric{namespace, metric, statistic}
	return Figure{Name: "cloudwatch." + name, Unit: unit, OfRun: true, Means: means, Absent: absentCloudWatch, CloudWatch: from, record: from.total}
}

func (m *CloudWatchMetric) total(r *bench.Record) *float64 {
	if r.CloudWatch == nil || !r.CloudWatch.Complete {
		return nil
	}
	for _, got := range r.CloudWatch.Metrics {
		if got.Namespace == m.Namespace && got.Name == m.Name && got.Statistic == m.Statistic && !got.Partial {
			return got.Total
		}
	}
	return nil
}
