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
	// tick is how often the limit is set anew: the round trip of a refused call
	// fits in it.
	tick = 100 * time.Millisecond
	// recovery is how long the limit takes from nothing to all that was asked, when
	// no call is refused.
	recovery = 20 * time.Second
	// deepestCut and mildestCut bound what one cut leaves of the limit.
	deepestCut, mildestCut = 0.5, 0.9
	// starvation is how long nothing but refusals is borne.
	starvation = 5 * time.Minute
)

// window limits the calls in flight of a fan-out that Lambda throttles. A lane
// needs a permit to call. While nobody was throttled there are as many as lanes
// and each keeps its own, at the price of an atomic load a call. Throttled calls
// cut the limit, at most once a round trip; time without one raises it again.
// While it is below what was asked (held) the lanes take turns, first come first
// served.
type window struct {
	asked     int
	held      atomic.Bool
	throttled atomic.Bool // since a call was last admitted

	mu      sync.Mutex // guards what follows
	limit   float64
	active  int // permits given out
	cooling int // those of them whose call was throttled; they come back at the next tick
	refused int // calls throttled since the last tick that were sent after the last cut
	lastCut time.Time
	queue   []chan struct{} // closed by who gives the permit
	since   time.Time       // of the first throttle after the last admitted call

	floor     int
	backoffs  int64
	heldSince time.Time
	heldFor   time.Duration
}

func newWindow(asked int) *window {
	return &window{asked: asked, limit: float64(asked), floor: asked}
}

// join gives a new lane its permit; false while lanes have to wait for one.
func (w *window) join() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held.Load() || w.active >= w.asked {
		return false
	}
	w.active++
	return true
}

// enter waits for the lane's turn to call; has says that it has a permit. It is
// false when stop ended before.
func (w *window) enter(stop context.Context, has bool) bool {
	if has && !w.held.Load() {
		return true
	}
	w.mu.Lock()
	if has {
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
		return false // the fan-out is over: a permit given at this moment is needed by nobody
	}
}

// grant gives free permits to those who wait longest. It needs w.mu.
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

// refuse notes a throttled call and takes the caller's permit, for others to have
// from the next tick on.
func (w *window) refuse(sent time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cooling++
	if sent.After(w.lastCut) {
		w.refused++
	}
	if w.since.IsZero() {
		w.since = time.Now()
		w.throttled.Store(true)
	}
}

// admit notes a call that wasn't throttled.
func (w *window) admit() {
	if !w.throttled.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Time{}
	w.throttled.Store(false)
}

// adjust sets the limit, once a tick. What was refused didn't fit, so it is
// taken off, between a tenth and a half of what was in flight.
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

// hold notes whether the limit is below what was asked. It needs w.mu.
func (w *window) hold(now time.Time, held bool) {
	switch before := w.held.Swap(held); {
	case held && !before:
		w.heldSince = now
	case !held && before:
		w.heldFor += now.Sub(w.heldSince)
	}
}

// starved reports whether nothing but refusals came for too long.
func (w *window) starved(now time.Time) bool {
	if !w.throttled.Load() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.since.IsZero() && now.Sub(w.since) >= starvation
}

// now is the limit at this moment.
func (w *window) now() int {
	if !w.held.Load() {
		return w.asked
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(w.limit)
}

// account is what the window tells of itself.
func (w *window) account(now time.Time) bench.Admission {
	w.mu.Lock()
	defer w.mu.Unlock()
	heldFor := w.heldFor
	if w.held.Load() {
		heldFor += now.Sub(w.heldSince)
	}
	return bench.Admission{Asked: w.asked, Floor: w.floor, Backoffs: w.backoffs, HeldSeconds: heldFor.Seconds()}
}
