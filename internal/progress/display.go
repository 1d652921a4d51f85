// Package progress tells how far a run is while it goes on: on a live screen where
// there is a terminal, by a line now and then elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/screen"
	"dsql-load-test/internal/telemetry/relay"
)

// Display tells of a run while it goes on: a live screen on a terminal, plain
// lines elsewhere, nothing when quiet. What is written to it is seen in each
// case, on a terminal above the screen.
type Display struct {
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
	parts      []*Part
	telemetry  func() screen.Telemetry
	fleet      func() invoke.Snapshot // nil before Watch
}

// New makes a display that writes to to; quiet leaves out all but errors.
func New(to io.Writer, quiet bool) *Display { return &Display{to: to, w: to, quiet: quiet} }

// Start begins with a run of those plans, and to draw where it can. Lines go to w
// during the run. interrupts is how often the user asked to stop.
func (d *Display) Start(w io.Writer, interrupts func() int, plans ...bench.Plan) {
	d.mu.Lock()
	d.w, d.started, d.interrupts, d.phase, d.parts, d.fleet = w, time.Now(), interrupts, screen.Starting, nil, nil
	d.ids, d.plannedIDs = 0, 0
	d.telemetry = func() screen.Telemetry { return screen.Telemetry{Off: "not looked for yet"} }
	for _, p := range plans {
		d.parts = append(d.parts, newPart(d, p))
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
func (d *Display) drawn() (live *screen.Screen, w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live, d.w
}

// plain reports whether lines tell of the progress.
func (d *Display) plain() bool {
	live, _ := d.drawn()
	return live == nil && !d.quiet
}

// Stop leaves the last frame behind. It may be called again.
func (d *Display) Stop() {
	if live, _ := d.drawn(); live != nil {
		live.Stop()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = nil
}

// Release gives the terminal back before the program exits where it stands.
func (d *Display) Release() {
	if live, _ := d.drawn(); live != nil {
		live.Release()
	}
}

// Write writes whole lines.
func (d *Display) Write(p []byte) (int, error) {
	live, w := d.drawn()
	if live != nil {
		return live.Write(p)
	}
	return w.Write(p)
}

// Enter says what the run does from now on; line, which may be empty, is for
// those without a screen.
func (d *Display) Enter(phase screen.Phase, line string, args ...any) {
	d.mu.Lock()
	d.phase = phase
	d.mu.Unlock()
	if line != "" && d.plain() {
		fmt.Fprintf(d, line+"\n", quote.Args(args...)...)
	}
}

// part is the announced one of plan p, or a new one.
func (d *Display) part(p bench.Plan) *Part {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range d.parts {
		if g.name == nameOf(p) {
			return g
		}
	}
	g := newPart(d, p)
	d.parts = append(d.parts, g)
	return g
}

// Observe says where the state of telemetry comes from. t is nil when there is
// none, and absent then says why, unless that was asked for.
func (d *Display) Observe(t *relay.Driver, absent error) {
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

// Watch takes the function that knows what is in flight.
func (d *Display) Watch(f func() invoke.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fleet = f
}

// state is what the screen shows now.
func (d *Display) state() screen.State {
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
