package dsql

import (
	"context"
	"sync"
	"time"

	"dsql-load-test/internal/bench"
)

// recorder collects the timings of opening a connection for one attempt. The hooks of pgx find it
// in the context of Acquire. A nil recorder collects nothing.
type recorder struct {
	mu      sync.Mutex // a connection is opened by a goroutine of the pool's
	timings []bench.Timing
	// ended: the attempt is over. The pool may still be opening a connection for it in the
	// background, whose phases are no part of the attempt any more.
	ended bool
}

type recorderKey struct{}

// recorderIn returns the recorder of the attempt that ctx belongs to; nil without one.
func recorderIn(ctx context.Context) *recorder {
	r, _ := ctx.Value(recorderKey{}).(*recorder)
	return r
}

// add records phases, unless the attempt has ended.
func (r *recorder) add(timings ...bench.Timing) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.timings = append(r.timings, timings...)
	}
}

// finish records a phase that began at start, unless start is zero.
func (r *recorder) finish(p bench.Phase, start time.Time, err error) {
	if !start.IsZero() {
		r.add(bench.Timing{Phase: p, Start: start, End: time.Now(), Failed: err != nil})
	}
}

// startOf returns when the last phase of that name began, or other without one.
func (r *recorder) startOf(p bench.Phase, other time.Time) time.Time {
	if r == nil {
		return other
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.timings) - 1; i >= 0; i-- {
		if r.timings[i].Phase == p {
			return r.timings[i].Start
		}
	}
	return other
}

// end ends the attempt and returns its timings.
func (r *recorder) end() []bench.Timing {
	r.mu.Lock()
	defer r.mu.Unlock()
	timings := r.timings
	r.timings, r.ended = nil, true
	return timings
}
