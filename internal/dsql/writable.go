package dsql

import (
	"context"
	"sync/atomic"
	"time"
)

// readOnlyWait is how long a server that took writes and takes none any more is waited
// for. A failover takes less.
const readOnlyWait = time.Minute

// writes is what is known of whether the server takes any.
type writes struct {
	generation atomic.Int64 // of the pool's connections
	taken      atomic.Bool  // a statement succeeded
	refused    atomic.Int64 // the first refusal since, in nanoseconds since 1970; 0 without one
	patience   time.Duration
}

// wrote notes that a statement succeeded.
func (w *writes) wrote() {
	if !w.taken.Load() {
		w.taken.Store(true)
	}
	if w.refused.Load() != 0 {
		w.refused.Store(0)
	}
}

// hopeless reports whether f is of a server that isn't waited for: it never took a
// write, or takes none for long.
func (w *writes) hopeless(f Failure) bool {
	if f.Kind != NotWritable {
		return false
	}
	refused := w.refused.Load()
	return !w.taken.Load() || refused != 0 && time.Since(time.Unix(0, refused)) > w.patience
}

// leave gives up all connections to a server that takes no writes: a new one finds the
// server that does, where the address leads to it by then. What fails in a connection of
// an earlier generation gives up that alone.
func (db *DB) leave(f Failure, generation int64) {
	if f.Kind != NotWritable {
		return
	}
	db.writes.refused.CompareAndSwap(0, time.Now().UnixNano())
	if db.writes.generation.CompareAndSwap(generation, generation+1) {
		db.pool.Reset() // closes those in use when they are given back
	}
}

// ready reports why no statement can be sent yet. A server that took no writes is asked
// by an INSERT without rows, which it refuses like any other. Where it doesn't, triggers
// of the table that fire for each statement do so. So is one behind a pooler that didn't
// reach it: a pooler lends connections of its own also while its server is down.
func (db *DB) ready(ctx context.Context, last Failure) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return &unsentError{err}
	}
	defer conn.Release()
	if last.Kind != NotWritable && last.ofPooler() == notOfPooler {
		return nil
	}
	_, err = conn.Exec(ctx, "INSERT INTO "+Table+" (id) SELECT NULL WHERE false")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && Explain(err).again() == never:
		return nil // the statements will tell
	}
	return err
}
