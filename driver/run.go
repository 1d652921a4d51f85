package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

func runCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the load test and print what it found",
		Long: `Run the scenarios, look at the table afterwards, print a summary and write
results_YYYYMMDD_HHMMSS.json. Without flags both scenarios run at full size
against a throwaway PostgreSQL on this machine; no account is needed.

A function's name, a region or a profile, by flag or variable, means --target aws,
and so does lambda_function_name in the config file; --target or --endpoint-url
says otherwise. The first line on stderr names the target and why it is that.

Each flag can also be set by a variable DSQLLOAD_<FLAG>, such as
DSQLLOAD_NUM_LAMBDAS. A flag goes over its variable, that over the config file.

Exit codes: 0 every planned row was acknowledged and no check failed; 1 the run
failed or is incomplete, or no row of its warm-up succeeded; 2 usage, or the table
isn't as the statements need it, nothing was started; 99 a threshold wasn't met;
130 interrupted. The first Ctrl-C lets the invocations in flight finish, the second
gives them up; SIGTERM and SIGHUP (a closed terminal) count as one.`,
		Example: `  driver run
  driver run --scenario 2 --num-lambdas 100 --count 500
  driver run --database-url postgres://me@localhost/test
  driver run --threshold 'batch.p99<200ms' --threshold 'error_rate<0.1%' --junit checks.xml
  driver run --repeat 5 --out after && driver compare before after
  driver run --function-name my-load-test --region eu-west-1 --max-cost 5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := f.resolve(lookup)
			if err := errors.Join(err, f.checkFiles()); err != nil {
				return usage(err)
			}
			if f.DryRun {
				f.sayTarget(cmd.ErrOrStderr(), &config)
				return f.forecast(cmd, config, false)
			}
			if err := report.CheckFolder(f.Out); err != nil {
				return usage(fmt.Errorf("%s %s: %w", f.Named("out"), f.Out, err))
			}
			return f.execute(cmd, config)
		},
	}
	f.addAll(cmd.Flags())
	return cmd
}

// execute does what is configured, once or several times.
func (f *flags) execute(cmd *cobra.Command, config bench.Config) error {
	d := progress.New(cmd.ErrOrStderr(), f.Quiet)
	defer d.Stop()
	ctx, drain, stop := interruptible(cmd.Context(), d)
	defer stop()
	if f.Repeat == 1 {
		return f.once(ctx, drain, cmd, d, config, f.Out, nil)
	}
	folder := f.Out
	if !cmd.Flags().Changed("out") { // equal runs belong together
		folder = "repeat_" + time.Now().Format("20060102_150405")
	}
	var worst error
	for n := range f.Repeat {
		err := f.once(ctx, drain, cmd, d, config, folder, &bench.Repeat{Number: n + 1, Of: f.Repeat})
		exit := new(exitError)
		if errors.As(err, &exit) && exit.code == exitUsage {
			if n == 0 {
				return err
			}
			exit.code = exitIncomplete // something was run
			worst = worse(worst, err)
			break
		}
		worst = worse(worst, err)
		if drain.Err() != nil {
			break
		}
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "Runs: %s\n", quote.Line(folder)); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	return worst
}

// once is one run, from the target's start to its end.
func (f *flags) once(ctx, drain context.Context, cmd *cobra.Command, d *progress.Display, config bench.Config, folder string, repeat *bench.Repeat) (err error) {
	s := newSession(f, config, d)
	s.repeat = repeat
	if repeat == nil || repeat.Number == 1 {
		f.sayTarget(ofRun(cmd.ErrOrStderr(), s.runID), &config)
	}
	d.Start(ofRun(cmd.ErrOrStderr(), s.runID), interruptsOf(ctx, drain), s.plans()...)
	if repeat != nil {
		s.say("run %d of %d", repeat.Number, repeat.Of)
	}
	defer func() {
		closed := s.close()
		d.Stop()
		if closed != nil && err != nil {
			complain(d, closed) // err is what the program ends with
		}
		err = errors.Join(err, closed)
	}()
	if err := s.open(drain); err != nil {
		if drain.Err() != nil {
			return &exitError{code: exitInterrupted, err: err}
		}
		if exit := new(exitError); errors.As(err, &exit) {
			return err
		}
		return usage(err)
	}
	if err := report.CheckFolder(folder); err != nil {
		return usage(fmt.Errorf("%s: %w", f.Named("out"), err))
	}
	if err := s.create(folder); err != nil {
		return usage(fmt.Errorf("%s: %w", f.Named("out"), err))
	}
	s.show()
	if err := s.run(ctx, drain); err != nil {
		return &exitError{code: exitIncomplete, err: s.fail(err)}
	}
	unwritten, journal := s.finish()
	d.Stop()
	if err := errors.Join(s.publish(cmd.OutOrStdout(), unwritten), journal); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	return s.exit()
}

// exit is how the program ends after the run.
func (s *session) exit() error {
	if s.doomed != nil {
		return &exitError{code: exitIncomplete, err: s.doomed}
	}
	if code := exitOf(s.record, len(s.broken.texts()) > 0); code != exitComplete {
		return &exitError{code: code}
	}
	return nil
}

// exitOf is the exit code of a run that came to r. aborted: a threshold ended it.
func exitOf(r *bench.Record, aborted bool) int {
	switch v := r.Verification; {
	case r.Run.Status == bench.Interrupted && !aborted:
		return exitInterrupted
	case r.Run.Status != bench.Complete && r.Run.Status != bench.Interrupted, r.Verdict.Word == bench.Invalid && !aborted, v != nil && !v.OK:
		return exitIncomplete
	case aborted, len(r.FailedThresholds()) > 0:
		return exitThreshold
	}
	return exitComplete
}

// worse is the one of two ends that weighs more: an interrupt, then a run that
// failed, then a threshold.
func worse(a, b error) error {
	weight := map[int]int{exitThreshold: 1, exitIncomplete: 2, exitInterrupted: 3}
	of := func(err error) int {
		if exit := new(exitError); errors.As(err, &exit) {
			return weight[exit.code]
		}
		return 0
	}
	if of(b) > of(a) {
		return b
	}
	return a
}
