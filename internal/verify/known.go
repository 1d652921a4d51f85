package verify

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// Foreign reports whether the function of a run is another suite's, by the record or by
// what the journal notes: its answers tell of rows, and not of statements.
func Foreign(r *bench.Record, scenarios []Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) || slices.ContainsFunc(scenarios, func(s Scenario) bool {
		return slices.ContainsFunc(s.Results, func(r bench.Result) bool { return r.Response != nil && r.Response.Foreign() })
	})
}

// NoteUnidentified warns of ids that may be no row's.
func NoteUnidentified(log io.Writer, r *bench.Record) {
	if judge.Unidentified(r) {
		fmt.Fprintln(log, "warning: no answer of the run says whose function it was: the rows of another suite's have other ids, and aren't found by these")
	}
}

// Planned is how many ids a look at the table asks for.
func Planned(scenarios []Scenario) (ids int64) {
	for _, s := range scenarios {
		ids += s.Plan.Rows()
	}
	return ids
}

// Known is what the run knew of each statement: all were acknowledged, or the
// journal says which.
func Known(path string, r *bench.Record, log io.Writer) ([]Scenario, error) {
	plans := r.Run.Config.Plans(r.Run.ID)
	if Foreign(r, nil) {
		return nil, nil // nor would it be known by a journal
	}
	if acknowledged := allAcknowledged(plans, r); acknowledged != nil {
		return acknowledged, nil
	}
	scenarios, torn, err := ReadJournal(report.JournalOf(path), plans)
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
func allAcknowledged(plans []bench.Plan, r *bench.Record) []Scenario {
	all := make([]Scenario, len(plans))
	for i, p := range plans {
		complete := slices.ContainsFunc(r.Summaries(), func(s *bench.Summary) bool { return s.Scenario == p.Scenario && s.Rows.Complete() })
		if !complete {
			return nil
		}
		all[i] = Scenario{Plan: p, Results: make([]bench.Result, p.Load.NumLambdas)}
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
func recall(of Scenario, s *bench.Summary) {
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
