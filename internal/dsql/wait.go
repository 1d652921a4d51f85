package dsql

import (
	"context"
	"math/rand/v2"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// The bounds of the waits before another attempt; the first is doubled each time.
// The waits for the database are half of that at least, so that the five by default
// last 3.1 s or more.
const (
	soonFirst, soonMost   = 10 * time.Millisecond, 1 * time.Second
	laterFirst, laterMost = 200 * time.Millisecond, 5 * time.Second
)

// waitBefore is the wait before attempt n+1, up to a bound that doubles, for the database
// from half of it on. draw returns a random part of what it is given.
func waitBefore(class failure.Retry, n int, draw func(time.Duration) time.Duration) time.Duration {
	if class == failure.Soon {
		return draw(min(soonFirst<<min(n-1, 10), soonMost))
	}
	most := min(laterFirst<<min(n-1, 10), laterMost)
	return most/2 + draw(most/2)
}

// Await waits until the database takes statements again, after a failure that passes by
// itself: until there is a connection, and one that can write where the last one couldn't.
// It tries again and again, after waits that grow. It calls told with each failure. It returns false when ctx ends
// first, when the database doesn't let this client in, when it never took a write, or when
// a read-only server or a full pooler has taken none for a minute.
func (db *DB) Await(ctx context.Context, last bench.Failure, told func(bench.Failure)) bool {
	if db.writes.hopeless(last) {
		return false
	}
	for n := 1; pause(ctx, failure.Later, n); n++ {
		generation, asked := db.writes.generation.Load(), time.Now()
		err := db.ready(ctx, last)
		if err == nil {
			return true
		}
		f := failure.Explain(err)
		db.writes.failed(f, asked)
		db.leave(f, generation)
		told(f)
		if failure.Denied(f) || db.writes.hopeless(f) {
			return false
		}
	}
	return false
}

// pause waits before attempt n+1; false when there is none.
func pause(ctx context.Context, class failure.Retry, n int) bool {
	if class == failure.Never {
		return false
	}
	wait := waitBefore(class, n, rand.N[time.Duration])
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false // it could only run out of time
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
