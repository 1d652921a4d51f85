package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/cloudwatch"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
)

// cloudwatchFlags are the flags of driver cloudwatch.
type cloudwatchFlags struct {
	cloudwatch.Measurement
	prices     string // a file
	json, send bool
}

// cloudwatchCommand does after a run what the run does itself at its end, because the metrics are
// often not complete by then.
func cloudwatchCommand() *cobra.Command {
	f := cloudwatchFlags{Measurement: cloudwatch.Measurement{Now: time.Now, Getenv: os.Getenv}}
	cmd := &cobra.Command{
		Use:   "cloudwatch RESULTS",
		Short: "Fetch what AWS measured during a run into its results",
		Long: `Fetch the Amazon CloudWatch metrics of the cluster and the function for the time of a
run, compare them with the run's own figures, compute what the run cost, and add all of
that to the results file. The metrics are complete about five minutes after the run;
--wait waits for that. Complete metrics are also sent to the collector, if there is one.

The wait events of the run's sessions are fetched too, where CloudWatch has them; that none
are there doesn't count as a failure. The run's thresholds are checked again.

The AWS credentials at hand need the action cloudwatch:GetMetricData, and for the wait
events cloudwatch:ListMetrics.

Exit codes: 0 all metrics were there; 1 some or all were missing, with the reason;
2 usage; 130 interrupted, the file is unchanged.`,
		Example: `  driver cloudwatch results_20261124_101500.json --wait
  driver cloudwatch results_20261124_101500.json --cluster ID.dsql.REGION.on.aws --json`,
		Args: oneArgument("RESULTS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usage(err)
			}
			return f.execute(cmd, args[0])
		},
	}
	cmd.Flags().BoolVar(&f.Wait, "wait", false, "wait until all of the run's metrics are there")
	cmd.Flags().StringVar(&f.Region, "region", "", "the region (default: the cluster's, or the one in the results)")
	addProfile(cmd.Flags(), &f.Profile)
	cmd.Flags().StringVar(&f.Cluster, "cluster", "", "the DSQL cluster's endpoint or id (default: the one in the results)")
	cmd.Flags().StringVar(&f.prices, "prices", "", "file with prices, instead of the built-in ones")
	cmd.Flags().BoolVar(&f.send, "send", true, "send complete metrics to the collector")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the metrics, the comparison and the cost as JSON")
	return cmd
}

// check checks the flags, and reads the prices.
func (f *cloudwatchFlags) check(cmd *cobra.Command) error {
	if err := checkAWS(cmd.Flags(), f.Profile); err != nil {
		return err
	}
	host, _, err := address.SplitEndpoint(f.Cluster, setting.Named(cmd.Flags(), "cluster"))
	if err != nil {
		return err
	}
	f.Cluster = host
	if f.Cluster != "" && cloudwatch.ClusterID(f.Cluster) == "" {
		return fmt.Errorf("%s = %s: must be a cluster's endpoint, ID.dsql.REGION.on.aws, or its id", setting.Named(cmd.Flags(), "cluster"), f.Cluster)
	}
	if f.Prices, err = cost.Read(f.prices); err != nil {
		return fmt.Errorf("%s: %w", setting.Named(cmd.Flags(), "prices"), err)
	}
	return nil
}

// execute adds the metrics to the results file at path, and prints them.
func (f *cloudwatchFlags) execute(cmd *cobra.Command, path string) error {
	record, err := report.ReadOurs(path)
	if err == nil {
		err = cloudwatch.Check(path, record)
	}
	if err != nil {
		return usage(err)
	}
	// The results file is written at the end only, so an interrupt before that changes nothing.
	_, drain, stop := interruptible(cmd.Context(), io.Discard)
	defer stop()
	f.Log = cmd.ErrOrStderr()
	if err := f.Fetch(drain, record); err != nil {
		if drain.Err() != nil {
			err = errors.New("interrupted: the results file is unchanged")
		}
		return stopped(drain, err)
	}
	// Change reads the file again, because another command may have changed it during the wait.
	// Only these two fields are ours.
	before, after, err := report.Change(path, func(r *bench.Record) error {
		r.CloudWatch, r.Cost = record.CloudWatch, record.Cost
		return nil
	})
	if err != nil {
		return incomplete(err)
	}
	form.Remake(cmd.ErrOrStderr(), path, before, after)
	var sent *cloudwatch.Sent
	if f.send {
		sent = f.Send(drain, after)
	}
	// Problems of the collector are in what is printed; they don't decide the exit code.
	err = cloudwatch.Print(cmd.OutOrStdout(), after, sent, f.json)
	if err == nil && after.CloudWatch.Problem != "" {
		err = errors.New(after.CloudWatch.Problem)
	}
	return incomplete(err)
}
