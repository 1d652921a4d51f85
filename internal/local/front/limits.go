package front

import (
	"fmt"
	"sync"
	"time"
)

// Limits are DSQL's quotas. All must be positive.
type Limits struct {
	Connections      int           // open at once
	ConnectRate      float64       // new ones per second, after
	ConnectBurst     float64       // so many at once
	ConnectionLife   time.Duration // after which a connection is cut
	Rows             int           // changed in a transaction
	TransactionBytes int           // written in a transaction: here the bytes of its parameters and texts
	TransactionAge   time.Duration // at its commit
	MessageBytes     int           // of one protocol message
}

// DefaultLimits are those of a cluster whose quotas nobody raised, as Aurora
// DSQL's user guide gives them (2026).
func DefaultLimits() Limits {
	return Limits{
		Connections: 10_000, ConnectRate: 100, ConnectBurst: 1_000, ConnectionLife: 60 * time.Minute,
		Rows: 3_000, TransactionBytes: 10 << 20, TransactionAge: 300 * time.Second, MessageBytes: 10 << 20,
	}
}

func (l *Limits) check() error {
	for name, positive := range map[string]bool{
		"connections": l.Connections > 0, "connection rate": l.ConnectRate > 0, "connection burst": l.ConnectBurst >= 1,
		"connection life": l.ConnectionLife > 0, "rows": l.Rows > 0, "transaction bytes": l.TransactionBytes > 0,
		"transaction age": l.TransactionAge > 0, "message bytes": l.MessageBytes > 0,
	} {
		if !positive {
			return fmt.Errorf("limit of %s: must be over 0", name)
		}
	}
	return nil
}

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
func (f *Front) admit() *refusal {
	if !f.rate.take() {
		return rateExceeded()
	}
	if f.faults.forConnection() {
		f.faults.happened(faultRefuse)
		return rateExceeded()
	}
	if f.count.Add(1) > int64(f.options.Limits.Connections) {
		f.leave()
		return tooManyConnections()
	}
	return nil
}

func (f *Front) leave() { f.count.Add(-1) }
