package front

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/eventually"
)

// Two transactions that change one row, and two that insert one key: the later
// has to try again.
func TestRealConflict(t *testing.T) {
	f := start(t, nil)
	ctx := context.Background()
	name := table(t)
	const message = "change conflicts with another transaction (OC000)"
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1, 'x')")
	for _, sql := range []string{
		"UPDATE " + name + " SET v = 'y' WHERE id = 1",
		"INSERT INTO " + name + " VALUES (2) ON CONFLICT (id) DO NOTHING",
	} {
		run(t, a, "BEGIN", sql)
		late, err := b.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		run(t, a, "COMMIT")
		_, err = late.Exec(ctx, sql)
		wantCode(t, err, "40001", message)
		if err := late.Rollback(ctx); err != nil {
			t.Error(err)
		}
	}
	tag, err := b.Exec(ctx, "INSERT INTO "+name+" VALUES (2) ON CONFLICT (id) DO NOTHING")
	if err != nil || tag.RowsAffected() != 0 {
		t.Errorf("retry: %v, %v; want 0 rows", tag, err)
	}
}

// Two blocks that wait for each other: one is ended, and long before PostgreSQL
// would look for a deadlock.
func TestDeadlockIsConflict(t *testing.T) {
	run(t, direct(t), "ALTER ROLE CURRENT_USER SET deadlock_timeout = '1min'") // however busy the machine
	t.Cleanup(func() { run(t, direct(t), "ALTER ROLE CURRENT_USER RESET deadlock_timeout") })
	f := start(t, nil)
	deadlocks := func() (n int64) {
		t.Helper()
		if err := direct(t).QueryRow(context.Background(), "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := deadlocks()
	ctx := context.Background()
	name := table(t)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1), (2)")
	run(t, a, "BEGIN", "UPDATE "+name+" SET v = 'a' WHERE id = 1")
	run(t, b, "BEGIN", "UPDATE "+name+" SET v = 'b' WHERE id = 2")
	done := make(chan error, 1)
	go func() {
		_, err := a.Exec(ctx, "UPDATE "+name+" SET v = 'a' WHERE id = 2")
		done <- err
	}()
	_, err := b.Exec(ctx, "UPDATE "+name+" SET v = 'b' WHERE id = 1")
	if err == nil {
		run(t, b, "COMMIT")
	}
	if errA := <-done; err == nil {
		err = errA
	} else if errA != nil {
		t.Errorf("both failed: %v, %v", err, errA)
	}
	wantCode(t, err, "40001", conflicts)
	if n := deadlocks() - before; n != 0 {
		t.Errorf("PostgreSQL has ended %d deadlocks", n)
	}
}

// A block that has been ended, and whose process has yet to notice, takes nobody
// with it who waits for it.
func TestDeadlockEndsOne(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells which signals a stopped process has yet to take")
	}
	const interval = 100 * time.Millisecond
	f := start(t, func(o *Options) { o.change = watchEvery(interval) })
	ctx := context.Background()
	name := table(t)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1), (2)", "BEGIN", "UPDATE "+name+" SET v = 'a' WHERE id = 1")
	var process int
	if err := direct(t).QueryRow(ctx, "SELECT pid FROM pg_locks WHERE relation = $1::text::regclass", name).Scan(&process); err != nil {
		t.Fatal(err)
	}
	run(t, b, "BEGIN", "UPDATE "+name+" SET v = 'b' WHERE id = 2")
	update := func(c *pgx.Conn, id int) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := c.Exec(ctx, "UPDATE "+name+" SET v = 'c' WHERE id = $1", id)
			done <- err
		}()
		return done
	}
	waiting := waiting(t)
	doneA := update(a, 2)
	eventually.True(t, "the first waits", func() bool { return waiting() == 1 })
	if err := syscall.Kill(process, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	goOn := sync.OnceValue(func() error { return syscall.Kill(process, syscall.SIGCONT) })
	defer goOn()
	eventually.True(t, "a cancellation waits for its process", func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(status, []byte("ShdPnd:\t0000000000000002")) // SIGINT
	})
	doneB := update(b, 1)
	eventually.True(t, "the second waits too", func() bool { return waiting() == 2 })
	time.Sleep(4 * interval) // as many looks
	if err := goOn(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-doneA, "40001", conflicts)
	if err := <-doneB; err != nil {
		t.Errorf("the second: %v", err)
	}
	run(t, b, "COMMIT")
}

func TestSchemaConflict(t *testing.T) {
	f := start(t, nil)
	ctx := context.Background()
	name := table(t)
	other := name + "_other"
	a, b := connect(t, f, ""), connect(t, f, "")
	tx, err := a.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO "+name+" VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	run(t, b, "CREATE TABLE "+other+" (id int)")
	wantCode(t, tx.Commit(ctx), "40001", "schema has been updated by another transaction (OC001)")
	run(t, b, "DROP TABLE "+other)
}
