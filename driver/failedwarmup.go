package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/report"
)

// doom is why a run goes no further than its warm-up, in which no row was
// acknowledged; nil when it goes on. Faults that were asked for are no reason.
func (s *session) doom(warmUp *bench.Summary) error {
	a := warmUp.Rows
	if a.Acknowledged > 0 || a.Planned == 0 {
		return nil
	}
	if len(s.flags.Faults) > 0 {
		s.warn("the warm-up acknowledged none of its %s rows: with --fault the run goes on", figure.Count(a.Planned))
		return nil
	}
	var all []error
	for _, e := range warmUp.ErrorsByKind {
		err := fmt.Errorf("%s: %s (%s rows)", e.Kind, e.Message, figure.Count(e.Rows))
		for _, advice := range report.AdviceIn(s.settings, e.Kind) {
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
	err := fmt.Errorf("the warm-up acknowledged none of its %s rows, so the run ends here", figure.Count(a.Planned))
	return quote.Hint(errors.Join(append([]error{err}, all...)...),
		"driver doctor with the same flags looks at all that a run needs; --no-warm-up runs without this look")
}

// leaveOut records that nothing of the scenarios was sent.
func (s *session) leaveOut() error {
	for _, p := range s.config.Plans(s.runID) {
		results := make([]bench.Result, p.Load.NumLambdas)
		for i := range results {
			results[i] = bench.Result{Index: i, Outcome: bench.NotStarted}
		}
		summary, err := bench.Summarize(p, results)
		if err != nil {
			return fmt.Errorf("sum up %s: %w", p.Scenario, err)
		}
		s.keepSummary(summary)
	}
	s.record.Verification = &bench.Verification{Mode: s.config.Verify, Problem: "the run ended after its warm-up, and no row of a scenario was sent", LostIDs: []string{}}
	return nil
}
