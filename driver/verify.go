package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/verify"
)

const verifyHelp = `Ask the table for every single id that the run of a results file planned, report what
became of each, and add that to the file. Rows that the run knew to be acknowledged are
counted apart from those it didn't know about. After a driver was killed, that knowledge
comes from the journal beside the results file. Invocations that were in flight then can
write until the function's time-out: run it after that.

Rows that are lost, or present although their statement failed or wasn't started, are
listed with their place, environment and time in a CSV file beside the results file.

The file keeps every verification with its time and place. The verdict, the accounts and
the thresholds use the most informative one: one that settled each id (by asking for
each, or by a count that found every planned one) counts more than a count that found
fewer, one that found every acknowledged row more than one that didn't, and else the
first more than later ones. The HTML report and other files made of the results are
updated.

Only the table that the run wrote to can be used: another database, a table that was
created again, and one from which driver cleanup removed rows are refused.

Exit codes: 0 every acknowledged row is there; 1 one is lost, or the table could not
be asked; 2 usage, or the run can't be verified: it is another database or table, its
rows were cleaned up, its database ended with it, or its function doesn't report which
rows it wrote. The file is unchanged then.`

// verifyCommand is for runs that couldn't verify their rows themselves, or have to do it again.
func verifyCommand() *cobra.Command {
	var f databaseFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "verify RESULTS",
		Short:   "Ask the table for every id that a run planned",
		Long:    verifyHelp,
		Example: `  driver verify results_20261124_101500.json --cluster ID.dsql.REGION.on.aws`,
		Args:    oneArgument("RESULTS"),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.verify(cmd, args[0], asJSON) },
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verification as JSON")
	return cmd
}

// verify asks the table for the rows of the run of the results file at path.
func (f *databaseFlags) verify(cmd *cobra.Command, path string, asJSON bool) error {
	record, scenarios, err := f.known(path, cmd.ErrOrStderr())
	if err != nil {
		return usage(err)
	}
	return f.lookAt(cmd, func(ctx context.Context, l *look) error {
		if err := verify.SameDatabase(cmd.ErrOrStderr(), path, record, l.Database, "the results file is unchanged"); err != nil {
			return usage(err)
		}
		verify.NoteUnidentified(cmd.ErrOrStderr(), record)
		fmt.Fprintln(cmd.ErrOrStderr(), "asking the table for every planned id")
		// Rows to list are written while they are found: there may be millions. Keep or Drop ends that.
		list, tell := report.ListRows(path), l.display.Asking(scenarios)
		tell.Found = list.Add
		v := verify.Run(ctx, l.db, bench.VerifyFull, scenarios, tell)
		if ctx.Err() != nil {
			return stopped(ctx, errors.Join(errors.New("stopped before every id was asked for; the results file is unchanged"), list.Drop()))
		}
		if v.IDsAsked < verify.Planned(scenarios) {
			return incomplete(errors.Join(quote.Hint(errors.New(v.Problem), "the results file is unchanged"), list.Drop()))
		}
		var unlisted error
		v.RowsFile, unlisted = list.Keep()
		l.Verification = *v
		return settle(cmd, path, l.Look, asJSON, unlisted)
	})
}

// known reads a results file, and what its run knew about each statement. It returns an error
// if the run can't be verified.
func (f *databaseFlags) known(path string, log io.Writer) (*bench.Record, []verify.Scenario, error) {
	record, err := report.ReadOurs(path)
	if err != nil {
		return nil, nil, err
	}
	// The order of these checks is that of their use to the user: what can be waited for comes first,
	// then what can never be verified.
	if verify.Alive(path, record) {
		return nil, nil, quote.Hint(fmt.Errorf("%s: the run is still going on; it verifies its rows itself at the end", path), "driver verify is for a run that has ended")
	}
	if err := errors.Join(verify.Throwaway(path, record), verify.CleanedUp(path, record)); err != nil {
		return nil, nil, err
	}
	f.orOf(record)
	scenarios, err := verify.Known(path, record, log)
	if err != nil {
		return nil, nil, err
	}
	if verify.Foreign(record, scenarios) {
		return nil, nil, quote.Hint(fmt.Errorf("%s: %w", path, verify.ErrForeign),
			"driver run --verify count counts all rows of the table before and after; the results file is unchanged")
	}
	return record, scenarios, nil
}

// settle prints what was found in the table and adds it to the results file. unlisted is the
// error of the file that lists rows, or nil.
func settle(cmd *cobra.Command, path string, look bench.Look, asJSON bool, unlisted error) error {
	before, after, err := verify.Keep(path, &look, accounts.Rest)
	if refused := new(verify.Refused); errors.As(err, &refused) {
		return usage(err)
	}
	// What was found is printed even if it can't be kept: asking again would take long.
	printed := verify.WriteLook(cmd.OutOrStdout(), &look, asJSON)
	if err == nil {
		verify.NoteStanding(cmd.ErrOrStderr(), after, look)
		form.Remake(cmd.ErrOrStderr(), path, before, after)
	} else {
		err = quote.Hint(err, "this verification is only on standard output; the results file is unchanged")
	}
	var lost error
	if v := look.Verification; !v.OK {
		lost = errors.New(v.Problem)
	}
	return incomplete(errors.Join(lost, err, printed, unlisted))
}
