package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/cleanup"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/verify"
)

// cleanupFlags are the flags of driver cleanup.
type cleanupFlags struct {
	databaseFlags
	runID, folder string
	size          flags
}

// cleanupCommand removes rows. Which rows a run has is computed from its sizes, so these must be
// the run's own: they come from its results file or, without one, from the flags.
func cleanupCommand() *cobra.Command {
	var f cleanupFlags
	cmd := &cobra.Command{
		Use:   "cleanup RESULTS | --run-id ID",
		Short: "Remove a run's rows from the table",
		Long: `Remove every row that a run planned, and those of its warm-up, but no others. The ids
are computed from the results file. The removal is noted there, so that driver verify
doesn't report the rows as lost. A database other than the run's, or a table that was
created again, is refused.

With --run-id the results file is searched in --out. If it isn't there, --num-lambdas,
--iterations, --count, --warm-up, --scenario and the config file must have the values
that the run had. Afterwards the table is searched for rows beyond these sizes.

Rows are removed in transactions within DSQL's limit. If it is stopped, run it again.

Exit codes: 0 none of the planned rows is left; 1 not all were removed, or, without a
results file, the run has rows beyond the sizes; 2 usage, nothing was removed;
130 interrupted.`,
		Example: `  driver cleanup results_20261124_101500.json --cluster ID.dsql.REGION.on.aws
  driver cleanup --run-id 01M850BJEVW2N143JB0YS2GE2T --out results --cluster ID.dsql.REGION.on.aws`,
		Args: cobra.MaximumNArgs(1),
		RunE: f.execute,
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&f.runID, "run-id", "", "the run's id, instead of a results file")
	cmd.Flags().StringVar(&f.folder, "out", ".", "folder with the results file of --run-id, as in driver run")
	f.size.addFor(cmd.Flags(), setting.Cleanup)
	return cmd
}

// cleanup returns the cleanup of the run that the arguments name.
func (f *cleanupFlags) cleanup(cmd *cobra.Command, args []string) (*cleanup.Cleanup, error) {
	if len(args) == 0 {
		return f.cleanupOfRun(cmd)
	}
	if err := noSize(cmd.Flags()); err != nil {
		return nil, err
	}
	return f.cleanupOf(cmd, args[0])
}

// cleanupOf returns the cleanup of the run of a results file. If no flag names a database, it is
// the cluster in the file.
func (f *cleanupFlags) cleanupOf(cmd *cobra.Command, path string) (*cleanup.Cleanup, error) {
	c, err := cleanup.Of(path, cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	f.orOf(c.Record)
	return c, nil
}

// cleanupOfRun returns the cleanup of the run with the id of --run-id: by its results file if
// the folder has it, else by the sizes in the flags and the config file.
func (f *cleanupFlags) cleanupOfRun(cmd *cobra.Command) (*cleanup.Cleanup, error) {
	if !bench.IsRunID(f.runID) {
		return nil, fmt.Errorf("%s %s: must be a run's id, a ULID of 26 characters", setting.Named(cmd.Flags(), "run-id"), f.runID)
	}
	path, err := report.FindRun(f.folder, f.runID)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", setting.Named(cmd.Flags(), "out"), f.folder, err)
	}
	given, err := f.given(path == "" || setting.Typed(cmd.Flags(), "config")) // else config.json may be for other runs
	if err != nil {
		return nil, err
	}
	if path == "" {
		sizes := fmt.Sprintf("no results file of run %s in %s: the sizes are those of the flags, the config file and the defaults", f.runID, f.folder)
		return &cleanup.Cleanup{Config: given, RunID: f.runID, Sizes: sizes}, setting.Validate(&given)
	}
	c, err := f.cleanupOf(cmd, path)
	if err != nil {
		return nil, err
	}
	c.Sizes = "the run's sizes are those of " + path
	return c, c.Contradicts(&given)
}

// given returns the sizes in the flags and, if file, in the config file.
func (f *cleanupFlags) given(file bool) (bench.Config, error) {
	f.size.Begin()
	if file {
		if err := f.size.ReadConfig(); err != nil {
			return bench.Config{}, err
		}
	}
	f.size.Lay()
	f.size.LargestWarmUp()
	if f.size.Has("region") { // one flag sets both
		f.size.Config.Region, f.size.Config.Origin["region"] = f.region, f.size.Named("region")
	}
	return f.size.Config, nil
}

// noSize refuses flags for the run's sizes if there is a results file, which has them.
func noSize(s *pflag.FlagSet) error {
	all := faultsOf(s)
	all.must(!setting.Typed(s, "out"), "out", s.Lookup("out").Value, "left out with a results file: it is for --run-id")
	// A set of its own only lists the names of these flags.
	sizes := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(flags).addFor(sizes, setting.Cleanup)
	sizes.VisitAll(func(f *pflag.Flag) {
		all.must(!setting.Typed(s, f.Name), f.Name, s.Lookup(f.Name).Value, "left out with a results file, which says it: it is for --run-id")
	})
	return all.err()
}

// execute finds the run that the arguments name, and removes its rows.
func (f *cleanupFlags) execute(cmd *cobra.Command, args []string) error {
	if (len(args) == 0) == (f.runID == "") {
		return usage(errors.New("either a results file or --run-id must say which run"))
	}
	c, err := f.cleanup(cmd, args)
	if errors.Is(err, verify.ErrForeign) {
		return incomplete(err)
	}
	if err != nil {
		return usage(err)
	}
	// All checks that need no database come before: here the command connects.
	return f.lookAt(cmd, func(ctx context.Context, l *look) error {
		c.Out, c.Log, c.Waiting = cmd.OutOrStdout(), cmd.ErrOrStderr(), l.display.Waiting()
		c.Flag = func(flag string) string { return setting.Named(cmd.Flags(), flag) }
		if err := c.Check(l.Look); err != nil {
			return usage(err)
		}
		return stopped(ctx, c.Run(ctx, l.db, l.Look))
	})
}
