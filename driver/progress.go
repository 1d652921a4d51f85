package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// progress tells of a scenario while it runs: one line that is rewritten on a
// terminal, a plain line now and then elsewhere.
type progress struct {
	session  *session
	plan     bench.Plan
	start    time.Time
	terminal bool
	quit     chan struct{}
	done     sync.WaitGroup
	before   int64 // rows in the table before the scenario; -1 when it can't be asked

	mu        sync.Mutex
	unmerged  []*bench.Response
	histogram *latency.Histogram
	ends      int64
	rows      int64 // acknowledged
	errors    int64 // rows failed or unknown
}

func startProgress(s *session, p bench.Plan) *progress {
	g := &progress{session: s, plan: p, start: time.Now(), quit: make(chan struct{}), histogram: latency.New(), before: -1}
	if s.flags.quiet {
		return g
	}
	if f, ok := s.log.(*os.File); ok {
		g.terminal = term.IsTerminal(int(f.Fd()))
	}
	s.say("%s: %d invocations, %d rows", p.Scenario, p.Load.NumLambdas, p.Rows())
	if s.target != nil && s.flags.databaseURL == "" {
		g.before = g.written()
	}
	g.done.Go(g.loop)
	return g
}

// ended takes one invocation's result in; it is called from many goroutines.
func (g *progress) ended(r *bench.Result) {
	if g.session.flags.quiet {
		return
	}
	a := r.Rows(g.plan.Invocation(r.Index))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ends++
	g.rows += a.Acknowledged
	g.errors += a.Failed + a.Unknown
	if r.Response != nil && r.Response.Latency != nil {
		g.unmerged = append(g.unmerged, r.Response)
	}
}

func (g *progress) stop() {
	close(g.quit)
	g.done.Wait()
	if g.session.flags.quiet {
		return
	}
	g.print()
	if g.terminal {
		fmt.Fprintln(g.session.log)
	}
}

func (g *progress) loop() {
	every := 5 * time.Second
	if g.terminal {
		every = 500 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			g.print()
		case <-g.quit:
			return
		}
	}
}

func (g *progress) print() {
	line := g.line(time.Since(g.start))
	if g.terminal {
		fmt.Fprintf(g.session.log, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(g.session.log, line)
}

func (g *progress) line(elapsed time.Duration) string {
	g.mu.Lock()
	for _, r := range g.unmerged {
		// A histogram that can't be decoded is reported by the summary.
		if h, err := r.Latency.Histogram(); err == nil {
			g.histogram.Merge(h)
		}
	}
	g.unmerged = nil
	ends, rows, errors, p99 := g.ends, g.rows, g.errors, g.histogram.Percentile(99)
	g.mu.Unlock()
	seen := max(rows, g.since())
	text := fmt.Sprintf("%s: %d/%d invocations, %d rows, %.0f rows/s", g.plan.Scenario, ends, g.plan.Load.NumLambdas, seen, float64(seen)/elapsed.Seconds())
	if p99 > 0 {
		text += fmt.Sprintf(", p99 %v", p99.Round(10*time.Microsecond))
	}
	text += fmt.Sprintf(", %d errors", errors)
	if planned := g.plan.Rows(); seen > 0 && seen < planned {
		left := time.Duration(float64(elapsed) * float64(planned-seen) / float64(seen))
		text += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return text
}

// since is how many rows the throwaway database says were written; responses
// come only when an invocation ends.
func (g *progress) since() int64 {
	if g.before < 0 {
		return 0
	}
	return max(0, g.written()-g.before)
}

// written is -1 when the database doesn't answer; progress goes on without it.
func (g *progress) written() int64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	n, err := g.session.db.RowsWritten(ctx)
	if err != nil {
		return -1
	}
	return n
}
