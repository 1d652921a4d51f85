package progress

import (
	"context"
	"fmt"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/screen"
)

const (
	// plainEvery is between two lines where there is no screen.
	plainEvery = 5 * time.Second
	// askEvery is between two looks at how many rows the database has.
	askEvery = 700 * time.Millisecond
)

// Part shows how far the warm-up or a scenario is.
type Part struct {
	display *Display
	plan    bench.Plan
	name    string
	Sum     *sum.Sum // of its results
	quit    chan struct{}
	done    sync.WaitGroup
	written func(context.Context) (rows int64, err error) // ever in the table; nil when it can't be asked
	before  int64                                         // rows in the table at the start

	mu      sync.Mutex // guards the rest; held for moments
	stage   screen.Stage
	start   time.Time
	took    time.Duration // once done, from the first call to the last answer
	counted int64         // rows that the database has more than at the start
	pace    screen.Pace
}

func newPart(d *Display, p bench.Plan) *Part {
	return &Part{display: d, plan: p, name: nameOf(p), Sum: sum.New(p), quit: make(chan struct{})}
}

func nameOf(p bench.Plan) string {
	if p.WarmUp {
		return string(screen.WarmingUp)
	}
	return string(p.Scenario)
}

// Begin starts the part of plan p. written, which may be nil, asks the database how many
// rows were ever written.
func (d *Display) Begin(p bench.Plan, written func(context.Context) (int64, error)) *Part {
	g := d.part(p)
	g.written = written
	g.begin()
	return g
}

// begin starts the clock and the goroutines that print and count.
func (g *Part) begin() {
	g.display.Enter(screen.Phase(g.name), "%s: %d invocations, %d rows", g.name, g.plan.Load.NumLambdas, g.plan.Rows())
	if g.display.quiet {
		g.written = nil // nobody looks
	}
	if g.written != nil {
		n, err := g.ask()
		if err != nil {
			g.written = nil // progress goes on without it
		}
		g.before = n
	}
	g.mu.Lock()
	g.stage, g.start = screen.Running, time.Now()
	g.mu.Unlock()
	if g.written != nil {
		g.done.Go(func() { g.every(askEvery, g.count) })
	}
	if g.display.plain() {
		g.done.Go(func() { g.every(plainEvery, g.print) })
	}
}

// Stop ends the part; its figures stay. It took as long as its summary says, which is
// nil when it couldn't be made.
func (g *Part) Stop(s *bench.Summary) {
	close(g.quit)
	g.done.Wait()
	g.mu.Lock()
	g.stage, g.took = screen.Done, time.Since(g.start)
	if s != nil {
		g.took = s.EndedAt.Sub(s.StartedAt)
	}
	g.mu.Unlock()
	if g.display.plain() {
		g.print()
	}
}

// every calls f until the part ends.
func (g *Part) every(d time.Duration, f func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f()
		case <-g.quit:
			return
		}
	}
}

func (g *Part) print() { fmt.Fprintln(g.display, screen.Line(g.part())) }

// count asks the throwaway database how many rows were written: responses come
// only when an invocation ends.
func (g *Part) count() {
	n, err := g.ask()
	if err != nil {
		return // the next time
	}
	acknowledged := g.Sum.Live().Summary.Rows.Acknowledged
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counted = max(g.counted, n-g.before)
	g.pace.Add(time.Now(), min(max(g.counted, acknowledged), g.plan.Rows()))
}

func (g *Part) ask() (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return g.written(ctx)
}
