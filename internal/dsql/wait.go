package dsql

import (
	"context"
	"math/rand/v2"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// The bounds of the waits before another attempt: the first one is doubled each time, up to the
// most. A wait for the database lasts at least half its bound, so that the default of five
// waits lasts 3.1 s or more.
const (
	soonFirst, soonMost   = 10 * time.Millisecond, 1 * time.Second
	laterFirst, laterMost = 200 * time.Millisecond, 5 * time.Second
)

// waitBefore returns the wait before attempt n+1. draw returns a random duration below its
// argument.
func waitBefore(class failure.Retry, n int, draw func(time.Duration) time.Duration) time.Duration {
	if class == failure.Soon {
		return draw(min(soonFirst<<min(n-1, 10), soonMost))
	}
	most := min(laterFirst<<min(n-1, 10), laterMost)
	return most/2 + draw(most/2)
}

// Await waits until the database takes statements again after the failure last, which passes by
// itself: until there is a connection, and one that can write if the last one couldn't. It tries
// again after waits that grow. It returns false if ctx ends first, if the database will never
// accept this client, if it never took a write, or if a read-only server or a full pooler has
// taken none for a minute. It calls failed with each failure as soon as it happens, in the
// caller's goroutine: a wait may be long, and its failures are counted even if it never ends
// well.
func (db *DB) Await(ctx context.Context, last bench.Failure, failed func(bench.Failure)) bool {
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
		failed(f)
		if failure.Denied(f) || db.writes.hopeless(f) {
			return false
		}
	}
	return false
}

// pause waits before attempt n+1. It returns false if there is to be none.
func pause(ctx context.Context, class failure.Retry, n int) bool {
	if class == failure.Never {
		return false
	}
	wait := waitBefore(class, n, rand.N[time.Duration])
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false // nothing would be left of the time
	}
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}
