package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/verify"
)

func verifyCommand() *cobra.Command {
	var f databaseFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify RESULTS",
		Short: "Ask the table for every id that a run planned",
		Long: `Ask the table for every single id that the run of a results file planned, say
what became of each, and add it to the file. What the run knew to be acknowledged
is told apart from what it didn't know: a driver that was killed leaves a journal
beside the results file, from which that is taken. Invocations that were in flight
then may write on until the function's time-out: look after it.

Rows that are lost, or there although their statement failed or was not started, are
listed with their place, environment and time in a CSV file beside the results file.

The file keeps every look with its time and place. The verdict, the accounts and the
thresholds rest on the one that tells most for the rows: one that settled each id
(by asking for each, or by a count that found every planned one) goes over a count
that found fewer, a look that found every acknowledged row over one that didn't, and
else the first over later ones. The HTML report and other files made of the results are made again.

Only the table that the run wrote to can tell: another database, a table that was
made anew, and one from which driver cleanup removed rows are refused.

Exit codes: 0 every acknowledged row is there; 1 one is lost, or the table could not
be asked; 2 usage, or the run can't be verified: it is another database or table, its
rows were cleaned up, its database ended with it, or its function doesn't tell which
rows it wrote. The file is as it was then.`,
		Example: `  driver verify results_20261124_101500.json --cluster ID.dsql.REGION.on.aws`,
		Args:    oneArgument("RESULTS"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.verify(cmd, args[0], asJSON) },
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verification as JSON")
	return cmd
}

// verify looks at the table for the run of the results file at path.
func (f *databaseFlags) verify(cmd *cobra.Command, path string, asJSON bool) error {
	record, scenarios, err := f.known(path, cmd.ErrOrStderr())
	if err != nil {
		return usage(err)
	}
	display := progress.New(cmd.ErrOrStderr(), false)
	drain, stop := interruptibleQuery(cmd.Context(), cmd.ErrOrStderr())
	defer stop()
	db, look, err := f.look(drain, display)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := verify.SameDatabase(cmd.ErrOrStderr(), path, record, look.Database, "the results file is as it was"); err != nil {
		return usage(err)
	}
	verify.NoteUnidentified(cmd.ErrOrStderr(), record)
	fmt.Fprintln(cmd.ErrOrStderr(), "asking the table for every planned id")
	list, tell := report.ListRows(path), display.Asking(scenarios)
	tell.Found = list.Add
	v := verify.Run(drain, db, bench.VerifyFull, scenarios, tell)
	if drain.Err() != nil {
		return stopped(drain, errors.Join(errors.New("stopped before every id was asked for; the results file is as it was"), list.Drop()))
	}
	if v.IDsAsked < verify.Planned(scenarios) {
		return incomplete(errors.Join(quote.Hint(errors.New(v.Problem), "the results file is as it was"), list.Drop()))
	}
	var unlisted error
	v.RowsFile, unlisted = list.Keep()
	look.Verification = *v
	return settle(cmd, path, look, asJSON, unlisted)
}

// known reads a results file, and what its run knew of each statement. An error says
// why that can't be verified.
func (f *databaseFlags) known(path string, log io.Writer) (*bench.Record, []verify.Scenario, error) {
	record, err := ownResults(path)
	if err != nil {
		return nil, nil, err
	}
	if verify.Alive(path, record) {
		return nil, nil, quote.Hint(fmt.Errorf("%s: the run goes on: it looks at the table itself when it has ended", path), "driver verify is for a run that has ended")
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
		return nil, nil, quote.Hint(fmt.Errorf("%s: %w", path, verify.ErrUntold),
			"driver run --verify count counts all rows of the table before and after; the results file is as it was")
	}
	return record, scenarios, nil
}

// settle prints and keeps what was found in the table. unlisted is why its rows aren't
// listed, or nil.
func settle(cmd *cobra.Command, path string, look bench.Look, asJSON bool, unlisted error) error {
	before, after, err := verify.Keep(path, &look, accounts.Rest)
	if refused := new(verify.Refused); errors.As(err, &refused) {
		return usage(err)
	}
	printed := verify.WriteLook(cmd.OutOrStdout(), &look, asJSON)
	if err == nil {
		verify.NoteStanding(cmd.ErrOrStderr(), after, look)
		form.Remake(cmd.ErrOrStderr(), path, before, after)
	} else {
		err = quote.Hint(err, "this look is only in what is printed on standard output; the results file is as it was")
	}
	var lost error
	if v := look.Verification; !v.OK {
		lost = errors.New(v.Problem)
	}
	return incomplete(errors.Join(lost, err, printed, unlisted))
}
