package run

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/verify"
)

// tellForeign explains, once, what a foreign function means for the run. A threshold on a
// figure that it doesn't report has failed already, and ends the run with --abort-on-fail.
func (s *session) tellForeign(abort func()) {
	s.kind.foreign.Store(true)
	s.kind.announced.Do(func() {
		s.say("the function isn't this suite's: it counts the rows itself, and reports nothing about its statements")
		for _, t := range s.unmeetable() {
			s.say("threshold %s fails: the function doesn't report that figure", t.Text)
			if s.config.AbortOnFail {
				s.broken.add(t)
				abort()
			}
		}
	})
}

// unmeetable returns the thresholds on figures that only this suite's function reports.
func (s *session) unmeetable() []bench.Threshold {
	return slices.DeleteFunc(thresholds(s.config), func(t bench.Threshold) bool {
		neverKnown := func(of bench.Scenario) bool { return threshold.NeverKnown(t, of, s.kind.unreported.Load()) }
		return !slices.ContainsFunc(s.config.Scenarios, neverKnown)
	})
}

// countBefore counts the rows in the table if --verify count was given and the function
// may be foreign: the difference is then the only thing that can be verified.
func (s *session) countBefore(ctx context.Context) {
	// Origin has only what the user set: the default isn't worth counting a large table.
	asked := s.config.Verify == bench.VerifyCount && s.config.Origin["verify"] != ""
	ours := s.kind.ours || s.target != nil || s.run.Function != nil && strings.HasPrefix(s.run.Function.Runtime, "provided") && !s.kind.foreign.Load()
	if !asked || ours || s.db == nil || ctx.Err() != nil {
		return
	}
	s.say("counting the table's rows, because the function may not report which are its own")
	rows, err := verify.Rows(ctx, s.db, verify.Progress{Waiting: s.Display.Waiting()})
	if err != nil && ctx.Err() == nil {
		s.warn("the table's rows could not be counted before the run: %v", err)
	}
	if rows != nil && s.kind.unsure > 0 {
		s.warn("the warm-up may have written up to %d rows after the table's were counted", s.kind.unsure)
	}
	s.kind.before = rows
}

// verifyForeign verifies what can be verified without knowing the rows' ids: their number.
func (s *session) verifyForeign(ctx context.Context, done []verify.Scenario) *bench.Verification {
	const instead = "--verify count counts all rows of the table before and after"
	asked, mode := s.config.Origin["verify"] != "", s.config.Verify
	switch {
	case !asked:
		s.warn("the table was not checked: %v: %s", verify.ErrForeign, instead)
		return unverified(bench.VerifyOff, "")
	case mode == bench.VerifyFull:
		return unverified(mode, fmt.Sprintf("%v: %s", verify.ErrForeign, instead))
	case s.kind.before == nil:
		return unverified(mode, verify.ErrForeign.Error()+"; the table's rows were not counted before the run")
	}
	s.Display.Enter(screen.Verifying, "verifying: counting the table's rows")
	return verify.Count(ctx, s.db, *s.kind.before, done, verify.Progress{Waiting: s.Display.Waiting()})
}

// unverified returns the verification of a run whose table wasn't looked at. An empty
// problem means that nobody asked for a look.
func unverified(mode bench.Verify, problem string) *bench.Verification {
	return &bench.Verification{Mode: mode, OK: problem == "", Problem: problem, LostIDs: []string{}}
}
