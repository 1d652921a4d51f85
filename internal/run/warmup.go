package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/verify"
)

// warm runs the warm-up and removes its rows.
func (s *session) warm(ctx, drain context.Context) error {
	p, ok := s.config.WarmUpPlan(s.ID)
	if !ok || drain.Err() != nil {
		return nil
	}
	stage := s.telemetry.Begin(telemetry.WarmUp, p)
	part := s.startPart(p)
	s.client.Run(ctx, drain, p, stage, invoke.News{Result: part.Sum.Add})
	s.tellUnstreamed()
	summary, err := part.Sum.Summary()
	part.Stop(summary)
	// The warm-up isn't measured, so its duration is of no interest.
	stage.End(0)
	if err != nil {
		return fmt.Errorf("sum up the warm-up: %w", err)
	}
	s.keepWarmUp(summary)
	if drain.Err() == nil {
		s.doomed = s.doom(summary)
	}
	// The warm-up shows which kind of function answers, before rows are counted or scenarios start.
	s.kind.learn(summary)
	s.clean(ctx, p, summary)
	return nil
}

// keepWarmUp adds the warm-up to the record.
func (s *session) keepWarmUp(summary *bench.Summary) {
	s.run.WarmUp = &bench.WarmUp{Invocations: summary.Invocations, ColdStarts: summary.ColdStarts, Rows: &summary.Rows, ErrorsByKind: summary.ErrorsByKind, Billed: summary.Billed}
	if len(summary.Errors) > 0 {
		s.run.WarmUp.FirstError = summary.Errors[0].Error
	}
	if n := summary.FailedLambdas; n > 0 {
		s.warn("%d of %d warm-up invocations failed, the first: %s", n, summary.TotalLambdas, summary.Errors[0].Error)
	}
}

// clean removes the warm-up's rows from the table, or notes why they stay.
func (s *session) clean(ctx context.Context, p bench.Plan, summary *bench.Summary) {
	var err error
	s.run.WarmUp.RowsLeft = new(int64)
	var why string
	switch {
	case summary.Foreign():
		why = "the ids of the function's rows are its own"
	case s.db == nil:
		why = "no --cluster or --database-url to remove them by"
	default:
		if s.run.WarmUp.RowsRemoved, err = verify.Remove(ctx, s.db, p, s.Display.Waiting()); err != nil {
			why = err.Error()
		} else if summary.SuccessfulLambdas == 0 && s.target == nil {
			why = "no answer says whose ids they have"
		}
	}
	if why != "" {
		s.leave(summary.Rows, why)
	}
}

// leave notes how many rows of the warm-up were not removed. Unknown ones may or may not be
// there.
func (s *session) leave(a bench.Account, why string) {
	least := max(0, a.Acknowledged-s.run.WarmUp.RowsRemoved)
	most := least + a.Unknown
	s.run.WarmUp.RowsLeft = &least
	rows, stay := "rows", "stay"
	if most == 1 {
		rows, stay = "row", "stays"
	}
	switch {
	case most == 0:
	case least == 0:
		s.warn("up to %d %s of the warm-up may stay in the table: %s", most, rows, why)
	case least < most:
		s.warn("%d to %d %s of the warm-up stay in the table: %s", least, most, rows, why)
	default:
		s.warn("%d %s of the warm-up %s in the table: %s", least, rows, stay, why)
	}
}

// doom returns an error if no row of the warm-up was acknowledged: then the run ends here. It
// returns nil with --fault, because injected faults may be the reason.
func (s *session) doom(warmUp *bench.Summary) error {
	a := warmUp.Rows
	if a.Acknowledged > 0 || a.Planned == 0 {
		return nil
	}
	if len(s.Values.Faults) > 0 {
		s.warn("the warm-up acknowledged none of its %s rows: with --fault the run goes on", figure.Count(a.Planned))
		return nil
	}
	all := []error{fmt.Errorf("the warm-up acknowledged none of its %s rows, so the run ends here", figure.Count(a.Planned))}
	for _, e := range warmUp.ErrorsByKind {
		err := fmt.Errorf("%s: %s (%s rows)", e.Kind, e.Message, figure.Count(e.Rows))
		for _, advice := range report.AdviceIn(s.run.ServerSettings, e.Kind) {
			err = quote.Hint(err, "%s", advice)
		}
		all = append(all, err)
	}
	for _, kind := range slices.Sorted(maps.Keys(warmUp.InvocationErrors)) {
		all = append(all, fmt.Errorf("%s: %s invocations", kind, figure.Count(warmUp.InvocationErrors[kind])))
	}
	if len(warmUp.Errors) > 0 {
		all = append(all, fmt.Errorf("the first: %s", warmUp.Errors[0].Error))
	}
	return quote.Hint(errors.Join(all...),
		"driver doctor with the same flags checks all that a run needs; --no-warm-up runs without this check")
}

// leaveOut adds the scenarios to the record as not started.
func (s *session) leaveOut(_, _ context.Context) error {
	for _, p := range s.config.Plans(s.ID) {
		results := make([]bench.Result, p.Load.NumLambdas)
		for i := range results {
			results[i] = bench.Result{Index: i, Outcome: bench.NotStarted}
		}
		summary, err := sum.Of(p, results)
		if err != nil {
			return fmt.Errorf("sum up %s: %w", p.Scenario, err)
		}
		s.keepSummary(summary)
	}
	s.record.Verification = unverified(s.config.Verify, "the run ended after its warm-up, and no row of a scenario was sent")
	s.save(bench.Incomplete)
	return nil
}
