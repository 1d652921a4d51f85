package sum

import (
	"maps"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// Live holds the figures of a running scenario, with partial answers.
type Live struct {
	Plan bench.Plan
	// Summary has only values that never shrink: the counts, and the largest latency of a
	// statement. Its accounts are of the whole plan.
	Summary *bench.Summary
	// Ended counts the invocations that were sent and ended, Unsent those that will never be
	// sent.
	Ended, Unsent int
	// Unreported: an answer of a foreign function came without Lambda's REPORT line.
	Unreported bool
	// LostRows counts failed and unknown rows, and rows that couldn't be sent, by kind of error.
	LostRows map[string]int64
}

// Live returns the figures so far.
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

// Latencies calls look with the latencies of acknowledged statements: of all statements, and of
// those that ended in the last window seconds for which an answer reported statements. The
// histograms are valid until look returns.
func (s *Sum) Latencies(window int64, look func(all, recent *latency.Histogram)) {
	s.merging.Lock()
	defer s.merging.Unlock()
	a := &s.live().answers
	recent, since := latency.New(), a.newest-window
	for unix := since + 1; unix <= a.newest; unix++ {
		if second := s.whole.answers.seconds[unix]; second != nil {
			recent.MergeSparse(second.Latency)
		}
	}
	for _, p := range s.running {
		for i := range p.response.Timeline {
			if second := &p.response.Timeline[i]; second.Unix > since {
				recent.MergeSparse(second.Latency)
			}
		}
	}
	look(a.histogram, recent)
}

// AtLeast returns a lower bound for percentile p of the latencies at the end of the scenario.
//
// Of n planned statements, at most n - rank can end above the percentile, where rank is its
// nearest rank. Without the slowest n - rank of the statements so far, the slowest that remains
// is therefore a lower bound. ok is false if none remains.
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
