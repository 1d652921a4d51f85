package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/accounts"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/report/form"
	"dsql-load-test/internal/verify"
)

func verifyCommand(lookup func(string) (string, bool)) *cobra.Command {
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
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd.Flags(), lookup); err != nil {
				return usage(err)
			}
			record, err := report.Read(args[0])
			if err != nil {
				return usage(err)
			}
			if err := report.Ours(args[0], record); err != nil {
				return usage(err)
			}
			if alive(args[0], record) {
				return usage(quote.Hint(fmt.Errorf("%s: the run goes on: it looks at the table itself when it has ended", args[0]), "driver verify is for a run that has ended"))
			}
			if err := errors.Join(throwaway(args[0], record), cleanedUp(args[0], record)); err != nil {
				return usage(err)
			}
			f.orOf(record)
			scenarios, err := known(args[0], record, cmd.ErrOrStderr())
			if err != nil {
				return usage(err)
			}
			if untoldIn(record, scenarios) {
				return usage(quote.Hint(fmt.Errorf("%s: %w", args[0], verify.ErrUntold),
					"driver run --verify count counts all rows of the table before and after; the results file is as it was"))
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
			if err := sameDatabase(cmd.ErrOrStderr(), args[0], record, look.Database, "the results file is as it was"); err != nil {
				return usage(err)
			}
			noteUnidentified(cmd.ErrOrStderr(), record)
			fmt.Fprintln(cmd.ErrOrStderr(), "asking the table for every planned id")
			list, tell := report.ListRows(args[0]), progress.asking(scenarios)
			tell.Found = list.Add
			v := verify.Run(drain, db, bench.VerifyFull, scenarios, tell)
			if drain.Err() != nil {
				err := errors.Join(errors.New("stopped before every id was asked for; the results file is as it was"), list.Drop())
				return &exitError{code: exitInterrupted, err: err}
			}
			if v.IDsAsked < planned(scenarios) {
				err := errors.Join(quote.Hint(errors.New(v.Problem), "the results file is as it was"), list.Drop())
				return &exitError{code: exitIncomplete, err: err}
			}
			var unlisted error
			v.RowsFile, unlisted = list.Keep()
			look.Verification = *v
			return settle(cmd, args[0], look, asJSON, unlisted)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verification as JSON")
	return cmd
}

// untoldIn reports whether the function of a run, or of what its journal notes, tells
// of rows alone.
func untoldIn(r *bench.Record, scenarios []verify.Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), (*bench.Summary).Untold) || slices.ContainsFunc(scenarios, func(s verify.Scenario) bool {
		return slices.ContainsFunc(s.Results, func(r bench.Result) bool { return r.Response != nil && r.Response.Untold() })
	})
}

// noteUnidentified warns of ids that may be no row's.
func noteUnidentified(log io.Writer, r *bench.Record) {
	if judge.Unidentified(r) {
		fmt.Fprintln(log, "warning: no answer of the run says whose function it was: the rows of another suite's have other ids, and aren't found by these")
	}
}

// planned is how many ids a look at the table asks for.
func planned(scenarios []verify.Scenario) (ids int64) {
	for _, s := range scenarios {
		ids += s.Plan.Rows()
	}
	return ids
}

// known is what the run knew of each statement: all were acknowledged, or the
// journal says which.
func known(path string, r *bench.Record, log io.Writer) ([]verify.Scenario, error) {
	plans := r.Run.Config.Plans(r.Run.ID)
	if untoldIn(r, nil) {
		return nil, nil // nor would it be known by a journal
	}
	if acknowledged := allAcknowledged(plans, r); acknowledged != nil {
		return acknowledged, nil
	}
	scenarios, torn, err := verify.ReadJournal(report.JournalOf(path), plans)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is missing: which rows were acknowledged is known only there, for the run isn't complete", report.JournalOf(path))
	case err != nil:
		return nil, err
	case torn > 0:
		fmt.Fprintf(log, "warning: %d lines of %s are not whole: those invocations count as unknown\n", torn, quote.Line(report.JournalOf(path)))
	}
	return scenarios, nil
}

// allAcknowledged is nil unless every planned row was.
func allAcknowledged(plans []bench.Plan, r *bench.Record) []verify.Scenario {
	all := make([]verify.Scenario, len(plans))
	for i, p := range plans {
		complete := slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return s.Scenario == p.Scenario && s.Rows.Complete() })
		if !complete {
			return nil
		}
		all[i] = verify.Scenario{Plan: p, Results: make([]bench.Result, p.Load.NumLambdas)}
		for n := range all[i].Results {
			all[i].Results[n] = bench.Result{Index: n, Outcome: bench.Acknowledged}
		}
		for _, s := range r.Summaries() {
			if s.Scenario == p.Scenario {
				recall(all[i], s)
			}
		}
	}
	return all
}

// recall adds to a scenario, all of which was acknowledged, what its summary keeps of
// single invocations: when and where those of the sample were, and the slowest statements.
func recall(of verify.Scenario, s *bench.Summary) {
	answer := func(index int) *bench.Response {
		r := &of.Results[index]
		if r.Response == nil {
			statements := int64(of.Plan.Invocation(index).Statements())
			r.Response = &bench.Response{Statements: &bench.Account{Planned: statements, Acknowledged: statements}}
		}
		return r.Response
	}
	for _, sample := range s.Sample {
		if sample.Index >= len(of.Results) {
			continue
		}
		answer(sample.Index).EnvironmentID = sample.Environment
		if figure.Finite(sample.SentMs) && !s.StartedAt.IsZero() {
			of.Results[sample.Index].Sent = s.StartedAt.Add(time.Duration(sample.SentMs * float64(time.Millisecond)))
		}
	}
	for _, slow := range s.Slowest {
		if slow.Invocation < len(of.Results) {
			a := answer(slow.Invocation)
			a.EnvironmentID = cmp.Or(a.EnvironmentID, slow.Environment)
			a.Slowest = append(a.Slowest, slow)
		}
	}
}

// settle prints and keeps what the table answered. unlisted is why its rows aren't
// listed, or nil.
func settle(cmd *cobra.Command, path string, look bench.Look, asJSON bool, unlisted error) error {
	v := &look.Verification
	before, after, err := report.Change(path, func(r *bench.Record) error {
		if missing := acknowledgedOf(r) - v.Present; v.OK && missing > 0 {
			v.OK, v.Problem = false, fmt.Sprintf("%d rows were acknowledged, only %d of the planned ids are in the table", acknowledgedOf(r), v.Present)
		}
		if err := cleanedUp(path, r); err != nil { // meanwhile
			return usage(err)
		}
		r.AddLook(look)
		accounts.Rest(r)
		if r.Run.Status == bench.Running { // of a file that was moved: nobody goes on with it
			report.EndKilled(path, r)
		}
		r.EndAgain()
		return nil
	})
	if exit := new(exitError); errors.As(err, &exit) {
		return err
	}
	printed := printLook(cmd.OutOrStdout(), &look, asJSON)
	if err == nil {
		stands(cmd.ErrOrStderr(), after, look)
		form.Remake(cmd.ErrOrStderr(), path, before, after)
	} else {
		err = quote.Hint(err, "this look is only in what is printed on standard output; the results file is as it was")
	}
	var lost error
	if !v.OK {
		lost = errors.New(v.Problem)
	}
	if err := errors.Join(lost, err, printed, unlisted); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	return nil
}

// stands says that the verdict rests on another look than this one.
func stands(log io.Writer, r *bench.Record, look bench.Look) {
	if s := r.Stands(); s != nil && !s.At.Equal(look.At) {
		fmt.Fprintln(log, quote.Line(fmt.Sprintf("the look of %s stands, and the verdict rests on it: this one tells no more, and is listed beside it", s.Where())))
	}
}

func printLook(w io.Writer, l *bench.Look, asJSON bool) error {
	if !asJSON {
		return report.Verification(w, l)
	}
	text, err := lookJSON(l)
	if err == nil {
		_, err = fmt.Fprintln(quote.JSONWriter(w), string(text))
	}
	return err
}

// lookJSON is the verification with its time and place among its keys.
func lookJSON(l *bench.Look) ([]byte, error) {
	where, err := json.Marshal(struct {
		At       time.Time       `json:"at"`
		Host     string          `json:"host"`
		Database *bench.Database `json:"database"`
	}{l.At, l.Host, l.Database})
	if err != nil {
		return nil, err
	}
	found, err := json.Marshal(l.Verification)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	joined := append(append(where[:len(where)-1:len(where)-1], ','), found[1:]...)
	err = json.Indent(&text, joined, "", "  ")
	return text.Bytes(), err
}

// acknowledgedOf is how many rows the finished scenarios acknowledged.
func acknowledgedOf(r *bench.Record) (n int64) {
	for _, s := range r.Summaries() {
		n += s.Rows.Acknowledged
	}
	return n
}
