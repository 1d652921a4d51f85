package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/run"
)

// costCommand is like driver run --dry-run, but prints the cost alone.
func costCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Print what a run with the same flags is estimated to cost on AWS",
		Long: `Print what a run with the same flags is estimated to cost on AWS, and what the
estimate is based on. Nothing is started. It takes all flags of driver run and checks
them all. driver run --dry-run also shows the plan and its connections.

With --target aws and AWS credentials the function's memory and architecture are looked
up, else assumed.

Exit codes: 0 printed; 2 usage, a check on AWS failed, or the estimate is above
--max-cost.`,
		Example: `  driver cost
  driver cost --scenario 2 --num-lambdas 5000 --count 500
  driver cost --function-name my-load-test --region eu-west-1 --max-cost 5 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := f.resolve(lookup)
			if err := errors.Join(err, f.checkFiles()); err != nil {
				return usage(err)
			}
			f.sayTarget(cmd.ErrOrStderr(), &config)
			return f.forecast(cmd, config, true)
		},
	}
	f.addAll(cmd.Flags())
	return cmd
}

// forecast prints what a run would do and cost, or with costOnly only the cost. It returns an
// error if the run can't work or costs more than --max-cost.
func (f *flags) forecast(cmd *cobra.Command, c bench.Config, costOnly bool) error {
	prices, err := cost.Read(f.Prices)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", f.Named("prices"), err))
	}
	fn, unasked, failed := f.askAWS(cmd.Context(), c)
	// Rows that can't be removed afterwards go on to cost storage, so the estimate must know.
	builtIn := c.Target == bench.Local && f.EndpointURL == ""
	removable := builtIn || f.DatabaseURL != "" || f.Cluster != "" || fn != nil && fn.Cluster != ""
	forecast := cost.Foresee(c, fn, prices, removable)
	forecast.NotLookedUp, forecast.Note = unasked, run.LimitNote(&f.Values, &forecast.Cost)
	show := forecast.Write
	if costOnly {
		show = forecast.WriteCost
	}
	if err := show(cmd.OutOrStdout(), f.JSON); err != nil {
		return incomplete(err)
	}
	if f.Repeat > 1 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d runs: %d times as much of everything\n", f.Repeat, f.Repeat)
	}
	// The forecast is printed first, also if the run is refused: it shows why.
	return usage(errors.Join(run.OrLocal(&f.Values, failed), run.TooDear(&f.Values, forecast.Cost)))
}

// askAWS looks up the function and checks what a run of c needs, if there are AWS credentials.
// unasked is the reason the function wasn't looked up; failed is set if no run can work.
func (f *flags) askAWS(ctx context.Context, c bench.Config) (fn *bench.Function, unasked string, failed error) {
	switch {
	case c.Target != bench.AWS:
		return nil, "", nil
	case f.SkipChecks:
		return nil, f.Named("skip-checks"), nil
	case !awsconfig.Evident(f.Getenv):
		return nil, "there are no AWS credentials in the environment or the AWS files; driver doctor also asks this machine's role", nil
	}
	r, err := run.Examine(ctx, &f.Values)
	if err != nil {
		return nil, "a check failed", err
	}
	return r.Function, "", nil
}
