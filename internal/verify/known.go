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

// Foreign reports whether the function of a run is another suite's, by the record or by the
// journal: its responses count rows, not statements.
func Foreign(r *bench.Record, scenarios []Scenario) bool {
	return slices.ContainsFunc(r.Summaries(), (*bench.Summary).Foreign) || slices.ContainsFunc(scenarios, func(s Scenario) bool {
		return slices.ContainsFunc(s.Results, func(r bench.Result) bool { return r.Response != nil && r.Response.Foreign() })
	})
}

// NoteUnidentified warns if the function may be another suite's, whose rows have other ids.
func NoteUnidentified(log io.Writer, r *bench.Record) {
	if judge.Unidentified(r) {
		fmt.Fprintln(log, "warning: no answer of the run says whose function it was: the rows of another suite's have other ids, and aren't found by these")
	}
}

// Planned returns how many ids a look at the table asks for.
func Planned(scenarios []Scenario) (ids int64) {
	for _, s := range scenarios {
		ids += s.Plan.Rows()
	}
	return ids
}

// Known returns what the run knew of each statement: either all were acknowledged, or the
// journal says which. It returns nil for a foreign function.
func Known(path string, r *bench.Record, log io.Writer) ([]Scenario, error) {
	plans := r.Run.Config.Plans(r.Run.ID)
	if Foreign(r, nil) {
		return nil, nil // a journal wouldn't know it either
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

// allAcknowledged returns nil unless every planned row was acknowledged.
func allAcknowledged(plans []bench.Plan, r *bench.Record) []Scenario {
	all := make([]Scenario, len(plans))
	for i, p := range plans {
		summaries := r.Summaries()
		n := slices.IndexFunc(summaries, func(s *bench.Summary) bool { return s.Scenario == p.Scenario && s.Rows.Complete() })
		if n < 0 {
			return nil
		}
		all[i] = uniform(p, bench.Acknowledged)
		recall(all[i], summaries[n])
	}
	return all
}

// recall adds to a fully acknowledged scenario the details that its summary keeps of single
// invocations: time and environment of the sample, and the slowest statements.
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
