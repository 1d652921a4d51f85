package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/verify"
)

// cleanupOfRun is the cleanup of the run with that id: by its results file, where the
// folder has it, else by the sizes that the flags and the config file say.
func cleanupOfRun(cmd *cobra.Command, runID, folder string, size *flags, f *databaseFlags) (*cleanup, error) {
	if !bench.IsRunID(runID) {
		return nil, fmt.Errorf("%s %s: must be a run's id, a ULID of 26 characters", named(cmd.Flags(), "run-id"), runID)
	}
	given := bench.Defaults()
	path, err := report.FindRun(folder, runID)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", named(cmd.Flags(), "out"), folder, err)
	}
	if path == "" || typed(cmd.Flags(), "config") { // else config.json may be of other runs
		if err := size.readConfig(&given, cmd.Flags()); err != nil {
			return nil, err
		}
	}
	size.lay(&given, cmd.Flags())
	if path == "" {
		sizes := fmt.Sprintf("no results file of run %s in %s: the sizes are those of the flags, the config file and the defaults", runID, folder)
		return &cleanup{config: given, runID: runID, sizes: sizes}, setting.Validate(&given)
	}
	c, err := cleanupOf(cmd, path, f)
	if err != nil {
		return nil, err
	}
	c.sizes = "the run's sizes are those of " + path
	if err := contradictions(&given, &c.config, path); err != nil {
		return nil, quote.Hint(err, "leave it out: the results file says it; nothing was removed")
	}
	return c, nil
}

// contradictions are the sizes that were given and aren't those of the results file. A
// variable may be there for other commands, and gives way to the file.
func contradictions(given, is *bench.Config, path string) error {
	var all []error
	size := func(key string, a, b int) {
		origin, ok := given.Origin[key]
		if ok && a != b && !strings.HasPrefix(origin, variablePrefix) {
			all = append(all, fmt.Errorf("%s = %d: contradicts %s, whose run had %d (%s)", origin, a, path, b, key))
		}
	}
	for _, s := range is.Scenarios { // the others' sizes had no part in the run
		rows := "inserts_per_iteration"
		if s == bench.Batch {
			rows = "rows_per_batch"
		}
		a, b := given.Load(s), is.Load(s)
		size(s.Key()+".num_lambdas", a.NumLambdas, b.NumLambdas)
		size(s.Key()+".iterations", a.Iterations, b.Iterations)
		size(s.Key()+"."+rows, a.Count, b.Count)
	}
	size("warm_up_invocations", given.WarmUp, is.WarmUp)
	if origin, ok := given.Origin["scenario"]; ok && !strings.HasPrefix(origin, variablePrefix) && fmt.Sprint(given.Scenarios) != fmt.Sprint(is.Scenarios) {
		all = append(all, fmt.Errorf("%s = %s: contradicts %s, whose run had %s", origin, joined(given.Scenarios), path, joined(is.Scenarios)))
	}
	return errors.Join(all...)
}

func joined(all []bench.Scenario) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = string(s)
	}
	return strings.Join(texts, " and ")
}

// beyond is an error where rows of the run lie beyond the sizes that were given.
func (c *cleanup) beyond(ctx context.Context, cmd *cobra.Command, db *dsql.DB, plans []bench.Plan) error {
	remain, err := verify.Beyond(ctx, db, c.runID, plans, newDisplay(cmd.ErrOrStderr(), false).waiting())
	switch {
	case ctx.Err() != nil:
		return &exitError{code: exitInterrupted, err: errors.New("stopped before it was asked whether rows of the run lie beyond the sizes that were given")}
	case err == nil && len(remain) == 0:
		return nil
	}
	faults := []error{err}
	for _, r := range remain {
		faults = append(faults, fmt.Errorf("rows of the run remain: %s", beyondFlag(cmd.Flags(), r)))
	}
	return &exitError{code: exitIncomplete, err: quote.Hint(errors.Join(faults...),
		"run it again with the results file, with --out FOLDER where that is, or with the sizes that the run had")}
}

// beyondFlag says which flag is too small.
func beyondFlag(s *pflag.FlagSet, r verify.Remain) string {
	l, of := r.Plan.Load, string(r.Plan.Scenario)
	switch r.Dimension {
	case verify.WarmUps:
		return fmt.Sprintf("%s = %d is too small: warm-up rows of later invocations are there", named(s, string(r.Dimension)), l.NumLambdas)
	case verify.Scenarios:
		return fmt.Sprintf("%s leaves scenario %s out, whose rows are there", named(s, string(r.Dimension)), of)
	case verify.Iterations:
		return fmt.Sprintf("%s = %d is too small: rows of later iterations of scenario %s are there", named(s, string(r.Dimension)), l.Iterations, of)
	case verify.RowsEach:
		return fmt.Sprintf("%s = %d is too small: later rows of an iteration of scenario %s are there", named(s, string(r.Dimension)), l.Count, of)
	}
	return fmt.Sprintf("%s = %d is too small: rows of later invocations of scenario %s are there", named(s, string(r.Dimension)), l.NumLambdas, of)
}
