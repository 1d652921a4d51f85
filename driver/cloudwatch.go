package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/cloudwatch"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/telemetry"
)

// waitSaid is how often a wait for CloudWatch says how long it still takes.
const waitSaid = 30 * time.Second

// measurements are how CloudWatch is asked for a run's metrics, and where they go.
type measurements struct {
	region, cluster string // over what the record says
	profile         string // the AWS profile; empty leaves it to AWS_PROFILE
	wait            bool   // until all of them are there
	prices          cost.Prices
	log             io.Writer
	now             func() time.Time
}

func cloudwatchCommand(lookup func(string) (string, bool)) *cobra.Command {
	m := measurements{now: time.Now}
	var prices string
	var asJSON, send bool
	cmd := &cobra.Command{
		Use:   "cloudwatch RESULTS",
		Short: "Fetch what AWS measured during a run into its results",
		Long: `Fetch what Amazon CloudWatch measured of the cluster and the function while the run
of a results file was at work, set it against the run's own figures, work out what
the run cost, and write all of that into the file. The metrics lag: they are complete
some five minutes after the run; --wait waits for that. Complete ones are also sent
to the collector, if one answers.

The AWS credentials at hand need the action cloudwatch:GetMetricData.

Exit codes: 0 CloudWatch told all; 1 it told nothing or a part, and says why; 2 usage;
130 interrupted, the file is as it was.`,
		Example: `  driver cloudwatch results_20261124_101500.json --wait
  driver cloudwatch results_20261124_101500.json --cluster ID.dsql.REGION.on.aws --json`,
		Args: oneArgument("RESULTS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd.Flags(), lookup); err != nil {
				return usage(err)
			}
			if err := checkAWS(cmd.Flags(), m.profile); err != nil {
				return usage(err)
			}
			host, _, err := splitEndpoint(m.cluster, named(cmd.Flags(), "cluster"))
			if err != nil {
				return usage(err)
			}
			m.cluster = host
			if m.cluster != "" && cloudwatch.ClusterID(m.cluster) == "" {
				return usage(fmt.Errorf("%s = %s: must be a cluster's endpoint, ID.dsql.REGION.on.aws, or its id", named(cmd.Flags(), "cluster"), m.cluster))
			}
			if m.prices, err = cost.Read(prices); err != nil {
				return usage(fmt.Errorf("%s: %w", named(cmd.Flags(), "prices"), err))
			}
			record, err := awsResults(args[0])
			if err != nil {
				return usage(err)
			}
			_, drain, stop := interruptible(cmd.Context(), io.Discard)
			defer stop()
			m.log = cmd.ErrOrStderr()
			if err := m.fetch(drain, record); err != nil {
				return notFetched(drain, err)
			}
			before, after, err := report.Change(args[0], func(r *bench.Record) error {
				r.CloudWatch, r.Cost = record.CloudWatch, record.Cost
				return nil
			})
			if err != nil {
				return &exitError{code: exitIncomplete, err: err}
			}
			record = after
			remake(cmd.ErrOrStderr(), args[0], before, after)
			var sent *cloudwatch.Sent
			if send {
				sent = m.send(drain, record)
			}
			return printMeasured(cmd.OutOrStdout(), record, sent, asJSON)
		},
	}
	cmd.Flags().BoolVar(&m.wait, "wait", false, "wait until all of the run's metrics are there")
	cmd.Flags().StringVar(&m.region, "region", "", "the region (default: the cluster's, or as the results say)")
	addProfile(cmd.Flags(), &m.profile, "")
	cmd.Flags().StringVar(&m.cluster, "cluster", "", "the DSQL cluster's endpoint or id (default: as the results say)")
	cmd.Flags().StringVar(&prices, "prices", "", "file with prices instead of the built-in ones")
	cmd.Flags().BoolVar(&send, "send", true, "send complete metrics to the collector")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the metrics, the comparison and the cost as JSON")
	return cmd
}

func notFetched(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exitError{code: exitInterrupted, err: errors.New("interrupted: the results file is as it was")}
	}
	return &exitError{code: exitIncomplete, err: err}
}

// awsResults reads the results of a run that CloudWatch can tell of.
func awsResults(path string) (*bench.Record, error) {
	record, err := report.Read(path)
	if err == nil {
		err = report.Ours(path, record)
	}
	switch {
	case err != nil:
		return nil, err
	case record.Run.Status == bench.Running:
		return nil, quote.Hint(fmt.Errorf("%s: the run goes on, or was killed: when it ended isn't known", path), "driver verify %s settles a killed one", quote.Path(path))
	case record.Run.Status == bench.Killed && record.Run.DurationSeconds == 0:
		return nil, fmt.Errorf("%s: the run was killed before an invocation ended: there is nothing to set against what CloudWatch measured", path)
	case record.Run.Target != bench.AWS:
		return nil, fmt.Errorf("%s: the run's target was %s: CloudWatch measures only what runs on AWS", path, record.Run.Target)
	}
	if _, _, err := cloudwatch.Window(record); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return record, nil
}

// fetch puts what CloudWatch measured into the record, and what that makes the
// run's cost. The record stays as it was when there is an error.
func (m *measurements) fetch(ctx context.Context, r *bench.Record) error {
	from, to, err := cloudwatch.Window(r)
	if err != nil {
		return err
	}
	if m.wait {
		if err := m.await(ctx, to); err != nil {
			return err
		}
	}
	cluster := m.cluster
	if cluster == "" && r.Run.Function != nil {
		cluster = r.Run.Function.Cluster
	}
	region := m.region
	if region == "" {
		region = cloudwatch.Region(cluster)
	}
	if region == "" {
		region = r.Run.Config.Region
	}
	got, err := cloudwatch.Fetch(ctx, cloudwatch.Options{
		Region: region, Profile: m.profile, ClusterID: cloudwatch.ClusterID(cluster), FunctionName: r.Run.Config.FunctionName, From: from, To: to, Now: m.now,
	})
	if err != nil {
		return err
	}
	if points(got) == 0 && points(r.CloudWatch) > 0 {
		return quote.Hint(errors.New(got.Problem), "what was fetched at %s stays in the results", r.CloudWatch.FetchedAt.Format(time.RFC3339))
	}
	r.CloudWatch = got
	if r.Cost == nil {
		_, priced := m.prices.In(r.Run.Config.Region)
		r.Cost = &bench.Cost{Currency: "USD", Region: priced, PricesDate: m.prices.Date}
	}
	r.Cost.Actual = cost.Actual(r, m.prices)
	_, r.Cost.Region = m.prices.In(r.Run.Config.Region)
	r.Cost.PricesDate = m.prices.Date
	judge.Thresholds(r) // some are on the cost
	return nil
}

func points(c *bench.CloudWatch) (n int) {
	if c == nil {
		return 0
	}
	for _, metric := range c.Metrics {
		n += len(metric.Points)
	}
	return n
}

// await waits until nothing more can come of a run that ended at to.
func (m *measurements) await(ctx context.Context, to time.Time) error {
	for {
		left := cloudwatch.Ready(to).Sub(m.now())
		if left <= 0 {
			return nil
		}
		fmt.Fprintf(m.log, "waiting for CloudWatch: all of the run's metrics are there in %v\n", left.Round(time.Second))
		select {
		case <-time.After(min(left, waitSaid)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// send sends the metrics to the collector. That they could not be sent is told,
// and no failure: they are in the results. It answers nil when they were not.
func (m *measurements) send(ctx context.Context, r *bench.Record) *cloudwatch.Sent {
	if points(r.CloudWatch) == 0 || !telemetry.Exported(os.Getenv).Metrics {
		return nil
	}
	sent, err := cloudwatch.Send(ctx, os.Getenv, r, m.now())
	if err != nil {
		fmt.Fprintf(m.log, "CloudWatch's metrics are not in Prometheus: %s\n", quote.OneLine(err))
		return nil
	}
	return &sent
}

// printMeasured prints what CloudWatch told; it fails when that isn't all.
func printMeasured(w io.Writer, r *bench.Record, sent *cloudwatch.Sent, asJSON bool) error {
	var err error
	if asJSON {
		err = json.NewEncoder(quote.JSONWriter(w)).Encode(struct {
			CloudWatch *bench.CloudWatch       `json:"cloudwatch"`
			Comparison []cloudwatch.Comparison `json:"comparison"`
			Cost       *bench.Cost             `json:"cost"`
			Sent       *cloudwatch.Sent        `json:"sent"` // null when nothing was sent
		}{r.CloudWatch, cloudwatch.Compare(r), r.Cost, sent})
	} else {
		_, err = io.WriteString(w, measuredText(r, sent))
	}
	if err == nil && r.CloudWatch.Problem == "" {
		return nil
	}
	if err == nil {
		err = errors.New(r.CloudWatch.Problem)
	}
	return &exitError{code: exitIncomplete, err: err}
}
