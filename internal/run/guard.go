package run

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/bench/threshold"
)

// guard checks while a scenario runs whether a threshold can't be met any more. Without
// --abort-on-fail it does nothing.
type guard struct {
	sum     *sum.Sum
	watch   threshold.Watch
	news    atomic.Bool // something was added since the last look
	looking sync.Mutex
	looked  atomic.Int64 // Unix second of the last look after a partial answer
}

// newGuard returns the guard of one scenario, whose results are added to all.
func newGuard(c *bench.Config, all *sum.Sum) *guard {
	g := &guard{sum: all}
	if c.AbortOnFail {
		g.watch = threshold.NewWatch(thresholds(c))
	}
	return g
}

// thresholds returns the thresholds of c, each of which Validate has read before.
func thresholds(c *bench.Config) (all []bench.Threshold) {
	for _, text := range c.Thresholds {
		t, _ := threshold.Parse(text)
		all = append(all, t)
	}
	return all
}

// broken returns a threshold that can't be met any more. Many goroutines call it, each after
// it added a result. One at a time checks; the others set news and return at once. The one
// that checks looks at news again after it has unlocked, so that no result is missed.
func (g *guard) broken() (t bench.Threshold, ok bool) {
	if len(g.watch) == 0 {
		return t, false
	}
	g.news.Store(true)
	for g.news.Load() && g.looking.TryLock() {
		g.news.Store(false)
		t, ok = g.watch.BrokenForGood(g.sum)
		g.looking.Unlock()
		if ok {
			return t, true
		}
	}
	return t, false
}

// brokenNow is broken after a partial answer, of which a thousand may come each second: it looks
// once a second.
func (g *guard) brokenNow() (t bench.Threshold, ok bool) {
	now := time.Now().Unix()
	if len(g.watch) == 0 || g.looked.Swap(now) == now {
		return t, false
	}
	return g.broken()
}

// brokenThresholds collects the thresholds that ended a run.
type brokenThresholds struct {
	mu  sync.Mutex
	all []string
}

// add adds a threshold once: several goroutines may find it broken. first: it wasn't there.
func (b *brokenThresholds) add(t bench.Threshold) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.Contains(b.all, t.Text) {
		return false
	}
	b.all = append(b.all, t.Text)
	return true
}

// texts returns the thresholds in the order in which they broke.
func (b *brokenThresholds) texts() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}
