package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/verify"
)

func verifyCommand(lookup func(string) (string, bool)) *cobra.Command {
	var f databaseFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify RESULTS",
		Short: "Ask the table for every id that a run planned",
		Long: `Ask the table for every single id that the run of a results file planned, say
what became of each, and note it in the file. What the run knew to be acknowledged
is told apart from what it didn't know: a driver that was killed leaves a journal
beside the results file, from which that is taken. Invocations that were in flight
then may write on until the function's time-out: look after it.

Rows that are lost, or there although their statement failed or was not started, are
listed with their place, environment and time in a CSV file beside the results file.

Exit codes: 0 every acknowledged row is there; 1 one is lost, or the table could not
be asked; 2 usage, or the run can't be verified: its database ended with it, or its
function doesn't tell which rows it wrote.`,
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
			if record.Run.Status == bench.Running && report.Alive(args[0]) {
				return usage(quote.Hint(fmt.Errorf("%s: the run goes on: it looks at the table itself when it has ended", args[0]), "driver verify is for a run that has ended"))
			}
			if record.Run.Throwaway() {
				return usage(quote.Hint(fmt.Errorf("%s: the run's rows were in a throwaway PostgreSQL, which ended with it", args[0]),
					"a run with --database-url leaves them where they can be looked at"))
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
			_, drain, stop := interruptible(cmd.Context(), cmd.ErrOrStderr())
			defer stop()
			db, err := f.open(drain, progress.waiting())
			if err != nil {
				return err
			}
			defer db.Close()
			noteUnidentified(cmd.ErrOrStderr(), record)
			fmt.Fprintln(cmd.ErrOrStderr(), "asking the table for every planned id")
			list, look := report.ListRows(args[0]), progress.asking(scenarios)
			look.Found = list.Add
			v := verify.Run(drain, db, bench.VerifyFull, scenarios, look)
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
			err = settle(cmd.OutOrStdout(), args[0], record, v, asJSON)
			if unlisted != nil {
				return &exitError{code: exitIncomplete, err: errors.Join(err, unlisted)}
			}
			return err
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
	if r.Unidentified() {
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

// settle prints and keeps what the table answered.
func settle(w io.Writer, path string, r *bench.Record, v *bench.Verification, asJSON bool) error {
	if missing := acknowledgedOf(r) - v.Present; v.OK && missing > 0 {
		v.OK, v.Problem = false, fmt.Sprintf("%d rows were acknowledged, only %d of the planned ids are in the table", acknowledgedOf(r), v.Present)
	}
	r.Verification = v
	if r.Run.Status == bench.Running { // of a file that was moved: nobody goes on with it
		report.EndKilled(path, r)
	}
	if r.Verdict != nil {
		r.JudgeThresholds() // some are on the verification
		r.Verdict = r.Judge()
	}
	if err := errors.Join(printVerification(w, v, asJSON), report.Rewrite(path, r)); err != nil {
		return &exitError{code: exitIncomplete, err: err}
	}
	if !v.OK {
		return &exitError{code: exitIncomplete, err: errors.New(v.Problem)}
	}
	return nil
}

func printVerification(w io.Writer, v *bench.Verification, asJSON bool) error {
	if !asJSON {
		return report.Verification(w, v)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = fmt.Fprintln(quote.JSONWriter(w), string(text))
	}
	return err
}

// acknowledgedOf is how many rows the finished scenarios acknowledged.
func acknowledgedOf(r *bench.Record) (n int64) {
	for _, s := range r.Summaries() {
		n += s.Rows.Acknowledged
	}
	return n
}
