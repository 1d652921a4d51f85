// Package progress shows how far a run is: on a live screen if stderr is a terminal, else by
// a line every few seconds.
//
// A Display (display.go) is for the whole program. It has a Part for the warm-up and for each
// scenario (progress.go: when it starts and stops; part.go: its numbers). asking.go shows the
// verification. How the screen looks is in package screen.
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

// Display shows a run while it goes on: a live screen on a terminal, plain lines elsewhere,
// nothing if quiet. Text that is written to it is always printed, above the screen if there
// is one.
type Display struct {
	to    io.Writer
	quiet bool

	mu         sync.Mutex // guards the rest
	w          io.Writer  // to, for this run
	live       *screen.Screen
	started    time.Time
	interrupts func() int
	shown      screen.State // what was set last; state adds what changes all the time
	parts      []*Part
	observed   *relay.Driver          // nil without telemetry
	fleet      func() invoke.Snapshot // nil before Watch
}

// New returns a display that writes to to. A quiet one shows no progress.
func New(to io.Writer, quiet bool) *Display { return &Display{to: to, w: to, quiet: quiet} }

// Start shows a new run of those plans, on a live screen if it can. Lines go to w during the
// run. interrupts returns how often the user asked to stop.
func (d *Display) Start(w io.Writer, interrupts func() int, plans ...bench.Plan) {
	d.mu.Lock()
	d.w, d.started, d.interrupts, d.parts, d.observed, d.fleet = w, time.Now(), interrupts, nil, nil, nil
	d.shown = screen.State{Phase: screen.Starting, Telemetry: screen.Telemetry{Off: "not looked for yet"}}
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

// drawn returns the live screen, nil if there is none, and the writer for lines then.
func (d *Display) drawn() (live *screen.Screen, w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live, d.w
}

// plain reports whether progress is shown by lines.
func (d *Display) plain() bool {
	live, _ := d.drawn()
	return live == nil && !d.quiet
}

// Stop ends the live screen and leaves its last frame. It may be called again.
func (d *Display) Stop() {
	if live, _ := d.drawn(); live != nil {
		live.Stop()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = nil
}

// Release gives the terminal back at once, before os.Exit.
func (d *Display) Release() {
	if live, _ := d.drawn(); live != nil {
		live.Release()
	}
}

// Write writes whole lines, above the live screen if there is one.
func (d *Display) Write(p []byte) (int, error) {
	live, w := d.drawn()
	if live != nil {
		return live.Write(p)
	}
	return w.Write(p)
}

// Enter starts a phase of the run. line is printed if there is no screen; it may be empty.
func (d *Display) Enter(phase screen.Phase, line string, args ...any) {
	d.mu.Lock()
	d.shown.Phase = phase
	d.mu.Unlock()
	if line != "" && d.plain() {
		fmt.Fprintf(d, line+"\n", quote.Args(args...)...)
	}
}

// part returns the part of plan p: the one that Start made, or a new one.
func (d *Display) part(p bench.Plan) *Part {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, announced := range d.parts {
		if phase(announced.plan) == phase(p) {
			return announced
		}
	}
	added := newPart(d, p)
	d.parts = append(d.parts, added)
	return added
}

// Observe sets the source of telemetry's numbers. t is nil without telemetry; absent is the
// reason, nil if the user turned it off.
func (d *Display) Observe(t *relay.Driver, absent error) {
	off := "as asked for"
	if absent != nil {
		off = absent.Error()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.observed, d.shown.Telemetry.Off = t, off
}

// spans returns how many spans d has sent so far.
func spans(d *relay.Driver) screen.Telemetry {
	s := d.Snapshot()
	t := screen.Telemetry{Endpoint: s.Endpoint, Sent: s.Sent, Waiting: s.Waiting, Dropped: s.Dropped, NotKept: s.NotKept}
	if s.Problem != nil {
		t.Problem = s.Endpoint + " doesn't take them"
	}
	return t
}

// Watch sets the function that returns what is in flight.
func (d *Display) Watch(f func() invoke.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fleet = f
}

// state returns what the screen shows now.
func (d *Display) state() screen.State {
	d.mu.Lock()
	s, started, parts, observed, interrupts := d.shown, d.started, d.parts, d.observed, d.interrupts
	d.mu.Unlock() // the sources below have locks of their own
	s.Elapsed, s.Interrupts = time.Since(started), interrupts()
	if observed != nil {
		s.Telemetry = spans(observed)
	}
	for _, one := range parts {
		p := one.view()
		p.Draining = s.Interrupts > 0
		s.Parts = append(s.Parts, p)
	}
	return s
}
