package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cloudwatch"
	"dsql-load-test/internal/eventually"
)

// fetched returns the record of a run that ended ago before now, with all kinds of metrics
// from CloudWatch.
func fetched(now time.Time, ago time.Duration) *bench.Record {
	at := now.Add(-ago).UTC().Truncate(time.Minute)
	point := func(minute int, v float64) bench.CloudWatchPoint {
		return bench.CloudWatchPoint{At: at.Add(time.Duration(minute) * time.Minute), Value: v}
	}
	r := &bench.Record{Run: bench.Run{Config: bench.Defaults()}}
	r.CloudWatch = &bench.CloudWatch{Complete: true, Metrics: []bench.CloudWatchMetric{
		{Namespace: cloudwatch.Cluster, Name: "OccConflicts", Statistic: "Sum", Points: []bench.CloudWatchPoint{point(0, 3), point(1, 4)}},
		{Namespace: cloudwatch.Cluster, Name: "CommitLatency", Statistic: "Average", Points: []bench.CloudWatchPoint{point(0, 8)}},
		{Namespace: cloudwatch.Cluster, Name: "CommitLatency", Statistic: "p99", Points: []bench.CloudWatchPoint{point(0, 40)}},
		{Namespace: cloudwatch.Cluster, Name: "BytesWritten", Statistic: "Sum", Points: []bench.CloudWatchPoint{point(1, 2048)}},
		{Namespace: cloudwatch.Function, Name: "ConcurrentExecutions", Statistic: "Maximum", Points: []bench.CloudWatchPoint{point(1, 12)}},
		{Namespace: cloudwatch.Function, Name: "Errors", Statistic: "Sum", Points: []bench.CloudWatchPoint{}},
	}}
	return r
}

// testCloudWatch sends CloudWatch's metrics like the driver and finds them in Prometheus:
// metrics that just became complete, and metrics that are nearly too old.
func (s *Stack) testCloudWatch(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+s.OTLPEndpoint)
	want := map[string]float64{
		`dsqlload_cloudwatch_occ_conflicts sum 0`: 3, `dsqlload_cloudwatch_occ_conflicts sum 1`: 4,
		`dsqlload_cloudwatch_commit_latency_seconds average 0`: 0.008,
		`dsqlload_cloudwatch_bytes_written sum 1`:              2048, `dsqlload_cloudwatch_lambda_concurrent_executions maximum 1`: 12,
	}
	for run, ago := range map[string]time.Duration{"recent": 7 * time.Minute, "old": 53 * time.Minute} {
		t.Run(run, func(t *testing.T) {
			now := time.Now()
			r := fetched(now, ago)
			r.Run.ID = run
			sent, err := cloudwatch.Send(t.Context(), os.Getenv, r, now)
			if err != nil || sent.Points != 5 || sent.TooOld != 0 {
				t.Fatalf("%+v, %v, want 5 points", sent, err)
			}
			eventually.Nil(t, func() error {
				got, err := s.cloudWatchOf(t.Context(), run, r.CloudWatch.Metrics[0].Points[0].At)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					return errors.Join(err, fmt.Errorf("-want +got\n%s", diff))
				}
				return nil
			})
		})
	}
}

// cloudWatchOf returns the run's samples of the first minute and of the second.
func (s *Stack) cloudWatchOf(ctx context.Context, run string, first time.Time) (map[string]float64, error) {
	got := map[string]float64{}
	for minute := range 2 {
		// Only samples of that minute: an instant query looks 5 minutes back.
		expr := fmt.Sprintf(`last_over_time({__name__=~"dsqlload_cloudwatch_.*", dsqlload_run_id=%q, job=%q, cloud_region="us-east-1"}[1ms])`, run, cloudwatch.ServiceName)
		samples, err := s.Prom(ctx, expr, first.Add(time.Duration(minute)*time.Minute))
		if err != nil {
			return nil, err
		}
		for _, sample := range samples {
			got[fmt.Sprintf("%s %s %d", sample.Labels["__name__"], sample.Labels["dsqlload_statistic"], minute)] = sample.Value
		}
	}
	return got, nil
}
