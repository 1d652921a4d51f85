package invoke

import (
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
)

// Snapshot is the state of a fan-out at one moment.
type Snapshot struct {
	InFlight  int64 // calls without an answer yet
	Limit     int64 // of InFlight; below Plan.Concurrency while Lambda throttles
	Sent      int64 // calls, including refused and repeated ones
	Throttled int64 // calls
	Ended     int64 // invocations, including those never sent
}

// Snapshot returns the state of the current or the last Run. It may be called from any
// goroutine, at any time.
func (c *Client) Snapshot() Snapshot {
	f := c.current.Load()
	if f == nil {
		return Snapshot{}
	}
	s := Snapshot{Limit: int64(f.window.now())}
	for i := range f.lanes {
		l := &f.lanes[i]
		s.Ended += l.ended.Load()
		s.Throttled += l.throttled.Load()
		// A call that returns between the two would make InFlight negative if sent came first.
		returned := l.returned.Load()
		sent := l.sent.Load()
		s.Sent += sent
		s.InFlight += sent - returned
	}
	return s
}

// lane is one sequence of calls. It has its own counters, so that lanes share no memory that
// every call writes.
type lane struct {
	permit bool          // this and lasted are only used by the lane itself
	lasted time.Duration // of its last invocation; 0 before that

	sentAt    atomic.Int64 // Unix nanoseconds of the call in flight; 0 without one
	sent      atomic.Int64
	returned  atomic.Int64
	throttled atomic.Int64
	ended     atomic.Int64

	_ [72]byte // keeps lanes off each other's cache lines
}

// admission adds the figures from the results to those from the window.
func admission(a bench.Admission, began time.Time, results []bench.Result) *bench.Admission {
	a.Reached = sum.MostInFlight(results)
	var first, firstOfAsked, lastOfAsked time.Time
	for i := range results {
		sent := results[i].Sent
		if sent.IsZero() {
			continue
		}
		first = earlier(first, sent)
		if i < a.Asked {
			firstOfAsked = earlier(firstOfAsked, sent)
			if sent.After(lastOfAsked) {
				lastOfAsked = sent
			}
		}
	}
	if !first.IsZero() {
		a.FirstSendMs = float64(first.Sub(began)) / float64(time.Millisecond)
		a.SendSpreadMs = float64(lastOfAsked.Sub(firstOfAsked)) / float64(time.Millisecond)
	}
	return &a
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
