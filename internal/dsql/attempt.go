package dsql

import (
	"context"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
)

// Run is Exec with up to retries further attempts, each after a wait with jitter, as long as ctx
// leaves time for it and Await would wait. It returns all attempts, which are valid until the
// next Run; the last one shows how the statement ended. An attempt after an unknown outcome is
// safe: it inserts the same ids, and skips those that are in the table.
func (s *Insert) Run(ctx context.Context, events []event.Event, retries int) []bench.Attempt {
	s.attempts = s.attempts[:0]
	for {
		a := s.attempt(ctx, events)
		s.attempts = append(s.attempts, a)
		n := len(s.attempts)
		if a.Failure.Outcome == bench.Acknowledged || n > retries || s.db.writes.outlasted(a.Failure) || !pause(ctx, failure.RetryOf(a.Failure), n) {
			return s.attempts
		}
	}
}

// attempt makes one attempt.
func (s *Insert) attempt(ctx context.Context, events []event.Event) bench.Attempt {
	a := bench.Attempt{Start: time.Now(), Timings: s.room(), Failure: bench.Failure{Outcome: bench.Acknowledged}}
	err := s.exec(ctx, events, &a)
	if !s.keep(&a, err) {
		s.Close()
	}
	if err != nil {
		a.Failure = failure.Explain(err)
		s.db.writes.failed(a.Failure, a.Start)
		s.db.leave(a.Failure, s.held.generation)
	} else {
		s.db.writes.wrote(a.End)
	}
	return a
}

// room returns the memory for the timings of the next attempt. An earlier statement's attempt
// at the same place in s.attempts used it, so Run allocates only when a slice has to grow.
func (s *Insert) room() []bench.Timing {
	if n := len(s.attempts); n < cap(s.attempts) {
		return s.attempts[:n+1][n].Timings[:0]
	}
	return nil
}
