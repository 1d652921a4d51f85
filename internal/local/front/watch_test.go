package front

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/session"
)

// Blocks on few keys and statements on keys of their own, all at once: no
// statement that meets nobody fails, none that a cancellation was not meant for,
// and nobody hangs. What was acknowledged is there.
func TestCancelHitsNoNeighbour(t *testing.T) {
	const blocks, singles, keys = 12, 12, 3
	f := start(t, func(o *Options) { o.ServerConns, o.change = 8, watchEvery(time.Millisecond) })
	name := table(t)
	run(t, direct(t), fmt.Sprintf("INSERT INTO %s SELECT i, '0' FROM generate_series(1, %d) AS i", name, keys+singles))
	end := time.Now().Add(3 * time.Second)
	var committed, conflicts, lone atomic.Int64
	var wg sync.WaitGroup
	for range blocks {
		c := connect(t, f, "")
		wg.Go(func() {
			for time.Now().Before(end) {
				switch err := addInBlock(c, name, 1+rand.IntN(keys), 1+rand.IntN(keys)); {
				case err == nil:
					committed.Add(2)
				case isConflict(err):
					conflicts.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range singles {
		mode := []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec}[i%3]
		c := connect(t, f, "")
		wg.Go(func() {
			for time.Now().Before(end) {
				ctx, stop := context.WithTimeout(context.Background(), patience)
				_, err := c.Exec(ctx, "UPDATE "+name+" SET v = (v::int + 1)::text WHERE id = $1", mode, keys+1+i)
				stop()
				if err != nil {
					t.Errorf("a statement on a key of its own: %v", err)
					return
				}
				lone.Add(1)
			}
		})
	}
	wg.Wait()
	var sum, own int64
	q := fmt.Sprintf("SELECT sum(v::int) FILTER (WHERE id <= %d), sum(v::int) FILTER (WHERE id > %d) FROM %s", keys, keys, name)
	if err := direct(t).QueryRow(context.Background(), q).Scan(&sum, &own); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d statements alone; %d changes in blocks, %d blocks ended for a conflict", lone.Load(), committed.Load(), conflicts.Load())
	if sum != committed.Load() || own != lone.Load() {
		t.Errorf("the table has %d and %d changes, want %d and %d", sum, own, committed.Load(), lone.Load())
	}
	if committed.Load() == 0 || conflicts.Load() == 0 || lone.Load() == 0 {
		t.Error("nothing was tried")
	}
}

// addInBlock adds one to each of two rows.
func addInBlock(c *pgx.Conn, table string, rows ...int) error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		for _, id := range rows {
			if _, err := tx.Exec(ctx, "UPDATE "+table+" SET v = (v::int + 1)::text WHERE id = $1", id); err != nil {
				return err
			}
		}
		return nil
	})
}

// A client's own cancellation stays one, whatever the watch does.
func TestCancelOfAWait(t *testing.T) {
	f := start(t, func(o *Options) { o.change = watchEvery(time.Hour) })
	name := table(t)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1)", "BEGIN", "DELETE FROM "+name)
	done := make(chan error, 1)
	go func() {
		_, err := b.PgConn().Exec(context.Background(), "DELETE FROM "+name).ReadAll()
		done <- err
	}()
	observer := direct(t)
	eventually.True(t, "the DELETE waits", func() bool { // a cancellation of the BEGIN before it leaves the outcome unknown
		var waits bool
		const query = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM %')"
		err := observer.QueryRow(context.Background(), query).Scan(&waits)
		return err == nil && waits
	})
	if err := b.PgConn().CancelRequest(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-done, failure.Cancelled, "canceling statement due to user request")
	run(t, a, "COMMIT")
}

// PostgreSQL's connection for the watch is lost: the next look opens another.
func TestWatchGoesOn(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1)")
	for range 3 {
		run(t, a, "BEGIN", "DELETE FROM "+name)
		if got := do(t, b, "DELETE FROM "+name); got != dataConflict {
			t.Errorf("%q, want a conflict", got)
		}
		run(t, a, "ROLLBACK")
		run(t, direct(t), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_catalog.pg_cancel_backend%'")
	}
}

// The watch sleeps unless a transaction lasts, and asks PostgreSQL nothing while
// all statements are answered. On a busy machine one may take long enough for it to
// ask, but not each time.
func TestWatchIsIdle(t *testing.T) {
	for range 10 {
		if !asksNeedlessly(t) {
			return
		}
	}
	t.Error("the watch asks who waits, though nobody does")
}

func asksNeedlessly(t *testing.T) bool {
	f := start(t, nil)
	c := connect(t, f, "")
	for range 100 {
		run(t, c, "SELECT 1")
	}
	if got := f.group.Stats(); got.Lasting != 0 || got.Looks != 0 {
		t.Error("statements wake the watch")
	}
	run(t, c, "BEGIN", "SELECT 1")
	time.Sleep(10 * session.WatchInterval)
	run(t, c, "COMMIT")
	observer := direct(t)
	asking := func() (n int) {
		t.Helper()
		const query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_blocking_pids%' AND pid <> pg_backend_pid()"
		if err := observer.QueryRow(context.Background(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	asked := asking() > 0
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	eventually.True(t, "the watch's connection has ended", func() bool { return asking() == 0 })
	return asked
}

// Nobody waits for a commit that is slow on purpose.
func TestSlowCommitHoldsNobody(t *testing.T) {
	f := start(t, func(o *Options) { o.Faults = fault.List{{Name: fault.Slow, Probability: 1, Duration: 4 * time.Second}} })
	name := table(t)
	run(t, direct(t), "INSERT INTO "+name+" VALUES (1, 'old')")
	a, b := connect(t, f, ""), connect(t, f, "")
	done := make(chan error, 1)
	go func() {
		_, err := a.Exec(context.Background(), "UPDATE "+name+" SET v = 'a' WHERE id = 1")
		done <- err
	}()
	eventually.True(t, "a commit is slow", func() bool { return f.group.Stats().Lasting > 0 })
	began := time.Now()
	if got := do(t, b, "UPDATE "+name+" SET v = 'b' WHERE id = 1"); got != dataConflict || time.Since(began) > 3*time.Second {
		t.Errorf("%q after %v, want a conflict at once", got, time.Since(began))
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
