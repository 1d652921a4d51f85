package dsql

import (
	"context"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// writeWait is how long a server that took writes and takes none any more is waited for,
// and a pooler that has no connection left. A failover takes less; what holds all of a
// pooler's connections may never give one back.
const writeWait = time.Minute

// writes is what is known of whether the server takes any.
type writes struct {
	generation atomic.Int64 // of the pool's connections
	taken      atomic.Int64 // when a statement succeeded last, in nanoseconds since 1970; 0 for never
	refused    atomic.Int64 // since when none did, as far as is known; 0 where the last one did
	patience   time.Duration
}

// wrote notes that a statement succeeded.
func (w *writes) wrote(at time.Time) {
	w.taken.Store(at.UnixNano())
	if w.refused.Load() != 0 {
		w.refused.Store(0)
	}
}

// failed notes the failure of what was sent at a time.
func (w *writes) failed(f bench.Failure, sent time.Time) {
	if f.Kind == failure.NotWritable || failure.PoolerFull(f) {
		w.refused.CompareAndSwap(0, max(sent.UnixNano(), w.taken.Load()))
	}
}

// outlasted reports whether f goes on for longer than it is waited for.
func (w *writes) outlasted(f bench.Failure) bool {
	refused := w.refused.Load()
	return (f.Kind == failure.NotWritable || failure.PoolerFull(f)) && refused != 0 && time.Since(time.Unix(0, refused)) > w.patience
}

// hopeless reports whether f is of a database that isn't waited for: it never took a
// write, or takes none for long.
func (w *writes) hopeless(f bench.Failure) bool {
	return f.Kind == failure.NotWritable && w.taken.Load() == 0 || w.outlasted(f)
}

// leave gives up all connections to a server that takes no writes: a new one finds the
// server that does, where the address leads to it by then. What fails in a connection of
// an earlier generation gives up that alone.
func (db *DB) leave(f bench.Failure, generation int64) {
	if f.Kind != failure.NotWritable {
		return
	}
	if db.writes.generation.CompareAndSwap(generation, generation+1) {
		db.pool.Reset() // closes those in use when they are given back
	}
}

// ready reports why no statement can be sent yet. A server that took no writes is asked
// by an INSERT without rows, which it refuses like any other. Where it doesn't, triggers
// of the table that fire for each statement do so. So is one behind a pooler that didn't
// reach it: a pooler lends connections of its own also while its server is down.
func (db *DB) ready(ctx context.Context, last bench.Failure) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return &failure.Unsent{Err: err}
	}
	defer conn.Release()
	if last.Kind != failure.NotWritable && !failure.OfPooler(last) {
		return nil
	}
	_, err = conn.Exec(ctx, "INSERT INTO "+Table+" (id) SELECT NULL WHERE false")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && failure.RetryOf(failure.Explain(err)) == failure.Never:
		return nil // the statements will tell
	}
	return err
}
