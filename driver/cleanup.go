package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/verify"
)

func cleanupCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f databaseFlags
	var runID, folder string
	var size flags
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
			var c *cleanup
			var err error
			if len(args) == 1 {
				c, err = cleanupOf(cmd, args[0], &f)
			} else {
				c, err = cleanupOfRun(cmd, runID, folder, &size, &f)
			}
			if errors.Is(err, verify.ErrUntold) {
				return &exitError{code: exitIncomplete, err: err}
			}
			if err != nil {
				return usage(err)
			}
			progress := newDisplay(cmd.ErrOrStderr(), false)
			drain, stop := interruptibleQuery(cmd.Context(), cmd.ErrOrStderr())
			defer stop()
			db, err := f.open(drain, progress.waiting())
			if err != nil {
				return err
			}
			defer db.Close()
			look, err := place(drain, cmd, db, progress)
			if err != nil {
				return err
			}
			return c.run(drain, cmd, db, look)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&runID, "run-id", "", "the run's id, where the results file isn't at hand")
	cmd.Flags().StringVar(&folder, "out", ".", "folder in which the results file of --run-id is looked for, as it was told driver run")
	size.addSize(cmd.Flags())
	return cmd
}

// cleanup is the removal of one run's rows.
type cleanup struct {
	config bench.Config
	runID  string
	path   string        // of the results file; empty where there is none
	record *bench.Record // nil where there is none
	sizes  string        // where they are from; empty where that was said by whoever asked
}

// cleanupOf is the cleanup of a results file; f gets its cluster where it names no
// database.
func cleanupOf(cmd *cobra.Command, path string, f *databaseFlags) (*cleanup, error) {
	record, err := report.Read(path)
	if err == nil {
		err = report.Ours(path, record)
	}
	if err != nil {
		return nil, err
	}
	if alive(path, record) {
		return nil, quote.Hint(fmt.Errorf("%s: the run goes on, and writes rows", path), "end it first; nothing was removed")
	}
	if err := throwaway(path, record); err != nil {
		return nil, err
	}
	f.orOf(record)
	noted, _, _ := verify.ReadJournal(report.JournalOf(path), record.Run.Config.Plans(record.Run.ID)) // there is none of a run that is complete
	if untoldIn(record, noted) {
		return nil, quote.Hint(fmt.Errorf("%s: which rows are to be removed isn't known: %w", path, verify.ErrUntold),
			"nothing was removed; the original suite's ids begin with load-test-")
	}
	noteUnidentified(cmd.ErrOrStderr(), record)
	return &cleanup{config: record.Run.Config, runID: record.Run.ID, path: path, record: record}, nil
}

// noSize refuses the flags that say how large a run was, given with its results
// file, which says that too.
func noSize(s *pflag.FlagSet) error {
	all := &faults{set: s}
	all.must(!typed(s, "out"), "out", s.Lookup("out").Value, "left out with a results file: it is for --run-id")
	sizes := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(flags).addSize(sizes)
	sizes.VisitAll(func(f *pflag.Flag) {
		all.must(!typed(s, f.Name), f.Name, s.Lookup(f.Name).Value, "left out with a results file, which says it: it is for --run-id")
	})
	return all.err()
}

// run removes the rows. look says where.
func (c *cleanup) run(ctx context.Context, cmd *cobra.Command, db *dsql.DB, look bench.Look) error {
	if c.record != nil {
		if err := sameDatabase(cmd.ErrOrStderr(), c.path, c.record, look.Database, "nothing was removed"); err != nil {
			return usage(err)
		}
	}
	if c.sizes != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), quote.Line(c.sizes))
	}
	plans := c.config.Plans(c.runID)
	if p, ok := c.config.WarmUpPlan(c.runID); ok {
		plans = append(plans, p)
	}
	did := bench.Cleanup{At: look.At, Host: look.Host, Database: look.Database, Unsure: true, Problem: "it never said how it ended"}
	for _, p := range plans {
		if !p.WarmUp {
			did.Planned += p.Rows()
		}
	}
	if err := c.begin(did); err != nil {
		return err
	}
	failed := c.remove(ctx, cmd, db, plans, &did)
	if err := errors.Join(failed, c.end(cmd.ErrOrStderr(), did)); err != nil {
		code := exitIncomplete
		if ctx.Err() != nil {
			code = exitInterrupted
		}
		return &exitError{code: code, err: err}
	}
	if c.record != nil { // its sizes are the run's
		return nil
	}
	return c.beyond(ctx, cmd, db, plans)
}

// begin notes the removal in the results file, before there is anything to note: it
// may be killed.
func (c *cleanup) begin(did bench.Cleanup) error {
	if c.record == nil {
		return nil
	}
	_, _, err := report.Change(c.path, func(r *bench.Record) error {
		r.Cleanups = append(r.Cleanups, did)
		return nil
	})
	if err != nil {
		return &exitError{code: exitIncomplete, err: quote.Hint(err, "nothing was removed: the results file must note that first, or driver verify would take the rows for lost")}
	}
	return nil
}

// end notes what was removed, and makes again what was made of the results.
func (c *cleanup) end(log io.Writer, did bench.Cleanup) error {
	if c.record == nil {
		return nil
	}
	_, after, err := report.Change(c.path, func(r *bench.Record) error {
		for i := range r.Cleanups {
			if r.Cleanups[i].At.Equal(did.At) && r.Cleanups[i].Host == did.Host {
				r.Cleanups[i] = did
			}
		}
		return nil
	})
	if err == nil {
		form.Remake(log, c.path, c.record, after)
	}
	return err
}

// remove removes the plans' rows, says how many there were, and notes it in did.
func (c *cleanup) remove(ctx context.Context, cmd *cobra.Command, db *dsql.DB, plans []bench.Plan, did *bench.Cleanup) error {
	did.Unsure, did.Problem = false, ""
	var planned, removed int64
	for _, p := range plans {
		n, err := verify.Remove(ctx, db, p, newDisplay(cmd.ErrOrStderr(), false).waiting())
		name := string(p.Scenario)
		if p.WarmUp {
			name = "warm-up"
			did.WarmUpRemoved += n
		} else {
			did.Removed += n
		}
		planned, removed = planned+p.Rows(), removed+n
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d planned rows removed\n", name, n, p.Rows())
		if err != nil {
			did.Unsure, did.Problem = errors.Is(err, verify.ErrUnsure), err.Error()
			return quote.Hint(err, "%d of the run's rows were removed; run it again to go on", removed)
		}
	}
	if removed == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "nothing was removed: none of the %d planned rows is in the table\n", planned)
	} else {
		fmt.Fprintf(cmd.OutOrStdout(), "in all: %d of %d planned rows removed; none of them is left\n", removed, planned)
	}
	return nil
}
