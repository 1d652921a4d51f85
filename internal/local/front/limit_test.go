package front

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
)

const rowsExceeded = "transaction row limit exceeded"

func series(table string, from, to int) string {
	return fmt.Sprintf("INSERT INTO %s SELECT i, 'x' FROM generate_series(%d, %d) AS i", table, from, to)
}

func TestRowLimit(t *testing.T) {
	f := start(t, nil)
	ctx := context.Background()
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			name := table(t)
			c := connect(t, f, "default_query_exec_mode="+mode)
			run(t, c, series(name, 1, 3000))
			for _, sql := range []string{series(name, 3001, 6001), values(name, 3001, 6001)} {
				_, err := c.Exec(ctx, sql)
				wantCode(t, err, "54000", rowsExceeded)
			}
			run(t, c, values(name, 3001, 6000))
			_, err := c.Exec(ctx, "INSERT INTO "+name+" SELECT i, $1 FROM generate_series(10001, 14000) AS i", "x")
			wantCode(t, err, "54000", rowsExceeded)
			_, err = c.Exec(ctx, "DELETE FROM "+name)
			wantCode(t, err, "54000", rowsExceeded)
			if n := count(t, c, name); n != 6000 {
				t.Errorf("%d rows, want 6000", n)
			}
			tx, err := c.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, series(name, 6001, 9000)); err != nil {
				t.Error(err)
			}
			_, err = tx.Exec(ctx, "INSERT INTO "+name+" VALUES ($1)", 9001)
			wantCode(t, err, "54000", rowsExceeded)
			_, err = tx.Exec(ctx, "SELECT 1")
			wantCode(t, err, "25P02", aborted)
			if err := tx.Commit(ctx); err != pgx.ErrTxCommitRollback {
				t.Errorf("commit: %v", err)
			}
			if n := count(t, c, name); n != 6000 {
				t.Errorf("%d rows, want 6000", n)
			}
		})
	}
}

func values(table string, from, to int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s VALUES (%d, NULL)", table, from)
	for i := from + 1; i <= to; i++ {
		fmt.Fprintf(&b, ", (%d, 'text; (with) $1')", i)
	}
	return b.String() + " ON CONFLICT (id) DO NOTHING"
}

func TestSizeLimit(t *testing.T) {
	f := start(t, nil)
	ctx := context.Background()
	name := table(t)
	c := connect(t, f, "")
	text := strings.Repeat("x", 4<<20)
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := tx.Exec(ctx, "INSERT INTO "+name+" VALUES ($1, $2)", i, text); err != nil {
			t.Fatal(err)
		}
	}
	want(t, tx.Commit(ctx), "54000", "transaction size limit 10mb exceeded", "Current transaction size 13mb > 10mb", "")
	var b pgx.Batch
	for i := range 3 {
		b.Queue("INSERT INTO "+name+" VALUES ($1, $2)", i, text)
	}
	want(t, c.SendBatch(ctx, &b).Close(), "54000", "transaction size limit 10mb exceeded", "Current transaction size 13mb > 10mb", "")
	if n := count(t, c, name); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

func TestMessageSize(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	c := connect(t, f, "")
	insert := "INSERT INTO " + name + " VALUES ($1, $2)"
	if _, err := c.Exec(context.Background(), insert, 1, strings.Repeat("x", 10<<20-100)); err != nil {
		t.Error(err)
	}
	_, err := c.Exec(context.Background(), insert, 2, strings.Repeat("x", 10<<20))
	wantCode(t, err, "08P01", "invalid message length")
}

func TestTransactionAge(t *testing.T) {
	var late atomic.Int64
	begun := time.Now()
	f := start(t, func(o *Options) { o.Now = func() time.Time { return begun.Add(time.Duration(late.Load())) } })
	ctx := context.Background()
	name := table(t)
	c := connect(t, f, "")
	tx, err := c.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO "+name+" VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	late.Store(int64(301 * time.Second))
	want(t, tx.Commit(ctx), "54000", "transaction age limit of 300s exceeded", "Current transaction age 301s exceeds 300s", "")
	if n := count(t, c, name); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}

// A transaction that is too old doesn't keep its server connection from others,
// though its client does nothing.
func TestOldTransactionLetsGo(t *testing.T) {
	f := start(t, func(o *Options) {
		o.ServerConns, o.Limits.TransactionAge, o.change = 1, 5*time.Second, atMost(1)
	})
	name := table(t)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "BEGIN", "INSERT INTO "+name+" VALUES (1)")
	_, err := b.Exec(context.Background(), "INSERT INTO "+name+" VALUES (2)")
	wantCode(t, err, "53300", "too many open transactions: no connection to the PostgreSQL behind is left")
	eventually.True(t, "a connection is free", func() bool {
		_, err := b.Exec(context.Background(), "INSERT INTO "+name+" VALUES (2)")
		return err == nil
	})
	_, err = a.Exec(context.Background(), "SELECT 1")
	wantCode(t, err, "25P02", aborted)
	_, err = a.Exec(context.Background(), "COMMIT")
	want(t, err, "54000", "transaction age limit of 5s exceeded", "Current transaction age ", "")
	run(t, a, "INSERT INTO "+name+" VALUES (3)")
	if n := count(t, b, name); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

// A client can stop anywhere: within a message, or before it reads an answer. Neither
// keeps the server connection from others for longer than a transaction may last.
func TestStoppedClientLetsGo(t *testing.T) {
	for _, c := range []struct {
		name string
		sent []byte
	}{
		{"within a message", []byte{'Q', 0, 0, 0, 100, 'S'}},
		{"before it reads", query("SELECT repeat('x', 1000000) FROM generate_series(1, 200)")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(o *Options) {
				o.ServerConns, o.Limits.TransactionAge, o.change = 1, time.Second, atMost(1)
			})
			name := table(t)
			a, b := connect(t, f, ""), connect(t, f, "")
			run(t, a, "BEGIN", "INSERT INTO "+name+" VALUES (1)")
			if _, err := a.PgConn().Conn().Write(c.sent); err != nil {
				t.Fatal(err)
			}
			eventually.True(t, "a connection is free", func() bool {
				_, err := b.Exec(context.Background(), "INSERT INTO "+name+" VALUES (2)")
				return err == nil
			})
			if n := count(t, b, name); n != 1 {
				t.Errorf("%d rows, want 1", n)
			}
		})
	}
}

// query returns the message of a simple query.
func query(text string) []byte {
	message, _ := (&pgproto3.Query{String: text}).Encode(nil) // a short text always fits
	return message
}
