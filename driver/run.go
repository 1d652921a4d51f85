package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
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

Each flag can also be set by a variable DSQLLOAD_<FLAG>, such as
DSQLLOAD_NUM_LAMBDAS. A flag goes over its variable, that over the config file.

Exit codes: 0 every planned row was acknowledged and no check failed; 1 the run
failed or is incomplete; 2 usage, nothing was started; 130 interrupted. The first
Ctrl-C lets the invocations in flight finish, the second gives them up.`,
		Example: `  driver run
  driver run --scenario 2 --num-lambdas 100 --count 500
  driver run --database-url postgres://me@localhost/test
  driver run --target aws --function-name my-load-test --region eu-west-1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := f.resolve(cmd, lookup)
			if err != nil {
				return usage(err)
			}
			if err := report.CheckFolder(f.out); err != nil {
				return usage(fmt.Errorf("--out %s: %w", f.out, err))
			}
			return f.execute(cmd, config)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().SortFlags = false
	return cmd
}

// execute runs what is configured, from the target's start to its end.
func (f *flags) execute(cmd *cobra.Command, config bench.Config) (err error) {
	ctx, drain, stop := interruptible(cmd.Context(), cmd.ErrOrStderr())
	defer stop()
	s := newSession(f, config, cmd.ErrOrStderr())
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(drain); err != nil {
		if drain.Err() != nil {
			return &exitError{code: exitInterrupted, err: err}
		}
		if exit := new(exitError); errors.As(err, &exit) {
			return err
		}
		return usage(err)
	}
	record, err := s.run(ctx, drain)
	if err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	path, writeErr := report.Write(f.out, record)
	if err := report.Text(cmd.OutOrStdout(), record); err != nil {
		return &exitError{code: exitIncomplete, err: fmt.Errorf("print the summary: %w", errors.Join(err, writeErr))}
	}
	if writeErr != nil {
		return &exitError{code: exitIncomplete, err: writeErr}
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "Results: %s\n", path); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	return exitOf(record.Run.Status)
}

func exitOf(s bench.Status) error {
	switch s {
	case bench.Complete:
		return nil
	case bench.Interrupted:
		return &exitError{code: exitInterrupted}
	}
	return &exitError{code: exitIncomplete}
}

// interruptible answers two contexts: drain ends at the first interrupt, ctx at
// the second. A third ends the program where it stands; the local target's
// processes notice and clean up after themselves.
func interruptible(parent context.Context, stderr io.Writer) (ctx, drain context.Context, stop func()) {
	ctx, kill := context.WithCancel(parent)
	drain, soft := context.WithCancel(ctx)
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := 1; ; n++ {
			select {
			case <-signals:
			case <-done:
				return
			}
			switch n {
			case 1:
				fmt.Fprintln(stderr, "\ninterrupted: waiting for the invocations in flight; again to give them up")
				soft()
			case 2:
				fmt.Fprintln(stderr, "\ngiving up the invocations in flight")
				kill()
			default:
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, drain, func() {
		signal.Stop(signals)
		close(done)
		kill()
	}
}
