package sum

import (
	"maps"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Live is what is known of a scenario while it runs, partial answers included.
type Live struct {
	Plan bench.Plan
	// Summary has the counts, and what else only grows: its accounts are of the whole
	// plan, and of the statements' latencies it has the largest alone.
	Summary *bench.Summary
	// Ended is how many invocations were sent and ended, Unsent how many never will be.
	Ended, Unsent int
	// Unreported: an answer told of no statement, and came without Lambda's REPORT line.
	Unreported bool
	// LostRows are those failed or unknown, and those that couldn't be sent, by kind.
	LostRows map[string]int64
}

// Live is what is known until now.
func (s *Sum) Live() Live {
	s.merging.Lock()
	defer s.merging.Unlock()
	t := s.live()
	o := t.soFar(s.plan)
	o.Rows, o.Invocations = ofPlan(o.Rows, s.plan.Rows()), ofPlan(o.Invocations, int64(s.plan.Load.NumLambdas))
	if t.answers.histogram.Count() > 0 {
		o.StatementLatency.Max = new(ms(t.answers.histogram.Max()))
	}
	lost := maps.Clone(t.failures.rows)
	for _, e := range o.ErrorsByKind {
		addCount(lost, e.Kind, e.Rows)
	}
	return Live{
		Plan: s.plan, Summary: o, Ended: len(t.calls.sent), Unsent: int(t.invocations.Planned) - len(t.calls.sent),
		Unreported: t.unreported, LostRows: lost,
	}
}

// ofPlan returns a as an account of the whole plan: items that aren't in it yet are
// not started.
func ofPlan(a bench.Account, planned int64) bench.Account {
	a.Planned, a.NotStarted = planned, planned-a.Acknowledged-a.Failed-a.Unknown
	return a
}

// Latencies calls look with the latencies of acknowledged statements: of all, and of
// those that ended in the last seconds that were told of. They are valid until look
// returns.
func (s *Sum) Latencies(window int64, look func(all, recent *latency.Histogram)) {
	s.merging.Lock()
	defer s.merging.Unlock()
	a := &s.live().answers
	recent := latency.New()
	for unix := a.newest - window + 1; unix <= a.newest; unix++ {
		if second := a.seconds[unix]; second != nil {
			recent.MergeSparse(second.Latency)
		}
	}
	look(a.histogram, recent)
}

// AtLeast is a lower bound of percentile p of the statements' latencies at the end. Of
// n planned statements, n less the percentile's rank may lie beyond it; ok is false
// while no more of them were acknowledged.
func (s *Sum) AtLeast(p float64) (least time.Duration, ok bool) {
	s.merging.Lock()
	defer s.merging.Unlock()
	n, h := s.plan.Statements(), s.live().answers.histogram
	if n == 0 {
		return 0, false
	}
	rank := h.Count() - (n - latency.NearestRank(p, n))
	if rank < 1 {
		return 0, false
	}
	return h.Percentile(100 * float64(rank) / float64(h.Count())), true
}
