package progress

import (
	"context"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/screen"
)

const (
	// plainEvery is the time between two lines if there is no screen.
	plainEvery = 5 * time.Second
	// askEvery is the time between two counts of the rows in the database.
	askEvery = 700 * time.Millisecond
)

// Begin starts the part of plan p, and goroutines that print and count until Stop. written
// asks the database how many rows were ever written; it may be nil.
func (d *Display) Begin(p bench.Plan, written func(context.Context) (int64, error)) *Part {
	g := d.part(p)
	d.Enter(phase(p), "%s: %d invocations, %d rows", phase(p), p.Load.NumLambdas, p.Rows())
	if written != nil && !d.quiet {
		g.written = written
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
	if d.plain() {
		g.done.Go(func() { g.every(plainEvery, g.print) })
	}
	return g
}

// Stop ends the part; its last numbers stay visible. Its duration is the summary's, which may
// be nil.
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

// print prints a line about the part.
func (g *Part) print() { fmt.Fprintln(g.display, screen.Line(g.view())) }

// count asks the database how many rows were written, because a response comes only at the
// end of an invocation.
func (g *Part) count() {
	n, err := g.ask()
	if err != nil {
		return // try again next time
	}
	acknowledged := g.Sum.Live().Summary.Rows.Acknowledged
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counted = max(g.counted, n-g.before)
	g.pace.Add(time.Now(), min(max(g.counted, acknowledged), g.plan.Rows()))
}

// ask returns how many rows were ever written to the table. It gives up after a second: under load
// an answer that comes later would only be out of date.
func (g *Part) ask() (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return g.written(ctx)
}
