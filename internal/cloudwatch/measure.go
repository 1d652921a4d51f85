package cloudwatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/telemetry"
)

// waitSaid is how often the remaining time is logged while waiting for CloudWatch.
const waitSaid = 30 * time.Second

// Measurement fetches the metrics of a run and sends them to the collector.
type Measurement struct {
	Region, Cluster string // override the record's
	Profile         string // the AWS profile; if empty, AWS_PROFILE applies
	Wait            bool   // until the metrics are complete
	Prices          cost.Prices
	Log             io.Writer
	Now             func() time.Time
	Getenv          func(string) string // for the collector's variables
}

// Fetch adds CloudWatch's metrics, and the cost that follows from them, to the record. If there is
// an error, the record doesn't change.
func (m *Measurement) Fetch(ctx context.Context, r *bench.Record) error {
	from, to, err := Window(r)
	if err != nil {
		return err
	}
	if m.Wait {
		if err := m.await(ctx, to); err != nil {
			return err
		}
	}
	cluster := m.Cluster
	if cluster == "" && r.Run.Function != nil {
		cluster = r.Run.Function.Cluster
	}
	region := cmp.Or(m.Region, Region(cluster), r.Run.Config.Region)
	got, err := Fetch(ctx, Options{
		Region: region, Profile: m.Profile, ClusterID: ClusterID(cluster), FunctionName: r.Run.Config.FunctionName,
		Application: application(r), From: from, To: to, Now: m.Now,
	})
	if err != nil {
		return err
	}
	if Points(got) == 0 && Points(r.CloudWatch) > 0 {
		return quote.Hint(errors.New(got.Problem), "what was fetched at %s stays in the results", r.CloudWatch.FetchedAt.Format(time.RFC3339))
	}
	if old := r.CloudWatch; old != nil && old.WaitEvents.Sessions() > 0 && got.WaitEvents.Sessions() == 0 {
		got.WaitEvents = old.WaitEvents // CloudWatch answered better before
	}
	r.CloudWatch = got
	if r.Cost == nil {
		r.Cost = &bench.Cost{Currency: "USD"}
	}
	r.Cost.Actual = cost.Actual(r, m.Prices)
	_, r.Cost.Region = m.Prices.In(r.Run.Config.Region)
	r.Cost.PricesDate = m.Prices.Date
	threshold.Judge(r) // thresholds may apply to the cost
	return nil
}

// application returns the application_name of the run's connections; empty for a function of
// another suite.
func application(r *bench.Record) string {
	if slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) {
		return ""
	}
	return bench.ApplicationName(r.Run.ID)
}

// Points returns how many points were fetched. c may be nil.
func Points(c *bench.CloudWatch) (n int) {
	if c == nil {
		return 0
	}
	for _, metric := range c.Metrics {
		n += len(metric.Points)
	}
	return n
}

// await waits until the metrics of a run that ended at to are complete.
func (m *Measurement) await(ctx context.Context, to time.Time) error {
	for {
		left := Ready(to).Sub(m.Now())
		if left <= 0 {
			return nil
		}
		fmt.Fprintf(m.Log, "waiting for CloudWatch: all of the run's metrics are there in %v\n", left.Round(time.Second))
		select {
		case <-time.After(min(left, waitSaid)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Send sends the metrics to the collector. If that fails, it logs the error and returns nil,
// because the metrics are in the results anyway.
func (m *Measurement) Send(ctx context.Context, r *bench.Record) *Sent {
	if Points(r.CloudWatch) == 0 || !telemetry.Exported(m.Getenv).Metrics {
		return nil
	}
	sent, err := Send(ctx, m.Getenv, r, m.Now())
	if err != nil {
		fmt.Fprintf(m.Log, "CloudWatch's metrics are not in Prometheus: %s\n", quote.OneLine(err))
		return nil
	}
	return &sent
}
