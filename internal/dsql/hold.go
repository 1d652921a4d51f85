package dsql

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// holdTime bounds the time for which an Insert keeps a connection. The pool closes connections
// that are too old, or of an old generation, only when they are given back.
const holdTime = time.Second

// hold is a connection of the pool that an Insert keeps from one statement to the next.
type hold struct {
	conn      *pgxpool.Conn                // nil without one
	statement *pgconn.StatementDescription // nil if it isn't prepared
	// watcher interrupts the connection when its context ends. It is there because pgconn would
	// start and stop watching at each statement.
	watcher *ctxwatch.ContextWatcher
	done    <-chan struct{} // of the context that is watched
	since   time.Time
	// generation is the pool's when Acquire was called. The connection is of that generation or a
	// later one.
	generation int64
}

// good reports whether the next statement can use the connection.
func (h *hold) good(ctx context.Context, db *DB) bool {
	return h.conn != nil && ctx.Done() == h.done && ctx.Err() == nil && h.generation == db.writes.generation.Load()
}

// interrupter ends what a connection waits for, as pgconn does when it watches.
type interrupter struct {
	*pgconn.DeadlineContextWatcherHandler
	wire *pgconn.PgConn
}

// HandleUnwatchAfterCancel lets the connection wait again. A broken one keeps the deadline with
// which pgconn closes it in the background.
func (i interrupter) HandleUnwatchAfterCancel() {
	if !i.wire.IsClosed() {
		i.DeadlineContextWatcherHandler.HandleUnwatchAfterCancel()
	}
}

// take gets a connection from the pool and prepares the statement on it. It adds the phases to
// a, and returns when they ended.
func (s *Insert) take(ctx context.Context, a *bench.Attempt) (now time.Time, err error) {
	s.Close()
	s.held.generation = s.db.writes.generation.Load()
	r := &recorder{timings: a.Timings}
	conn, err := s.db.pool.Acquire(context.WithValue(ctx, recorderKey{}, r))
	now = time.Now()
	a.Timings = append(r.end(), bench.Timing{Phase: bench.Acquire, Start: a.Start, End: now, Failed: err != nil})
	if err != nil {
		return now, &failure.Unsent{Err: err}
	}
	h, wire := &s.held, conn.Conn().PgConn()
	h.conn, h.since = conn, now
	worked, err := s.equip(ctx, wire)
	if worked {
		start := now
		now = time.Now()
		a.Timings = append(a.Timings, bench.Timing{Phase: bench.Prepare, Start: start, End: now, Failed: err != nil})
	}
	if err != nil {
		return now, &failure.Unprepared{Err: err}
	}
	h.watcher = ctxwatch.NewContextWatcher(interrupter{&pgconn.DeadlineContextWatcherHandler{Conn: wire.Conn()}, wire})
	h.done = ctx.Done()
	h.watcher.Watch(ctx)
	return now, nil
}

// keep reports whether the connection may serve the statement after a, whose error is err. After
// anything unexpected others may wait for it, such as the search for the statement's rows.
func (s *Insert) keep(a *bench.Attempt, err error) bool {
	return err == nil && a.Affected == int64(s.rows) && a.End.Sub(s.held.since) < holdTime
}

// Close gives the connection back to the pool. The Insert can be used again.
func (s *Insert) Close() {
	h := &s.held
	if h.conn == nil {
		return
	}
	if h.watcher != nil {
		h.watcher.Unwatch()
	}
	h.conn.Release()
	s.held = hold{generation: h.generation}
}
