package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/verify"
)

const (
	// plainEvery is between two lines where there is no screen.
	plainEvery = 5 * time.Second
	// askEvery is between two looks at how many rows the database has.
	askEvery = 700 * time.Millisecond
)

// progress is how far the warm-up or a scenario is.
type progress struct {
	display *display
	plan    bench.Plan
	name    string
	quit    chan struct{}
	done    sync.WaitGroup
	written func(context.Context) (rows int64, err error) // ever in the table; nil when it can't be asked
	before  int64                                         // rows in the table at the start

	mu         sync.Mutex // held for moments: ended is called by those who make load
	stage      screen.Stage
	start      time.Time
	took       time.Duration       // once done, from the first call to the last answer
	total      *screen.Percentiles // once done and summed up
	ends       int                 // of invocations
	unsent     int                 // invocations that will never be
	rows       int64               // acknowledged
	counted    int64               // rows that the database has more than at the start
	errors     map[string]int64
	retries    map[string]int64
	throttles  map[string]int64
	unmerged   []*bench.Response
	pace       pace
	latency    sync.Mutex // guards statements; never held together with mu
	statements statements
}

func newProgress(d *display, p bench.Plan) *progress {
	return &progress{
		display: d, plan: p, name: nameOf(p), quit: make(chan struct{}),
		errors: map[string]int64{}, retries: map[string]int64{}, throttles: map[string]int64{},
		statements: newStatements(),
	}
}

func nameOf(p bench.Plan) string {
	if p.WarmUp {
		return string(screen.WarmingUp)
	}
	return string(p.Scenario)
}

func startProgress(s *session, p bench.Plan) *progress {
	g := s.display().part(p)
	if s.target != nil && s.flags.databaseURL == "" {
		g.written = s.db.Table().RowsWritten
	}
	g.begin()
	return g
}

// begin starts the clock, and what tells of the progress.
func (g *progress) begin() {
	g.display.enter(screen.Phase(g.name), "%s: %d invocations, %d rows", g.name, g.plan.Load.NumLambdas, g.plan.Rows())
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

// ended takes one invocation's result in; it is called from many goroutines.
func (g *progress) ended(r *bench.Result) {
	if g.display.quiet {
		return
	}
	a := r.Rows(g.plan.Invocation(r.Index))
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Sent.IsZero() && r.Outcome == bench.NotStarted {
		g.unsent++
	} else {
		g.ends++
	}
	g.rows += a.Acknowledged
	for reason, n := range r.Throttles {
		g.throttles[reason] += int64(n)
	}
	switch {
	case r.Response == nil && a.Failed+a.Unknown > 0:
		g.errors[r.ErrorKind] += a.Failed + a.Unknown
	case r.Outcome == bench.NotStarted && r.Error != "": // it could not be sent
		g.errors[r.ErrorKind] += a.NotStarted
	case r.Response != nil:
		for kind, n := range r.Response.Retried {
			g.retries[kind] += n
		}
		for kind, n := range errorRows(r.Response, a.Failed+a.Unknown) {
			g.errors[kind] += n
		}
		g.unmerged = append(g.unmerged, r.Response)
	}
}

// errorRows is rows not acknowledged by kind; what no kind tells of is "other".
func errorRows(r *bench.Response, rows int64) map[string]int64 {
	if rows == 0 {
		return nil
	}
	kinds := map[string]int64{}
	for _, e := range r.Errors {
		kinds[e.Kind] += e.Rows
		rows -= e.Rows
	}
	if rows > 0 {
		kinds["other"] = rows
	}
	return kinds
}

// stop ends the part; its figures stay. Those that sum it up are to be the ones
// of its summary, which is nil when it couldn't be made.
func (g *progress) stop(s *bench.Summary) {
	close(g.quit)
	g.done.Wait()
	g.mu.Lock()
	g.stage, g.took = screen.Done, time.Since(g.start)
	if s != nil {
		g.took, g.total = s.EndedAt.Sub(s.StartedAt), percentilesOf(s.StatementLatency)
	}
	g.mu.Unlock()
	if g.display.plain() {
		g.print()
	}
}

// every does what until the part ends.
func (g *progress) every(d time.Duration, what func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			what()
		case <-g.quit:
			return
		}
	}
}

// percentilesOf are those that a summary has; zeros where it has none.
func percentilesOf(l bench.StatementLatency) *screen.Percentiles {
	p := &screen.Percentiles{Samples: l.Count}
	if l.P50 != nil && l.P99 != nil {
		p.P50, p.P99 = duration(*l.P50), duration(*l.P99)
	}
	return p
}

func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func (g *progress) print() { fmt.Fprintln(g.display, screen.Line(g.part())) }

// count asks the throwaway database how many rows were written: responses come
// only when an invocation ends.
func (g *progress) count() {
	n, err := g.ask()
	if err != nil {
		return // the next time
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counted = max(g.counted, n-g.before)
	g.pace.add(time.Now(), min(max(g.counted, g.rows), g.plan.Rows()))
}

func (g *progress) ask() (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return g.written(ctx)
}

// part is how far it is now.
func (g *progress) part() screen.Part {
	latency, total := g.merge()
	now := time.Now()
	f := g.display.flight()
	g.mu.Lock()
	defer g.mu.Unlock()
	p := screen.Part{
		Name: g.name, Stage: g.stage, Invocations: g.plan.Load.NumLambdas, Ended: g.ends, Planned: g.plan.Rows(),
		Written: min(max(g.rows, g.counted), g.plan.Rows()), Acknowledged: g.rows,
		Latency: latency, Total: total,
		Errors: counts(g.errors), Retries: counts(g.retries), Throttles: counts(g.throttles),
	}
	switch g.stage {
	case screen.Running:
		p.Elapsed = now.Sub(g.start)
		p.InFlight, p.Limit = min(g.plan.Concurrency, p.Invocations-p.Ended-g.unsent), g.plan.Concurrency
		if f != nil {
			p.InFlight, p.Limit = f.inFlight, f.limit
			if n := f.throttled - sum(g.throttles); n > 0 {
				p.Throttles = append(p.Throttles, screen.Count{Kind: "not ended yet", N: n})
			}
		}
		if g.written == nil {
			g.pace.add(now, g.rows)
		}
		p.Recent, p.Window = g.pace.recent(now, g.written != nil)
	case screen.Done:
		p.Elapsed = g.took
		if g.total != nil {
			p.Total = *g.total
		}
	}
	return p
}

// merge takes in what was answered since the last time, outside of the lock that
// those who make load wait for.
func (g *progress) merge() (recent, total screen.Percentiles) {
	g.mu.Lock()
	responses := g.unmerged
	g.unmerged = nil
	g.mu.Unlock()
	g.latency.Lock()
	defer g.latency.Unlock()
	for _, r := range responses {
		g.statements.add(r)
	}
	return g.statements.recent(), g.statements.total()
}

func counts(by map[string]int64) []screen.Count {
	var all []screen.Count
	for _, kind := range slices.Sorted(maps.Keys(by)) {
		all = append(all, screen.Count{Kind: kind, N: by[kind]})
	}
	return all
}

func sum(by map[string]int64) (n int64) {
	for _, v := range by {
		n += v
	}
	return n
}

// asking tells of a verification: how many of the planned ids the table was
// asked for. It is called by one goroutine.
func (d *display) asking(scenarios []verify.Scenario) verify.Progress {
	var planned int64
	for _, s := range scenarios {
		planned += s.Plan.Rows()
	}
	start := time.Now()
	told := start
	return verify.Progress{Waiting: d.waiting(), Asked: func(ids int64) {
		d.mu.Lock()
		d.ids, d.plannedIDs = ids, planned
		d.mu.Unlock()
		now := time.Now()
		if now.Sub(told) < plainEvery || !d.plain() {
			return
		}
		told = now
		left := time.Duration(float64(now.Sub(start)) * float64(planned-ids) / float64(max(ids, 1)))
		fmt.Fprintf(d, "verifying: %d of %d ids, %s left\n", ids, planned, left.Round(time.Second))
	}}
}

// waiting tells of a database that is asked again, at most every plainEvery. Many
// goroutines call it.
func (d *display) waiting() func(why error) {
	var mu sync.Mutex
	var told time.Time
	return func(why error) {
		mu.Lock()
		defer mu.Unlock()
		if d.quiet || time.Since(told) < plainEvery {
			return
		}
		told = time.Now()
		first, _, _ := strings.Cut(why.Error(), "\n") // hints are for those whom it fails
		fmt.Fprintf(d, "the database is asked again, for up to %v: %s\n", verify.Patience, first)
	}
}
