package dsql

import (
	"context"
	"math/rand/v2"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
)

// The bounds of the waits before another attempt; the first is doubled each time.
// The waits for the database are half of that at least, so that the five by default
// last 3.1 s or more.
const (
	soonFirst, soonMost   = 10 * time.Millisecond, 1 * time.Second
	laterFirst, laterMost = 200 * time.Millisecond, 5 * time.Second
)

// Run is Exec with up to retries further attempts, each after a wait with full
// jitter, as long as ctx leaves time for it and Await would wait. It returns all
// attempts, which are valid until the next Run. The last one tells how the statement
// ended. Attempts after an unknown outcome are safe: they insert the same ids, and skip
// those that are there.
func (s *Insert) Run(ctx context.Context, events []event.Event, retries int) []bench.Attempt {
	s.attempts = s.attempts[:0]
	for {
		a := s.try(ctx, events)
		s.attempts = append(s.attempts, a)
		n := len(s.attempts)
		if a.Failure.Outcome == bench.Acknowledged || n > retries || s.db.writes.outlasted(a.Failure) || !pause(ctx, failure.RetryOf(a.Failure), n) {
			return s.attempts
		}
	}
}

// try makes one attempt.
func (s *Insert) try(ctx context.Context, events []event.Event) bench.Attempt {
	return s.attempt(ctx, events, &recorder{timings: s.room()})
}

// attempt makes one attempt, whose timings r collects.
func (s *Insert) attempt(ctx context.Context, events []event.Event, r *recorder) bench.Attempt {
	a := bench.Attempt{Start: time.Now(), Failure: bench.Failure{Outcome: bench.Acknowledged}}
	var err error
	a.Affected, err = s.Exec(recording(ctx, r), events)
	a.End, a.Arrived, a.Timings = time.Now(), s.arrived, r.end()
	if err != nil {
		a.Failure = failure.Explain(err)
		s.db.writes.failed(a.Failure, a.Start)
		s.db.leave(a.Failure, s.generation)
	} else {
		s.db.writes.wrote(a.End)
	}
	return a
}

// room is the memory of the timings that the next attempt's place held before.
func (s *Insert) room() []bench.Timing {
	if n := len(s.attempts); n < cap(s.attempts) {
		return s.attempts[:n+1][n].Timings[:0]
	}
	return nil
}

// waitBefore is the wait before attempt n+1, drawn by chance: up to a bound that
// doubles, for the database from half of it on.
func waitBefore(class failure.Retry, n int) time.Duration {
	if class == failure.Soon {
		return rand.N(min(soonFirst<<min(n-1, 10), soonMost))
	}
	most := min(laterFirst<<min(n-1, 10), laterMost)
	return most/2 + rand.N(most/2)
}

// Await waits for a database that last failed in a way that passes, until a
// connection can be had, and can write where it couldn't: it tries again and again,
// after waits that grow. Each failure is told. It returns false when ctx ends first,
// the database lets nobody in, or it took no write ever, or it took none for a minute
// and a read-only server or a full pooler is why.
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
	wait := waitBefore(class, n)
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
