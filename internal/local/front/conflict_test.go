package front

import (
	"context"
	"testing"
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
