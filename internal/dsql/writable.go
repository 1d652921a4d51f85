package dsql

import (
	"context"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// writeWait bounds the wait for a server that stopped taking writes, and for a pooler without a
// free connection. A failover takes less; other clients may hold a pooler's connections for ever.
const writeWait = time.Minute

// writes remembers whether the server takes writes.
type writes struct {
	generation atomic.Int64 // of the pool's connections; leave starts a new one
	taken      atomic.Int64 // when the last statement succeeded, in nanoseconds since 1970; 0 for never
	refused    atomic.Int64 // when the server began to refuse, as taken; 0 if the last statement succeeded
	patience   time.Duration
}

// wrote records a statement that succeeded at that time.
func (w *writes) wrote(at time.Time) {
	w.taken.Store(at.UnixNano())
	if w.refused.Load() != 0 {
		w.refused.Store(0)
	}
}

// failed records the failure of a statement that was sent at that time.
func (w *writes) failed(f bench.Failure, sent time.Time) {
	if f.Kind == failure.NotWritable || failure.PoolerFull(f) {
		w.refused.CompareAndSwap(0, max(sent.UnixNano(), w.taken.Load()))
	}
}

// outlasted reports whether the server has refused, with failures like f, for longer than
// patience.
func (w *writes) outlasted(f bench.Failure) bool {
	refused := w.refused.Load()
	return (f.Kind == failure.NotWritable || failure.PoolerFull(f)) && refused != 0 && time.Since(time.Unix(0, refused)) > w.patience
}

// hopeless reports whether waiting after f makes no sense: the server never took a write, or has
// taken none for longer than patience.
func (w *writes) hopeless(f bench.Failure) bool {
	return f.Kind == failure.NotWritable && w.taken.Load() == 0 || w.outlasted(f)
}

// leave closes all connections to a server that takes no writes, so that new ones can find the
// server that does. After a failure in a connection of an earlier generation it does nothing,
// because the pool closes that connection anyway.
func (db *DB) leave(f bench.Failure, generation int64) {
	if f.Kind == failure.NotWritable && db.writes.generation.CompareAndSwap(generation, generation+1) {
		db.pool.Reset() // closes those in use when they are given back
	}
}

// ready returns the reason why no statement can be sent yet; nil if one can. It tests a server
// that took no writes, or that a pooler didn't reach, with an INSERT without rows. A read-only
// server refuses that too, and a pooler accepts connections even while its server is down. The
// INSERT fires the table's triggers FOR EACH STATEMENT.
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
	err = unanswered(ctx, conn.Conn().PgConn(), err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && failure.RetryOf(failure.Explain(err)) == failure.Never:
		return nil // the statements will report it
	}
	return err
}
