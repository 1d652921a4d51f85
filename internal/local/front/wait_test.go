package front

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/wire"
)

const (
	dataConflict = "40001 change conflicts with another transaction (OC000)"
	ddlConflict  = "40001 schema has been updated by another transaction (OC001)"
	// stepPatience is what a single-threaded client waits at most for one step.
	stepPatience = 5 * time.Second
)

// do executes sql on a client that does one thing after the other, and returns
// its SQLSTATE and, for a conflict, the text; empty for success.
func do(t testing.TB, c *pgx.Conn, sql string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), stepPatience)
	defer stop()
	_, err := c.PgConn().Exec(ctx, sql).ReadAll()
	var e *pgconn.PgError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s hangs", sql)
	case errors.As(err, &e) && e.Code == "40001":
		return e.Code + " " + e.Message
	case errors.As(err, &e):
		return e.Code
	case err != nil:
		t.Fatalf("%s: %v", sql, err)
	}
	return ""
}

// One client thread with two sessions: the second's statement meets what the
// first, which stays open, has done. It never waits, and the first can commit.
func TestNobodyWaits(t *testing.T) {
	f := start(t, nil)
	a, b := connect(t, f, ""), connect(t, f, "")
	for _, tt := range []struct{ name, a, b, want string }{
		{"update", "UPDATE {t} SET v = 'a' WHERE id = 1", "UPDATE {t} SET v = 'b' WHERE id = 1", dataConflict},
		{"update of another row", "UPDATE {t} SET v = 'a' WHERE id = 1", "UPDATE {t} SET v = 'b' WHERE id = 2", ""},
		{"delete", "UPDATE {t} SET v = 'a' WHERE id = 1", "DELETE FROM {t} WHERE id = 1", dataConflict},
		{"update of a deleted row", "DELETE FROM {t} WHERE id = 1", "UPDATE {t} SET v = 'b'", dataConflict},
		{"duplicate key", "INSERT INTO {t} VALUES (7)", "INSERT INTO {t} VALUES (7)", dataConflict},
		{"key of a deleted row", "DELETE FROM {t} WHERE id = 1", "INSERT INTO {t} VALUES (1)", dataConflict},
		{"on conflict do nothing", "INSERT INTO {t} VALUES (7)", "INSERT INTO {t} VALUES (7) ON CONFLICT DO NOTHING", dataConflict},
		{"on conflict do update", "INSERT INTO {t} VALUES (7)", "INSERT INTO {t} VALUES (7) ON CONFLICT (id) DO UPDATE SET v = 'b'", dataConflict},
		{"parent of an open child", "INSERT INTO {t}_child VALUES (1, 1)", "DELETE FROM {t} WHERE id = 1", dataConflict},
		{"child of a deleted parent", "DELETE FROM {t} WHERE id = 1", "INSERT INTO {t}_child VALUES (1, 1)", dataConflict},
		{"child of an open parent", "INSERT INTO {t} VALUES (7)", "INSERT INTO {t}_child VALUES (1, 7)", "23503"},
		{"for update", "UPDATE {t} SET v = 'a' WHERE id = 1", "BEGIN; SELECT * FROM {t} WHERE id = 1 FOR UPDATE", ""},
		{"for update in a subquery", "UPDATE {t} SET v = 'a' WHERE id = 1", "SELECT * FROM (SELECT * FROM {t} WHERE id = 1 FOR UPDATE) AS x", dataConflict},
		{"read", "UPDATE {t} SET v = 'a' WHERE id = 1", "SELECT * FROM {t}", ""},
		{"alter a table that is read", "SELECT * FROM {t}", "ALTER TABLE {t} ADD COLUMN n int", ddlConflict},
		{"drop a table that is read", "SELECT * FROM {t}", "DROP TABLE {t} CASCADE", ddlConflict},
		{"index a table that is read", "SELECT * FROM {t}", "CREATE INDEX ASYNC ON {t} (v)", ""},
		{"index a table that is written", "UPDATE {t} SET v = 'a'", "CREATE INDEX ASYNC ON {t} (v)", ddlConflict},
		{"read a table that is altered", "ALTER TABLE {t} ADD COLUMN n int", "SELECT * FROM {t}", ddlConflict},
		{"write a table that is indexed", "CREATE INDEX ASYNC ON {t} (v)", "UPDATE {t} SET v = 'b'", ddlConflict},
		{"write a table that is dropped", "DROP TABLE {t} CASCADE", "INSERT INTO {t} VALUES (7)", ddlConflict},
		{"create a table twice", "CREATE TABLE {t}_new (id int)", "CREATE TABLE {t}_new (id int)", ddlConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := table(t)
			run(t, direct(t), "CREATE TABLE "+name+"_child (id int PRIMARY KEY, parent int REFERENCES "+name+")", "INSERT INTO "+name+" VALUES (1, 'old'), (2, 'old')")
			defer run(t, direct(t), "DROP TABLE IF EXISTS "+name+"_child, "+name+"_new CASCADE")
			sql := strings.NewReplacer("{t}", name)
			for _, block := range []string{"", "BEGIN"} {
				run(t, a, "BEGIN", sql.Replace(tt.a))
				if block != "" {
					run(t, b, block)
				}
				if got := do(t, b, sql.Replace(tt.b)); got != tt.want {
					t.Errorf("block %q: %q, want %q", block, got, tt.want)
				}
				if got := do(t, a, map[bool]string{true: "COMMIT", false: "ROLLBACK"}[block != ""]); got != "" {
					t.Errorf("the first session's end: %s", got)
				}
				run(t, b, "ROLLBACK")
			}
		})
	}
}

// More blocks stay open than the front has connections that work, up to what
// PostgreSQL allows; the next gets an error at once.
func TestMoreBlocksThanConnections(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns, o.change = 2, atMost(12) })
	name := table(t)
	var all []*pgx.Conn
	for i := range 12 {
		c := connect(t, f, "")
		all = append(all, c)
		run(t, c, "BEGIN")
		if got := do(t, c, fmt.Sprintf("INSERT INTO %s VALUES (%d)", name, i)); got != "" {
			t.Fatalf("block %d: %s", i, got)
		}
	}
	late := connect(t, f, "")
	for _, sql := range []string{"SELECT 1", "BEGIN"} {
		if got := do(t, late, sql); got != "53300" {
			t.Errorf("%s: %q, want 53300", sql, got)
		}
	}
	if state := late.PgConn().TxStatus(); state != wire.Idle {
		t.Errorf("state %c", state)
	}
	for _, c := range all {
		run(t, c, "COMMIT")
	}
	if n := count(t, late, name); n != len(all) {
		t.Errorf("%d rows, want %d", n, len(all))
	}
	if got := f.group.Stats(); got.Conns > 2 || got.Busy != 0 || got.Lasting != 0 {
		t.Errorf("%+v, want 2 connections at most, none of them busy or lasting", got)
	}
}

// PostgreSQL itself has no connection left.
func TestConnectionsOfOthers(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns, o.change = 1, atMost(1000) })
	var last string
	for i := 0; last == "" && i < 210; i++ {
		last = do(t, connect(t, f, ""), "BEGIN")
	}
	if last != "53300" {
		t.Errorf("%q, want 53300", last)
	}
}

// A transaction that commits doesn't let others wait for the rows it locked, nor
// for its deferred constraints.
func TestDeferredConstraintWaits(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	child := name + "_child"
	run(t, direct(t), "CREATE TABLE "+child+" (id int PRIMARY KEY, parent int REFERENCES "+name+" DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO "+name+" VALUES (1)")
	defer run(t, direct(t), "DROP TABLE "+child)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, b, "BEGIN", "INSERT INTO "+child+" VALUES (1, 1)")
	run(t, a, "BEGIN", "DELETE FROM "+name+" WHERE id = 1")
	if got := do(t, b, "COMMIT"); got != dataConflict {
		t.Errorf("COMMIT: %q, want a conflict", got)
	}
	run(t, a, "COMMIT")
	if got := do(t, b, "INSERT INTO "+child+" VALUES (1, 1)"); got != "23503" {
		t.Errorf("afterwards: %q, want 23503", got)
	}
}

// A client that has sent no Sync, or doesn't read, delays no other client.
func TestUnsyncedPipeline(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	c := connect(t, f, "")
	run(t, c, "INSERT INTO "+name+" VALUES (1, 'old')")
	r := rawClient(t, f)
	r.want([]string{"ParseComplete", "BindComplete", "UPDATE 1"}, &pgproto3.Parse{Query: "UPDATE " + name + " SET v = 'new' WHERE id = 1"}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Flush{})
	if got := do(t, c, "UPDATE "+name+" SET v = 'other' WHERE id = 1"); got != dataConflict {
		t.Errorf("%q, want a conflict", got)
	}
}

func TestClientThatDoesNotRead(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns = 1 })
	name := table(t)
	c := connect(t, f, "")
	run(t, c, "INSERT INTO "+name+" VALUES (1, 'old')")
	r, conn := rawConn(t, f)
	frame := wire.AppendFrame(nil, 'Q', "UPDATE "+name+" SET v = repeat('x', 1000000) WHERE id = 1; SELECT repeat('x', 1000000) FROM generate_series(1, 100)")
	if _, err := conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "the front waits for the client", func() bool { return f.group.Stats().Lasting > 0 })
	if got := do(t, c, "UPDATE "+name+" SET v = 'other' WHERE id = 1"); got != dataConflict {
		t.Errorf("%q, want a conflict", got)
	}
	if last := r.ask("ReadyForQuery I"); last[0] != "UPDATE 1" {
		t.Errorf("%s", last[0])
	}
}

// Two tables of one name: PostgreSQL reports a duplicate key of its catalog.
func TestSameTableTwice(t *testing.T) {
	f := start(t, func(o *Options) { o.change = watchEvery(time.Hour) })
	name := table(t) + "_new"
	a, b := connect(t, f, ""), connect(t, f, "")
	defer run(t, direct(t), "DROP TABLE IF EXISTS "+name)
	run(t, a, "BEGIN", "CREATE TABLE "+name+" (id int)")
	done := make(chan string, 1)
	waiting := waiting(t)
	go func() { done <- do(t, b, "CREATE TABLE IF NOT EXISTS "+name+" (id int)") }()
	eventually.True(t, "the statement waits", func() bool { return waiting() == 1 })
	run(t, a, "COMMIT")
	if got := <-done; got != ddlConflict {
		t.Errorf("%q, want %q", got, ddlConflict)
	}
}

// waiting returns a function that counts the statements of fronts that wait for a lock.
func waiting(t *testing.T) func() int {
	t.Helper()
	c := direct(t)
	return func() (n int) {
		t.Helper()
		if err := c.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'dsql-front'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// A COMMIT that comes after another one's doesn't wait for it where that one
// waits for a row of the first.
func TestCommitsThatWaitForEachOther(t *testing.T) {
	f := start(t, func(o *Options) { o.change = watchEvery(300 * time.Millisecond) })
	name := table(t)
	child := name + "_child"
	run(t, direct(t), "CREATE TABLE "+child+" (id int PRIMARY KEY, parent int REFERENCES "+name+" DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO "+name+" VALUES (1), (2)")
	defer run(t, direct(t), "DROP TABLE "+child)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, b, "BEGIN", "INSERT INTO "+child+" VALUES (1, 1)")
	run(t, a, "BEGIN", "SELECT * FROM "+name+" WHERE id = 2 FOR UPDATE", "DELETE FROM "+name+" WHERE id = 1")
	done := make(chan string, 1)
	waiting := waiting(t)
	go func() { done <- do(t, b, "COMMIT") }()
	eventually.True(t, "the statement waits", func() bool { return waiting() == 1 || len(done) == 1 })
	if got := do(t, a, "COMMIT"); got != "" {
		t.Errorf("the first: %s", got)
	}
	if got := <-done; got != dataConflict {
		t.Errorf("the second: %q, want a conflict", got)
	}
}

// What the front itself asks at a COMMIT doesn't wait, either.
func TestSettlingWaitsForNobody(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	other := name + "_other"
	run(t, direct(t), "CREATE TABLE "+other+" (id int)", "INSERT INTO "+other+" VALUES (1)")
	defer run(t, direct(t), "DROP TABLE "+other)
	a, b, c := connect(t, f, ""), connect(t, f, ""), connect(t, f, "")
	run(t, c, "BEGIN", "INSERT INTO "+name+" VALUES (1)")
	run(t, a, "BEGIN", "SELECT * FROM "+other+" FOR UPDATE", "COMMIT")
	run(t, b, "BEGIN", "ALTER TABLE "+other+" ADD COLUMN v text")
	if got := do(t, c, "COMMIT"); got != ddlConflict {
		t.Errorf("%q, want %q", got, ddlConflict)
	}
	run(t, b, "COMMIT")
}
