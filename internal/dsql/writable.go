package dsql

import (
	"context"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// writeWait bounds the wait for a server that stopped taking writes, and for a pooler
// without a free connection. A failover takes less; a client that holds all of a pooler's
// connections may never give one back.
const writeWait = time.Minute

// writes remembers whether the server takes writes.
type writes struct {
	generation atomic.Int64 // of the pool's connections
	taken      atomic.Int64 // when a statement succeeded last, in nanoseconds since 1970; 0 for never
	refused    atomic.Int64 // since when none did, as far as is known; 0 where the last one did
	patience   time.Duration
}

// wrote notes a statement that succeeded.
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

// outlasted reports whether a failure like f has lasted for longer than patience.
func (w *writes) outlasted(f bench.Failure) bool {
	refused := w.refused.Load()
	return (f.Kind == failure.NotWritable || failure.PoolerFull(f)) && refused != 0 && time.Since(time.Unix(0, refused)) > w.patience
}

// hopeless reports whether it makes no sense to wait after f: the server never took a
// write, or has taken none for longer than patience.
func (w *writes) hopeless(f bench.Failure) bool {
	return f.Kind == failure.NotWritable && w.taken.Load() == 0 || w.outlasted(f)
}

// leave closes all connections to a server that takes no writes, so that new ones can
// find the server that does. A failure in a connection of an earlier generation closes
// that connection alone.
func (db *DB) leave(f bench.Failure, generation int64) {
	if f.Kind != failure.NotWritable {
		return
	}
	if db.writes.generation.CompareAndSwap(generation, generation+1) {
		db.pool.Reset() // closes those in use when they are given back
	}
}

// ready returns the reason why no statement can be sent yet. It tests a server that took
// no writes, or that a pooler didn't reach, by an INSERT without rows: such a server
// refuses that too, and a pooler gives out connections also while its server is down.
// The INSERT fires triggers of the table that fire once for each statement.
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
