package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/telemetry"
)

// display tells of a run while it goes on: a live screen on a terminal, plain
// lines elsewhere, nothing when quiet. What is written to it is seen in each
// case, on a terminal above the screen.
type display struct {
	to    io.Writer
	quiet bool

	mu         sync.Mutex // guards the rest
	w          io.Writer  // to, for this run
	live       *screen.Screen
	started    time.Time
	interrupts func() int
	phase      screen.Phase
	ids        int64 // that the table was asked for
	plannedIDs int64 // 0 before the verification
	parts      []*progress
	telemetry  func() screen.Telemetry
	fleet      func() fleet // nil when nobody knows
}

// fleet is what the caller of the function knows before an invocation ends.
type fleet struct {
	inFlight, limit int
	throttled       int64 // calls of this plan
}

func newDisplay(to io.Writer, quiet bool) *display { return &display{to: to, w: to, quiet: quiet} }

// start begins with a run of those plans, and to draw where it can. interrupts
// is how often the user asked to stop.
func (d *display) start(runID string, interrupts func() int, plans ...bench.Plan) {
	d.mu.Lock()
	d.w, d.started, d.interrupts, d.phase, d.parts, d.fleet = ofRun(d.to, runID), time.Now(), interrupts, screen.Starting, nil, nil
	d.ids, d.plannedIDs = 0, 0
	d.telemetry = func() screen.Telemetry { return screen.Telemetry{Off: "not looked for yet"} }
	for _, p := range plans {
		d.parts = append(d.parts, newProgress(d, p))
	}
	d.mu.Unlock()
	f, ok := screen.Usable(d.to, os.Getenv)
	if !ok || d.quiet {
		return
	}
	live := screen.Start(f, d.state)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = live
}

// drawn is the live screen, nil when there is none, and where lines go then.
func (d *display) drawn() (live *screen.Screen, w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live, d.w
}

// plain reports whether lines tell of the progress.
func (d *display) plain() bool {
	live, _ := d.drawn()
	return live == nil && !d.quiet
}

// interruptsOf counts by the contexts that interrupts end.
func interruptsOf(ctx, drain context.Context) func() int {
	return func() int {
		switch {
		case ctx.Err() != nil:
			return 2
		case drain.Err() != nil:
			return 1
		}
		return 0
	}
}

// stop leaves the last frame behind. It may be called again.
func (d *display) stop() {
	if live, _ := d.drawn(); live != nil {
		live.Stop()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = nil
}

// release gives the terminal back before the program exits where it stands.
func (d *display) release() {
	if live, _ := d.drawn(); live != nil {
		live.Release()
	}
}

// Write writes whole lines.
func (d *display) Write(p []byte) (int, error) {
	live, w := d.drawn()
	if live != nil {
		return live.Write(p)
	}
	return w.Write(p)
}

// enter says what the run does from now on; line, which may be empty, is for
// those without a screen.
func (d *display) enter(phase screen.Phase, line string, args ...any) {
	d.mu.Lock()
	d.phase = phase
	d.mu.Unlock()
	if line != "" && d.plain() {
		fmt.Fprintf(d, line+"\n", quote.Args(args...)...)
	}
}

// plans are all that the session will run, in order.
func (s *session) plans() []bench.Plan {
	plans := s.config.Plans(s.runID)
	if p, ok := s.config.WarmUpPlan(s.runID); ok {
		plans = slices.Insert(plans, 0, p)
	}
	return plans
}

// show tells the display where its figures come from, once all is open.
func (s *session) show() {
	d := s.display()
	d.observe(s.telemetry, s.unobserved)
	d.watch(func() fleet {
		f := s.client.Snapshot()
		return fleet{inFlight: int(f.InFlight), limit: int(f.Limit), throttled: f.Throttled}
	})
}

// display is where the session's log goes to; one of its own when it is somewhere else.
func (s *session) display() *display {
	if d, ok := s.log.(*display); ok {
		return d
	}
	d := newDisplay(s.log, s.flags.Quiet)
	s.log = d
	return d
}

// part is the announced one of plan p, or a new one.
func (d *display) part(p bench.Plan) *progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range d.parts {
		if g.name == nameOf(p) {
			return g
		}
	}
	g := newProgress(d, p)
	d.parts = append(d.parts, g)
	return g
}

// observe says where the state of telemetry comes from. t is nil when there is
// none, and absent then says why, unless that was asked for.
func (d *display) observe(t *telemetry.Driver, absent error) {
	off := "as asked for"
	if absent != nil {
		off = absent.Error()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.telemetry = func() screen.Telemetry {
		if t == nil {
			return screen.Telemetry{Off: off}
		}
		s := t.Snapshot()
		shown := screen.Telemetry{Endpoint: s.Endpoint, Sent: s.Sent, Waiting: s.Waiting, Dropped: s.Dropped}
		if s.Problem != nil {
			shown.Problem = s.Endpoint + " doesn't take them"
		}
		return shown
	}
}

// watch says who knows what is in flight.
func (d *display) watch(f func() fleet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fleet = f
}

// flight is nil when nobody knows.
func (d *display) flight() *fleet {
	d.mu.Lock()
	know := d.fleet
	d.mu.Unlock()
	if know == nil {
		return nil
	}
	f := know()
	return &f
}

// state is what the screen shows now.
func (d *display) state() screen.State {
	d.mu.Lock()
	s := screen.State{Phase: d.phase, Elapsed: time.Since(d.started), IDs: d.ids, PlannedIDs: d.plannedIDs}
	parts, telemetry, interrupts := d.parts, d.telemetry, d.interrupts
	d.mu.Unlock()
	s.Interrupts, s.Telemetry = interrupts(), telemetry()
	for _, g := range parts {
		p := g.part()
		p.Draining = s.Interrupts > 0
		s.Parts = append(s.Parts, p)
	}
	return s
}
