package run

import (
	"slices"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
	"dsql-load-test/internal/latency"
)

// guard watches a scenario for thresholds that can't be met any more. Without
// --abort-on-fail it does nothing.
type guard struct {
	plan       bench.Plan
	thresholds []bench.Threshold
	start      time.Time

	mu   sync.Mutex
	live judge.Live

	decoder latency.Decoder
}

func newGuard(c *bench.Config, p bench.Plan) *guard {
	g := &guard{plan: p, start: time.Now(), live: judge.Live{
		Scenario: p.Scenario, PlannedRows: p.Rows(), PlannedStatements: p.Statements(), PlannedInvocations: int64(p.Load.NumLambdas),
		Retried: map[string]int64{}, Throttles: map[string]int64{}, Latency: latency.New(),
	}}
	if !c.AbortOnFail {
		return g
	}
	for _, text := range c.Thresholds {
		if t, err := bench.ParseThreshold(text); err == nil { // Validate has refused the others
			g.thresholds = append(g.thresholds, t)
		}
	}
	return g
}

// broken takes a result in, and answers a threshold that is broken for good. It
// is called from many goroutines.
func (g *guard) broken(r *bench.Result) (bench.Threshold, bool) {
	if len(g.thresholds) == 0 {
		return bench.Threshold{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.add(r)
	for _, t := range g.thresholds {
		if judge.BrokenForGood(t, g.live) {
			return t, true
		}
	}
	return bench.Threshold{}, false
}

func (g *guard) add(r *bench.Result) {
	l := &g.live
	a := r.Rows(g.plan.Invocation(r.Index))
	l.Acknowledged += a.Acknowledged
	l.Failed += a.Failed
	l.Unknown += a.Unknown
	l.Elapsed = time.Since(g.start)
	if r.Outcome == bench.Failed || r.Outcome == bench.Unknown {
		l.FailedInvocations++
	}
	for reason, n := range r.Throttles {
		l.Throttles[reason] += int64(n)
	}
	if cold := r.Cold(); cold != nil {
		l.ColdStarts = counted(l.ColdStarts, *cold)
	}
	if r.Response == nil {
		return
	}
	l.Untold = l.Untold || r.Response.Untold()
	l.Unreported = l.Unreported || r.Report == nil
	l.Attempts += r.Response.Attempts
	for kind, n := range r.Response.Retried {
		l.Retried[kind] += n
	}
	for _, e := range r.Response.Errors {
		l.Errors = addError(l.Errors, e)
	}
	if r.Response.Latency != nil {
		_ = g.decoder.MergeSnapshot(l.Latency, r.Response.Latency) // an answer with one that can't be read isn't used
	}
}

// counted is n with one more where it is so; n is nil before the first.
func counted(n *int64, is bool) *int64 {
	sum := bench.Known(n)
	if is {
		sum++
	}
	return &sum
}

// addError adds e to those of its kind.
func addError(all []bench.ErrorCount, e bench.ErrorCount) []bench.ErrorCount {
	i := slices.IndexFunc(all, func(o bench.ErrorCount) bool { return o.Kind == e.Kind })
	if i < 0 {
		return append(all, e)
	}
	all[i].Statements += e.Statements
	all[i].Rows += e.Rows
	return all
}

// brokenThresholds are those that ended a run.
type brokenThresholds struct {
	mu  sync.Mutex
	all []string
}

func (b *brokenThresholds) add(t bench.Threshold) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.all, t.Text) {
		b.all = append(b.all, t.Text)
	}
}

func (b *brokenThresholds) texts() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}
