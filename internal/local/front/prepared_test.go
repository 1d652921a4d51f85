package front

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A statement prepared by one session is there for it on every server
// connection, and its plan is not stale after a change of the table.
func TestPreparedAcrossServers(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	ctx := context.Background()
	conns := make([]*pgx.Conn, 6)
	for i := range conns {
		conns[i] = connect(t, f, "")
		if _, err := conns[i].Prepare(ctx, "mine", "SELECT * FROM "+name+" WHERE id >= $1"); err != nil {
			t.Fatal(err)
		}
	}
	holder, err := conns[0].Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, c := range conns {
			if _, err := c.Exec(ctx, "mine", 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := holder.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	run(t, conns[0], "ALTER TABLE "+name+" ADD COLUMN w text")
	for _, c := range conns[1:] {
		rows, err := c.Query(ctx, "SELECT * FROM "+name+" WHERE id >= $1", 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(rows.FieldDescriptions()); n != 3 {
			t.Errorf("%d columns, want 3", n)
		}
		rows.Close()
		if rows.Err() != nil {
			t.Error(rows.Err())
		}
	}
	if err := conns[0].Deallocate(ctx, "mine"); err != nil {
		t.Error(err)
	}
	_, err = conns[0].PgConn().ExecPrepared(ctx, "mine", nil, nil, nil).Close()
	wantCode(t, err, "26000", `prepared statement "mine" does not exist`)
	_, err = conns[1].PgConn().Prepare(ctx, "mine", "SELECT 1", nil)
	wantCode(t, err, "42P05", `prepared statement "mine" already exists`)
}

// More statements than a server connection keeps, also in pipelines that fail.
func TestManyPrepared(t *testing.T) {
	const prepared = 550 // a server connection keeps 500
	f := start(t, func(o *Options) { o.ServerConns = 1 })
	c := connect(t, f, "statement_cache_capacity=2000")
	ctx := context.Background()
	for round := range 2 {
		for i := range prepared {
			var n int
			if err := c.QueryRow(ctx, fmt.Sprintf("SELECT $1::int + %d", i), round).Scan(&n); err != nil || n != i+round {
				t.Fatalf("statement %d: %d, %v", i, n, err)
			}
			if i%50 != 0 {
				continue
			}
			pipeline := c.PgConn().StartPipeline(ctx)
			pipeline.SendQueryParams("SELECT 1/$1::int", [][]byte{[]byte("0")}, nil, nil, nil)
			pipeline.SendQueryParams(fmt.Sprintf("SELECT %d", i*round), nil, nil, nil, nil)
			if err := pipeline.Sync(); err != nil {
				t.Fatal(err)
			}
			if err := pipeline.Close(); err == nil || !strings.Contains(err.Error(), "22012") {
				t.Fatalf("division by zero: %v", err)
			}
		}
	}
}

// What a session SETs is its own, and stays with it.
func TestSettings(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns = 2 })
	a, b := connect(t, f, ""), connect(t, f, "timezone=Asia/Tokyo")
	show := func(c *pgx.Conn) (zone string) {
		t.Helper()
		if err := c.QueryRow(context.Background(), "SHOW timezone").Scan(&zone); err != nil {
			t.Fatal(err)
		}
		return zone
	}
	run(t, a, "SET TIME ZONE 'Europe/Paris'", "BEGIN", "SET timezone TO 'Asia/Seoul'", "ROLLBACK")
	for range 3 {
		if za, zb := show(a), show(b); za != "Europe/Paris" || zb != "Asia/Tokyo" {
			t.Errorf("time zones %s and %s, want Europe/Paris and Asia/Tokyo", za, zb)
		}
	}
	run(t, a, "RESET timezone")
	if z := show(a); z != "UTC" {
		t.Errorf("time zone %s after RESET, want UTC", z)
	}
	run(t, a, "SELECT set_config('timezone', 'Asia/Seoul', false)")
	for range 3 {
		if z := show(connect(t, f, "")); z != "UTC" {
			t.Errorf("time zone %s of a new session, want UTC", z)
		}
	}
}
