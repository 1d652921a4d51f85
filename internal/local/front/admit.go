package front

import (
	"sync"
	"time"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/wire"
)

// bucket is a token bucket: it allows burst connections at once, then perSecond.
type bucket struct {
	perSecond, burst float64
	now              func() time.Time

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

// take reports whether one more connection is allowed now, and counts it.
func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.last.IsZero() {
		b.tokens = b.burst
	} else {
		b.tokens = min(b.burst, b.tokens+now.Sub(b.last).Seconds()*b.perSecond)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// admit counts a client in, or returns why it may not connect. Call leave for a client
// that was counted in.
func (f *Front) admit() *wire.Error {
	allowed := f.rate.take()
	if allowed && f.faults.Draw(fault.Refuse) {
		f.faults.Happened(fault.Refuse)
		allowed = false
	}
	if !allowed {
		return &wire.Error{Fatal: true, Code: "53400", Message: "Unable to accept connection, rate exceeded."}
	}
	if f.count.Add(1) > int64(f.options.Limits.Connections) {
		f.leave()
		return &wire.Error{Fatal: true, Code: "53300", Message: "Unable to accept connection, too many open connections."}
	}
	return nil
}

func (f *Front) leave() { f.count.Add(-1) }
