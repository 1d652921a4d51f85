package invoke

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
)

const (
	// tick is the time between two adjustments of the limit. The round trip of a refused call
	// fits in it.
	tick = 100 * time.Millisecond
	// recovery is the time in which the limit grows from zero to asked while no call is
	// refused.
	recovery = 20 * time.Second
	// deepestCut and mildestCut bound the fraction of the calls in flight (at most the limit)
	// that one cut leaves.
	deepestCut, mildestCut = 0.5, 0.9
	// starvation is the time without one admitted call after which a run is given up.
	starvation = 5 * time.Minute
)

// window limits the calls in flight of a fan-out that Lambda throttles. A lane needs a permit
// to call. As long as no call is throttled, each lane has a permit and keeps it, which costs
// one atomic load a call. A throttled call cuts the limit, at most once a round trip; time
// without one raises it again. While the limit is below asked (held is true), the lanes return
// their permit before each call and queue for another one, first come, first served.
type window struct {
	asked     int
	held      atomic.Bool
	throttled atomic.Bool // a call was, after the last admitted one

	mu      sync.Mutex // guards what follows
	limit   float64
	active  int // permits given out
	cooling int // permits of active whose call was throttled; free again at the next tick
	refused int // calls throttled since the last tick that were sent after the last cut
	lastCut time.Time
	queue   []chan struct{} // of waiting lanes; grant closes one to give its lane a permit
	since   time.Time       // the first throttle after the last admitted call

	floor     int           // the lowest limit so far
	backoffs  int64         // cuts so far
	heldSince time.Time     // the last time held became true
	heldFor   time.Duration // how long held was true, before heldSince
}

func newWindow(asked int) *window {
	return &window{asked: asked, limit: float64(asked), floor: asked}
}

// join gives a new lane its permit. It returns false if the lane has to wait for one in enter.
func (w *window) join() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held.Load() || w.active >= w.asked {
		return false
	}
	w.active++
	return true
}

// enter blocks until the lane holds a permit. hasPermit: it already does. It returns false if
// stop ends first.
func (w *window) enter(stop context.Context, hasPermit bool) bool {
	if hasPermit && !w.held.Load() {
		return true
	}
	w.mu.Lock()
	if hasPermit {
		w.active--
	}
	if len(w.queue) == 0 && w.active < int(w.limit) {
		w.active++
		w.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	w.queue = append(w.queue, turn)
	w.grant()
	w.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-stop.Done():
		return false // the fan-out is over: nobody needs a permit that is given at this moment
	}
}

// grant gives free permits to the lanes that wait longest. It needs w.mu.
func (w *window) grant() {
	for len(w.queue) > 0 && w.active < int(w.limit) {
		close(w.queue[0])
		w.queue = w.queue[1:]
		w.active++
	}
}

// leave gives a permit back.
func (w *window) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active--
	w.grant()
}

// refuse records a throttled call and takes the caller's permit, which is free again from the
// next tick on. Calls sent before the last cut don't cut again.
func (w *window) refuse(sent, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cooling++
	if sent.After(w.lastCut) {
		w.refused++
	}
	if w.since.IsZero() {
		w.since = now
		w.throttled.Store(true)
	}
}

// admit records a call that wasn't throttled.
func (w *window) admit() {
	if !w.throttled.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Time{}
	w.throttled.Store(false)
}

// adjust sets the limit, once a tick. After throttled calls it is the calls in flight less the
// throttled ones, but at least half and at most nine tenths of them. After a tick without one,
// if all permits are in use, it grows by a step, as recovery says.
func (w *window) adjust(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	inUse, quiet := w.active >= int(w.limit), w.cooling == 0
	switch {
	case w.refused > 0:
		was := math.Min(w.limit, float64(w.active))
		w.limit = math.Max(1, math.Min(mildestCut*was, math.Max(deepestCut*was, was-float64(w.refused))))
		w.floor = min(w.floor, int(w.limit))
		w.backoffs++
		w.lastCut = now
	case quiet && inUse && w.held.Load():
		w.limit = math.Min(float64(w.asked), w.limit+float64(w.asked)*tick.Seconds()/recovery.Seconds())
	}
	w.active -= w.cooling
	w.cooling, w.refused = 0, 0
	w.hold(now, w.limit < float64(w.asked))
	w.grant()
}

// hold records whether the limit is below asked. It needs w.mu.
func (w *window) hold(now time.Time, held bool) {
	switch before := w.held.Swap(held); {
	case held && !before:
		w.heldSince = now
	case !held && before:
		w.heldFor += now.Sub(w.heldSince)
	}
}

// starved reports whether Lambda has admitted no call for too long.
func (w *window) starved(now time.Time) bool {
	if !w.throttled.Load() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.since.IsZero() && now.Sub(w.since) >= starvation
}

// now returns the limit at this moment.
func (w *window) now() int {
	if !w.held.Load() {
		return w.asked
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(w.limit)
}

// account returns the window's part of the admission.
func (w *window) account(now time.Time) bench.Admission {
	w.mu.Lock()
	defer w.mu.Unlock()
	heldFor := w.heldFor
	if w.held.Load() {
		heldFor += now.Sub(w.heldSince)
	}
	return bench.Admission{Asked: w.asked, Floor: w.floor, Backoffs: w.backoffs, HeldSeconds: heldFor.Seconds()}
}
