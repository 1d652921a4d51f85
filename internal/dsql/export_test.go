package dsql

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/event"
)

// OpenChanged is OpenObserved with what change does to the pool's configuration
// before anything observes it.
func OpenChanged(ctx context.Context, a address.Address, conns int, connections Connections, change func(*pgxpool.Config)) (*DB, error) {
	return openChanged(ctx, a, conns, connections, change)
}

// Hold takes a connection of the pool.
func (db *DB) Hold(ctx context.Context) (release func(), err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Release, nil
}

// Try makes one attempt; between is called when it has begun and not sent anything yet.
func (s *Insert) Try(ctx context.Context, events []event.Event, between func()) bench.Attempt {
	between()
	return s.attempt(ctx, events)
}

// SetWriteWait sets what is writeWait otherwise.
func (db *DB) SetWriteWait(d time.Duration) { db.writes.patience = d }

// StampArrivals is stampArrivals.
func StampArrivals(conn net.Conn) net.Conn { return stampArrivals(conn) }

// LastArrival is lastArrival.
func LastArrival(conn net.Conn) time.Time { return lastArrival(conn) }

// Do executes sql on a connection of the pool.
func (db *DB) Do(ctx context.Context, sql string) error {
	_, err := db.pool.Exec(ctx, sql)
	return err
}

// PID returns the process id of the server's that serves the pool's next connection.
func (db *DB) PID(ctx context.Context) (pid string, err error) {
	err = db.pool.QueryRow(ctx, "SELECT pg_backend_pid()::text").Scan(&pid)
	return pid, err
}

// FillArrays returns a function that encodes events as the parameters of an INSERT by unnest.
func FillArrays(events []event.Event) (fill func()) {
	a := newArrays()
	return func() { a.fill(events) }
}

// Forget makes the only connection of the pool forget its prepared statements.
func (db *DB) Forget(t *testing.T) {
	t.Helper()
	if err := db.pool.AcquireFunc(t.Context(), func(c *pgxpool.Conn) error {
		return c.Conn().PgConn().Exec(t.Context(), "DEALLOCATE ALL").Close()
	}); err != nil {
		t.Fatal(err)
	}
}
