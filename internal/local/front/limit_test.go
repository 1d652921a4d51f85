package front

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
			wantCode(t, err, "25P02", inFailedTransaction().message)
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
	f := start(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) } })
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
	f := start(t, func(o *Options) { o.ServerConns, o.Limits.TransactionAge = 1, time.Second })
	name := table(t)
	a, b := connect(t, f, ""), connect(t, f, "")
	run(t, a, "BEGIN", "INSERT INTO "+name+" VALUES (1)")
	run(t, b, "INSERT INTO "+name+" VALUES (2)")
	_, err := a.Exec(context.Background(), "SELECT 1")
	wantCode(t, err, "25P02", inFailedTransaction().message)
	_, err = a.Exec(context.Background(), "COMMIT")
	want(t, err, "54000", "transaction age limit of 1s exceeded", "Current transaction age 1s exceeds 1s", "")
	run(t, a, "INSERT INTO "+name+" VALUES (3)")
	if n := count(t, b, name); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

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
		if _, err := late.Exec(ctx, "SELECT 1 FROM "+name); err != nil { // takes its snapshot
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

func TestDeadlockIsConflict(t *testing.T) {
	f := start(t, nil)
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
		err = <-done
	}
	wantCode(t, err, "40001", conflict().message)
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

func TestDDLRules(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	c := connect(t, f, "")
	const two, mixed = "multiple ddl statements not supported in a transaction", "ddl and dml are not supported in the same transaction"
	for _, tt := range []struct{ first, second, message string }{
		{"CREATE TABLE ddl_a (id int)", "CREATE TABLE ddl_b (id int)", two},
		{"CREATE TABLE ddl_a (id int)", "INSERT INTO " + name + " VALUES (1)", mixed},
		{"INSERT INTO " + name + " VALUES (1)", "DROP TABLE " + name, mixed},
	} {
		run(t, c, "BEGIN", tt.first)
		_, err := c.Exec(context.Background(), tt.second)
		wantCode(t, err, "0A000", tt.message)
		run(t, c, "ROLLBACK")
		_, err = c.PgConn().Exec(context.Background(), tt.first+";"+tt.second).ReadAll()
		wantCode(t, err, "0A000", tt.message)
	}
	if n := count(t, c, name); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
	run(t, c, "CREATE INDEX ASYNC ON "+name+" (v)", "CREATE UNIQUE INDEX /* c */ ASYNC "+name+"_u ON "+name+" (v, id)")
	var indexes int
	if err := c.QueryRow(context.Background(), "SELECT count(*) FROM pg_indexes WHERE tablename = $1", name).Scan(&indexes); err != nil || indexes != 3 {
		t.Errorf("%d indexes, %v; want 3", indexes, err)
	}
}

func TestIsolation(t *testing.T) {
	f := start(t, nil)
	c := connect(t, f, "")
	ctx := context.Background()
	for _, level := range []pgx.TxIsoLevel{pgx.Serializable, pgx.ReadCommitted, pgx.ReadUncommitted} {
		_, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: level})
		wantCode(t, err, "0A000", "Unsupported isolation level: "+strings.ToUpper(string(level)))
		for _, sql := range []string{"SET TRANSACTION ISOLATION LEVEL ", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ", "START TRANSACTION ISOLATION LEVEL "} {
			_, err := c.Exec(ctx, sql+string(level))
			wantCode(t, err, "0A000", "Unsupported isolation level: "+strings.ToUpper(string(level)))
		}
	}
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tx.Exec(ctx, "CREATE TABLE read_only (id int)")
	wantCode(t, err, "25006", "cannot execute CREATE TABLE in a read-only transaction")
	if err := tx.Rollback(ctx); err != nil {
		t.Error(err)
	}
	var level string
	if err := c.QueryRow(ctx, "SHOW transaction_isolation").Scan(&level); err != nil || level != "repeatable read" {
		t.Errorf("isolation level %q, %v", level, err)
	}
}

func TestRefusedSQL(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	conns := map[string]*pgx.Conn{"extended": connect(t, f, "default_query_exec_mode=exec"), "simple": connect(t, f, "default_query_exec_mode=simple_protocol")}
	for _, c := range []struct{ sql, message string }{
		{"TRUNCATE T", "unsupported statement: Truncate"},
		{"/* x */ truncate table T", "unsupported statement: Truncate"},
		{"LISTEN channel", "unsupported statement: Listen"},
		{"NOTIFY channel", "unsupported statement: Notify"},
		{"LOCK TABLE T", "unsupported statement: Lock"},
		{"VACUUM T", "unsupported statement: Vacuum"},
		{"DO $$ BEGIN NULL; END $$", "unsupported statement: Do"},
		{"COPY T FROM STDIN", "unsupported statement: Copy"},
		{"CREATE TYPE mood AS ENUM ('a')", "unsupported statement: CreateEnum"},
		{"CREATE TYPE pair AS (a int, b int)", "unsupported statement: CompositeType"},
		{"CREATE TRIGGER x BEFORE INSERT ON T EXECUTE FUNCTION f()", "unsupported statement: CreateTrig"},
		{"CREATE EXTENSION hstore", "unsupported statement: CreateExtension"},
		{"CREATE DATABASE x", "unsupported statement: Createdb"},
		{"CREATE TEMPORARY TABLE x (id int)", "temporary tables not supported"},
		{"CREATE TEMP TABLE x (id int)", "temporary tables not supported"},
		{"CREATE UNLOGGED TABLE x (id int)", "unlogged tables not supported"},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$", `language "plpgsql" not supported`},
		{"CREATE TABLE x (id int, tags text[])", "datatype text[] not supported"},
		{"CREATE TABLE x (id int, tags varchar(10)[])", "datatype varchar[] not supported"},
		{"CREATE TABLE x (id int, tags int array)", "datatype int[] not supported"},
		{"ALTER TABLE T ADD COLUMN tags text [ 3 ]", "datatype text[] not supported"},
		{"SAVEPOINT s", "unsupported transaction statement: SAVEPOINT"},
		{"RELEASE s", "unsupported transaction statement: RELEASE"},
		{"ROLLBACK TO s", "unsupported transaction statement: ROLLBACK TO SAVEPOINT"},
		{"CREATE INDEX ON T (v)", "unsupported mode. please use CREATE INDEX ASYNC."},
		{"CREATE UNIQUE INDEX i ON T (v)", "unsupported mode. please use CREATE INDEX ASYNC."},
		{"SET work_mem = '1GB'", `setting configuration parameter "work_mem" not supported`},
		{"SET SESSION statement_timeout TO 5", `setting configuration parameter "statement_timeout" not supported`},
		{"RESET work_mem", `setting configuration parameter "work_mem" not supported`},
		{"PREPARE p AS SELECT 1", "unsupported statement: Prepare"},
		{"PREPARE TRANSACTION 'x'", "unsupported transaction statement: PREPARE TRANSACTION"},
		{"COMMIT AND CHAIN", "unsupported transaction statement: COMMIT AND CHAIN"},
	} {
		sql := strings.ReplaceAll(c.sql, " T", " "+name)
		sql = strings.ReplaceAll(sql, name+"EMP", "TEMP")
		sql = strings.NewReplacer(name+"ABLE", "TABLE", name+"YPE", "TYPE", name+"RIGGER", "TRIGGER", name+"RANSACTION", "TRANSACTION", name+"O ", "TO ").Replace(sql)
		for protocol, conn := range conns {
			_, err := conn.Exec(context.Background(), sql)
			if err == nil || !strings.Contains(err.Error(), c.message+" (SQLSTATE 0A000)") {
				t.Errorf("%s, %s: %v, want 0A000 %s", protocol, sql, err, c.message)
			}
		}
	}
}

func TestAcceptedSQL(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	c := connect(t, f, "")
	run(t, c, "CREATE ROLE front_test WITH LOGIN", "AWS IAM GRANT front_test TO 'arn:aws:iam::123456789012:role/app'",
		"AWS IAM REVOKE front_test FROM 'arn:aws:iam::123456789012:role/app'", "GRANT SELECT ON "+name+" TO front_test",
		"REVOKE ALL ON "+name+" FROM front_test", "DROP ROLE front_test",
		"INSERT INTO "+name+" VALUES (1, 'TRUNCATE; LISTEN'), (2, $$ARRAY[1]$$)", "SELECT ARRAY[1, 2], '{a}'::text[]",
		"SET search_path TO public", "SET TIME ZONE 'UTC'", "SET extra_float_digits = 3", "SET datestyle = 'ISO'", "SET intervalstyle TO 'iso_8601'",
		"RESET ALL", "EXPLAIN SELECT 1", "WITH w AS (DELETE FROM "+name+" RETURNING id) SELECT * FROM w", "DEALLOCATE ALL")
	if got := f.Grants(); len(got) != 2 || !strings.HasPrefix(got[0], "AWS IAM GRANT front_test") {
		t.Errorf("grants: %q", got)
	}
	if n := count(t, c, name); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
	for sql, code := range map[string]string{"SELEC 1": "42601", "BEGIN nonsense": "42601", "SELECT * FROM nowhere": "42P01"} {
		_, err := c.Exec(context.Background(), sql)
		var e *pgconn.PgError
		if !asPg(err, &e) || e.Code != code {
			t.Errorf("%s: %v, want %s", sql, err, code)
		}
	}
}
