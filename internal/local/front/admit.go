package front

import (
	"sync"
	"time"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/wire"
)

// bucket is a token bucket: burst at once, then perSecond.
type bucket struct {
	perSecond, burst float64
	now              func() time.Time

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

// take answers whether one more is allowed now.
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

// admit counts a session in, or says why not. After it has answered nil, leave
// must be called.
func (f *Front) admit() *wire.Error {
	if !f.rate.take() {
		return rateExceeded()
	}
	if f.faults.ForConnection() {
		f.faults.Happened(fault.Refuse)
		return rateExceeded()
	}
	if f.count.Add(1) > int64(f.options.Limits.Connections) {
		f.leave()
		return tooManyConnections()
	}
	return nil
}

func (f *Front) leave() { f.count.Add(-1) }
