package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/cleanup"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/verify"

	"dsql-load-test/internal/progress"
)

// cleanupFlags are those of driver cleanup.
type cleanupFlags struct {
	databaseFlags
	runID, folder string
	size          flags
}

func cleanupCommand() *cobra.Command {
	var f cleanupFlags
	cmd := &cobra.Command{
		Use:   "cleanup RESULTS | --run-id ID",
		Short: "Remove a run's rows from the table",
		Long: `Remove every row that a run planned, its warm-up's too, and no other. The ids are
computed from the results file, which notes the removal: driver verify doesn't take
the rows for lost then. Another database than the run's, or a table that was made
anew, is refused.

With --run-id the results file is looked for in --out. Where there is none, the sizes
are those of --num-lambdas, --iterations, --count, --warm-up, --scenario and the config
file, which must be the run's. Afterwards the table is asked for the ids that would
come next: rows beyond the sizes are told of.

Rows go in transactions within DSQL's limit. Stopped midway, it can be run again.

Exit codes: 0 none of the planned rows is left; 1 it came to no end, or, without a
results file, rows of the run lie beyond the sizes; 2 usage, nothing was removed;
130 interrupted.`,
		Example: `  driver cleanup results_20261124_101500.json --cluster ID.dsql.REGION.on.aws
  driver cleanup --run-id 01M850BJEVW2N143JB0YS2GE2T --out results --cluster ID.dsql.REGION.on.aws`,
		Args: cobra.MaximumNArgs(1),
		RunE: f.execute,
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&f.runID, "run-id", "", "the run's id, where the results file isn't at hand")
	cmd.Flags().StringVar(&f.folder, "out", ".", "folder in which the results file of --run-id is looked for, as it was told driver run")
	f.size.addSize(cmd.Flags())
	return cmd
}

// cleanup is the removal that the arguments name.
func (f *cleanupFlags) cleanup(cmd *cobra.Command, args []string) (*cleanup.Cleanup, error) {
	if len(args) == 0 {
		return f.cleanupOfRun(cmd)
	}
	if err := noSize(cmd.Flags()); err != nil {
		return nil, err
	}
	return f.cleanupOf(cmd, args[0])
}

// cleanupOf is the cleanup of a results file, whose cluster counts where no flag names
// a database.
func (f *cleanupFlags) cleanupOf(cmd *cobra.Command, path string) (*cleanup.Cleanup, error) {
	c, err := cleanup.Of(path, cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	f.orOf(c.Record)
	return c, nil
}

// cleanupOfRun is the cleanup of the run with that id: by its results file, where the
// folder has it, else by the sizes that the flags and the config file say.
func (f *cleanupFlags) cleanupOfRun(cmd *cobra.Command) (*cleanup.Cleanup, error) {
	if !bench.IsRunID(f.runID) {
		return nil, fmt.Errorf("%s %s: must be a run's id, a ULID of 26 characters", setting.Named(cmd.Flags(), "run-id"), f.runID)
	}
	path, err := report.FindRun(f.folder, f.runID)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", setting.Named(cmd.Flags(), "out"), f.folder, err)
	}
	given, err := f.given(path == "" || setting.Typed(cmd.Flags(), "config")) // else config.json may be of other runs
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

// given returns the sizes that the flags say, over those of the config file if that
// counts.
func (f *cleanupFlags) given(file bool) (bench.Config, error) {
	f.size.Begin()
	if file {
		if err := f.size.ReadConfig(); err != nil {
			return bench.Config{}, err
		}
	}
	f.size.Lay()
	if f.size.Has("region") { // one flag for the cluster and the run
		f.size.Config.Region, f.size.Config.Origin["region"] = f.region, f.size.Named("region")
	}
	return f.size.Config, nil
}

// remove does the removal.
func (f *cleanupFlags) remove(cmd *cobra.Command, c *cleanup.Cleanup) error {
	display := progress.New(cmd.ErrOrStderr(), false)
	drain, stop := interruptibleQuery(cmd.Context(), cmd.ErrOrStderr())
	defer stop()
	db, look, err := f.look(drain, display)
	if err != nil {
		return err
	}
	defer db.Close()
	c.Out, c.Log, c.Waiting = cmd.OutOrStdout(), cmd.ErrOrStderr(), display.Waiting()
	c.Flag = func(flag string) string { return setting.Named(cmd.Flags(), flag) }
	if err := c.Check(look); err != nil {
		return usage(err)
	}
	return stopped(drain, c.Run(drain, db, look))
}

// noSize refuses the flags that say how large a run was, given with its results
// file, which says that too.
func noSize(s *pflag.FlagSet) error {
	all := faultsOf(s)
	all.must(!setting.Typed(s, "out"), "out", s.Lookup("out").Value, "left out with a results file: it is for --run-id")
	sizes := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(flags).addSize(sizes)
	sizes.VisitAll(func(f *pflag.Flag) {
		all.must(!setting.Typed(s, f.Name), f.Name, s.Lookup(f.Name).Value, "left out with a results file, which says it: it is for --run-id")
	})
	return all.err()
}

func (f *cleanupFlags) execute(cmd *cobra.Command, args []string) error {
	if (len(args) == 0) == (f.runID == "") {
		return usage(errors.New("either a results file or --run-id must say which run"))
	}
	c, err := f.cleanup(cmd, args)
	if errors.Is(err, verify.ErrUntold) {
		return incomplete(err)
	}
	if err != nil {
		return usage(err)
	}
	return f.remove(cmd, c)
}
