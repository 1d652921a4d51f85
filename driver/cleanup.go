package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/verify"
)

func cleanupCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f databaseFlags
	var runID string
	var size flags
	cmd := &cobra.Command{
		Use:   "cleanup RESULTS | --run-id ID",
		Short: "Remove a run's rows from the table",
		Long: `Remove every row that a run planned, its warm-up's too, and no other. The ids are
computed from the results file; with --run-id from the id and the same
--num-lambdas, --iterations, --count, --warm-up and config file that the run had.

Rows go in transactions within DSQL's limit. Stopped midway, it can be run again.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd.Flags(), lookup); err != nil {
				return usage(err)
			}
			if (len(args) == 0) == (runID == "") {
				return usage(errors.New("either a results file or --run-id must say which run"))
			}
			if len(args) == 1 {
				if err := noSize(cmd.Flags()); err != nil {
					return usage(err)
				}
			}
			size.region = f.region // one flag for both
			config, id, err := plannedBy(cmd, args, runID, &size, &f)
			if errors.Is(err, verify.ErrUntold) {
				return &exitError{code: exitIncomplete, err: err}
			}
			if err != nil {
				return usage(err)
			}
			progress := newDisplay(cmd.ErrOrStderr(), false)
			_, drain, stop := interruptible(cmd.Context(), cmd.ErrOrStderr())
			defer stop()
			db, err := f.open(drain, progress.waiting())
			if err != nil {
				return err
			}
			defer db.Close()
			return removeRun(drain, cmd, db, config, id)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&runID, "run-id", "", "the run's id, where there is no results file")
	size.addSize(cmd.Flags())
	return cmd
}

// plannedBy is the configuration and the id of the run that is meant; f gets its
// cluster where it names no database.
func plannedBy(cmd *cobra.Command, args []string, runID string, size *flags, f *databaseFlags) (bench.Config, string, error) {
	if len(args) == 1 {
		record, err := report.Read(args[0])
		if err == nil {
			err = report.Ours(args[0], record)
		}
		if err != nil {
			return bench.Config{}, "", err
		}
		f.orOf(record)
		noted, _, _ := verify.ReadJournal(report.JournalOf(args[0]), record.Run.Config.Plans(record.Run.ID)) // there is none of a run that is complete
		if untoldIn(record, noted) {
			return bench.Config{}, "", quote.Hint(fmt.Errorf("%s: which rows are to be removed isn't known: %w", args[0], verify.ErrUntold),
				"nothing was removed; the original suite's ids begin with load-test-")
		}
		noteUnidentified(cmd.ErrOrStderr(), record)
		return record.Run.Config, record.Run.ID, nil
	}
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`).MatchString(runID) {
		return bench.Config{}, "", fmt.Errorf("%s %s: must be a run's id, a ULID of 26 characters", named(cmd.Flags(), "run-id"), runID)
	}
	config := bench.Defaults()
	if err := size.readConfig(&config, cmd.Flags()); err != nil {
		return config, "", err
	}
	size.lay(&config, cmd.Flags())
	return config, runID, config.Validate()
}

// noSize refuses the flags that say how large a run was, given with its results
// file, which says that too.
func noSize(s *pflag.FlagSet) error {
	all := &faults{set: s}
	sizes := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(flags).addSize(sizes)
	sizes.VisitAll(func(f *pflag.Flag) {
		all.must(!typed(s, f.Name), f.Name, s.Lookup(f.Name).Value, "left out with a results file, which says it: it is for --run-id")
	})
	return all.err()
}

func removeRun(ctx context.Context, cmd *cobra.Command, db *dsql.DB, config bench.Config, id string) error {
	plans := config.Plans(id)
	if p, ok := config.WarmUpPlan(id); ok {
		plans = append(plans, p)
	}
	for _, p := range plans {
		n, err := verify.Remove(ctx, db, p, newDisplay(cmd.ErrOrStderr(), false).waiting())
		name := string(p.Scenario)
		if p.WarmUp {
			name = "warm-up"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d planned rows removed\n", name, n, p.Rows())
		if err != nil {
			return &exitError{code: exitIncomplete, err: quote.Hint(err, "run it again to go on")}
		}
	}
	return nil
}
