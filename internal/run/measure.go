package run

import (
	"context"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/machine"
	"dsql-load-test/internal/progress"
	"dsql-load-test/internal/telemetry/relay"
	"dsql-load-test/internal/verify"
)

// measure runs one scenario. abort ends it, and skips those that follow.
func (s *session) measure(ctx, drain context.Context, abort func(), p bench.Plan) ([]bench.Result, error) {
	stage := s.telemetry.Begin(string(p.Scenario), p)
	part := s.startPart(p)
	// Watch only the time of the calls: summing up keeps the processors busy too.
	watched := machine.StartWatch()
	stage.Show(func() relay.Figures { return figuresSoFar(part.Sum, watched) })
	results, admission := s.client.Run(ctx, drain, p, stage, s.taking(p, part.Sum, abort))
	load := watched.Stop()
	s.tellUnstreamed()
	if d := s.distrusted.Swap(nil); d != nil {
		s.warn("%s, invocation %d: a partial answer wasn't believed, so its later ones and their telemetry are lost: %s", p.Scenario, d.Index, d.Distrusted)
	}
	summary, err := part.Sum.Summary()
	if err == nil && s.kind.foreign.Load() {
		summary.Statements = nil // the warm-up showed that, even if no answer came now
		summary.Forget()
	}
	// Also after an error: the goroutines of the part must end.
	part.Stop(summary)
	if err != nil {
		return nil, fmt.Errorf("sum up %s: %w", p.Scenario, err)
	}
	if !summary.NothingSent() { // else the machine's load has nothing to do with the scenario
		summary.Client = load
	}
	stage.Settle(summary)
	stage.End(time.Duration(summary.TotalDurationSeconds * float64(time.Second)))
	summary.Admission = admission
	s.keepSummary(summary)
	return results, nil
}

// figuresSoFar returns the figures of a running scenario, and what this machine had to do.
func figuresSoFar(all *sum.Sum, watched *machine.Watch) relay.Figures {
	live := all.Live().Summary
	f := relay.Figures{Rows: live.Rows, Max: live.StatementLatency.Max, Limits: judge.Limits(watched.SoFar())}
	all.Latencies(0, func(h, _ *latency.Histogram) {
		if h.Count() > 0 {
			bench.Fill(&f.Percentiles, func(p float64) *float64 { return new(h.Percentile(p).Seconds() * 1000) })
		}
	})
	return f
}

// tellUnstreamed says once that answers come as a whole although nobody asked for it.
func (s *session) tellUnstreamed() {
	if !s.unstreamed && s.client.OnlyInvoke() {
		s.unstreamed = true
		s.say("the endpoint has only Invoke, so answers come as a whole: figures are known when an invocation ends")
	}
}

// keepSummary adds a scenario's summary to the record.
func (s *session) keepSummary(summary *bench.Summary) {
	if summary.Scenario == bench.Batch {
		s.record.Scenario2 = summary
	} else {
		s.record.Scenario1 = summary
	}
}

// startPart shows that the warm-up or a scenario starts. Rows are counted in the throwaway
// database, which nobody else writes to.
func (s *session) startPart(p bench.Plan) *progress.Part {
	if s.target != nil && s.Values.DatabaseURL == "" {
		return s.Display.Begin(p, s.db.Table().RowsWritten)
	}
	return s.Display.Begin(p, nil)
}

// taking returns what takes the news of a scenario. A result is noted in the journal and added to
// the sum, a partial answer only added; after both the thresholds are checked. Many goroutines
// call it.
func (s *session) taking(p bench.Plan, all *sum.Sum, abort func()) invoke.News {
	guard := newGuard(s.config, all)
	check := func(look func() (bench.Threshold, bool)) {
		if t, broken := look(); broken {
			if s.broken.add(t) {
				s.say("threshold %s can't be met any more: nothing more is sent, and what is in flight goes on to its end", t.Text)
			}
			abort()
		}
	}
	result := func(r *bench.Result) {
		// The journal comes first: after a kill, what isn't there counts as unknown.
		s.note(p.Scenario, r)
		added := *r
		all.Add(&added)
		if r.Response != nil && r.Response.Foreign() {
			s.kind.unreported.Store(r.Report == nil)
			s.tellForeign(abort)
		}
		if r.Distrusted != "" {
			s.distrusted.CompareAndSwap(nil, &added)
		}
		verify.Trim(r)
		check(guard.broken)
	}
	partial := func(index int, soFar *bench.Response) {
		all.AddPartial(index, soFar)
		check(guard.brokenNow)
	}
	return invoke.News{Result: result, Partial: partial}
}
