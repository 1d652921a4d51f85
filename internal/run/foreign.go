package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/threshold"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/verify"
)

// functionKind is what is known of the function: whether it is this suite's, or foreign.
// A foreign function tells of rows alone, and its rows' ids are its own.
type functionKind struct {
	foreign    atomic.Bool // an answer told of rows alone
	unreported atomic.Bool // and came without Lambda's REPORT line
	announced  sync.Once   // to the user
	ours       bool        // the warm-up's answers told of statements
	unsure     int64       // rows that the warm-up may have written, or may still write
	before     *int64      // rows in the table before the first scenario; nil when nobody counted
}

// learn takes in what the warm-up's answers say.
func (k *functionKind) learn(s *bench.Summary) {
	k.foreign.Store(s.Untold())
	k.unreported.Store(s.Untold() && s.ColdStarts == nil)
	k.ours = !s.Untold() && s.SuccessfulLambdas > 0
	k.unsure = s.Rows.Unknown
}

// tellForeign says, once, what a foreign function means for the run. A threshold on
// what it doesn't tell has failed already: with --abort-on-fail that ends
// the run.
func (s *session) tellForeign(abort func()) {
	s.kind.foreign.Store(true)
	s.kind.announced.Do(func() {
		s.say("the function isn't this suite's: rows are counted by its own word, and nothing is known of its statements")
		for _, t := range s.unmeetable() {
			s.say("threshold %s fails: the function doesn't tell that figure", t.Text)
			if s.config.AbortOnFail {
				s.broken.add(t)
				abort()
			}
		}
	})
}

// unmeetable are the thresholds on what only this suite's function tells.
func (s *session) unmeetable() []bench.Threshold {
	return slices.DeleteFunc(thresholds(s.config), func(t bench.Threshold) bool {
		neverKnown := func(of bench.Scenario) bool { return threshold.NeverKnown(t, of, s.kind.unreported.Load()) }
		return !slices.ContainsFunc(s.config.Scenarios, neverKnown)
	})
}

// countBefore counts the table's rows where that is asked for and may be all that can
// be had: nothing tells that the function is this suite's.
func (s *session) countBefore(ctx context.Context) {
	asked := s.config.Verify == bench.VerifyCount && s.config.Origin["verify"] != ""
	ours := s.kind.ours || s.target != nil || s.run.Function != nil && strings.HasPrefix(s.run.Function.Runtime, "provided") && !s.kind.foreign.Load()
	if !asked || ours || s.db == nil || ctx.Err() != nil {
		return
	}
	s.say("counting the table's rows, for the function may not tell which are its own")
	rows, err := verify.Rows(ctx, s.db, verify.Progress{Waiting: s.Display.Waiting()})
	if err != nil && ctx.Err() == nil {
		s.warn("the table's rows could not be counted before the run: %v", err)
	}
	if rows != nil && s.kind.unsure > 0 {
		s.warn("the warm-up may have written up to %d rows after the table's were counted", s.kind.unsure)
	}
	s.kind.before = rows
}

// verifyForeign is all that can be had of a function whose rows' ids are its own.
func (s *session) verifyForeign(ctx context.Context, done []verify.Scenario) *bench.Verification {
	const instead = "--verify count counts all rows of the table before and after"
	asked, mode := s.config.Origin["verify"] != "", s.config.Verify
	switch {
	case !asked:
		s.warn("nobody looked at the table: %v: %s", verify.ErrUntold, instead)
		return unverified(bench.VerifyOff, "")
	case mode == bench.VerifyFull:
		return unverified(mode, fmt.Sprintf("%v: %s", verify.ErrUntold, instead))
	case s.kind.before == nil:
		return unverified(mode, verify.ErrUntold.Error()+"; the table's rows were not counted before the run")
	}
	s.Display.Enter(screen.Verifying, "verifying: counting the table's rows")
	return verify.Count(ctx, s.db, *s.kind.before, done, verify.Progress{Waiting: s.Display.Waiting()})
}

// unverified returns the verification of a run whose table wasn't looked at. An empty
// problem means that nobody asked for a look.
func unverified(mode bench.Verify, problem string) *bench.Verification {
	return &bench.Verification{Mode: mode, OK: problem == "", Problem: problem, LostIDs: []string{}}
}
