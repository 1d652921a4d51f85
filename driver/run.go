package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/jsonlog"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/run"
)

// runCommand is the main command. Package run does the work; here flags are checked and the end
// of the run becomes an exit code.
func runCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the load test and print what it found",
		Long: `Run the scenarios, verify the rows in the table, print a summary and write
results_YYYYMMDD_HHMMSS.json. Without flags both scenarios run at full size
against a throwaway PostgreSQL on this machine; no AWS account is needed.

The target is aws if a function's name, a region or a profile is given by flag or
variable, or lambda_function_name in the config file, unless --target or --endpoint-url
says otherwise. The first line on stderr names the target and the reason.

Each flag can also be set by a variable DSQLLOAD_<FLAG>, such as
DSQLLOAD_NUM_LAMBDAS. A flag goes over its variable, that over the config file.

Exit codes: 0 every planned row was acknowledged and no check failed; 1 the run
failed or is incomplete, or no row of its warm-up succeeded; 2 usage, or the table
isn't as the statements need it, nothing was started; 99 a threshold wasn't met;
130 interrupted. The first Ctrl-C waits for the invocations in flight, the second
gives them up; SIGTERM and SIGHUP (a closed terminal) count as a Ctrl-C.`,
		Example: `  driver run
  driver run --scenario 2 --num-lambdas 100 --count 500
  driver run --database-url postgres://me@localhost/test
  driver run --threshold 'batch.p99<200ms' --threshold 'error_rate<0.1%' --junit checks.xml
  driver run --repeat 5 --out after && driver compare before after
  driver run --function-name my-load-test --region eu-west-1 --max-cost 5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, lookup) },
	}
	f.addAll(cmd.Flags())
	return cmd
}

// execute runs the load test, once or --repeat times. The exit is that of the most severe end.
func (f *flags) execute(cmd *cobra.Command) error {
	// The display lives as long as all repeats. stop must run before the display's Stop, because an
	// interrupt may still write to it; deferred calls run in reverse order.
	d := progress.New(cmd.ErrOrStderr(), f.Quiet)
	defer d.Stop()
	ctx, drain, stop := interruptible(cmd.Context(), d)
	defer stop()
	if f.Repeat == 1 {
		return exitOf(f.once(ctx, drain, cmd, run.Options{Folder: f.Out, Display: d}))
	}
	folder := f.Out
	if !cmd.Flags().Changed("out") { // keep the runs of one --repeat apart from others
		folder = "repeat_" + time.Now().Format("20060102_150405")
	}
	// One run after the other: they would disturb each other's measurements.
	var worst run.Ended
	for n := range f.Repeat {
		this := f.once(ctx, drain, cmd, run.Options{Folder: folder, Display: d, Repeat: &bench.Repeat{Number: n + 1, Of: f.Repeat}})
		refused := this.End == run.Refused
		if refused && n == 0 {
			return exitOf(this)
		}
		if refused {
			this.End = run.Incomplete // earlier runs took place
		}
		if this.End > worst.End {
			worst = this
		}
		if refused || drain.Err() != nil {
			break
		}
	}
	// For driver compare, which takes the folder as one side.
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "Runs: %s\n", quote.Line(folder)); err != nil {
		return incomplete(err)
	}
	return exitOf(worst)
}

// once does one run.
func (f *flags) once(ctx, drain context.Context, cmd *cobra.Command, o run.Options) run.Ended {
	// The id is a ULID, which begins with this time: ids sort in the order of the runs.
	o.Started = time.Now()
	o.Values, o.ID, o.Out = &f.Values, run.NewID(o.Started), cmd.OutOrStdout()
	o.Log = jsonlog.OfRun(cmd.ErrOrStderr(), o.ID)
	if o.Repeat == nil || o.Repeat.Number == 1 {
		f.sayTarget(o.Log, &f.Config)
	}
	this := run.Do(ctx, drain, o)
	if this.Closing != nil {
		complain(o.Display, this.Closing)
	}
	return this
}

// run checks the flags, then prints the forecast (--dry-run) or runs the load test.
func (f *flags) run(cmd *cobra.Command, lookup func(string) (string, bool)) error {
	config, err := f.resolve(lookup)
	if err := errors.Join(err, f.checkFiles()); err != nil {
		return usage(err)
	}
	if f.DryRun {
		f.sayTarget(cmd.ErrOrStderr(), &config)
		return f.forecast(cmd, config, false)
	}
	// Before the run, because nothing could be written after it.
	if err := report.CheckFolder(f.Out); err != nil {
		return usage(fmt.Errorf("%s %s: %w", f.Named("out"), f.Out, err))
	}
	return f.execute(cmd)
}
