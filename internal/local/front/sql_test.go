package front

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

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
		{"TRUNCATE {t}", "unsupported statement: Truncate"},
		{"/* x */ truncate table {t}", "unsupported statement: Truncate"},
		{"LISTEN channel", "unsupported statement: Listen"},
		{"NOTIFY channel", "unsupported statement: Notify"},
		{"LOCK TABLE {t}", "unsupported statement: Lock"},
		{"VACUUM {t}", "unsupported statement: Vacuum"},
		{"DO $$ BEGIN NULL; END $$", "unsupported statement: Do"},
		{"COPY {t} FROM STDIN", "unsupported statement: Copy"},
		{"CREATE TYPE mood AS ENUM ('a')", "unsupported statement: CreateEnum"},
		{"CREATE TYPE pair AS (a int, b int)", "unsupported statement: CompositeType"},
		{"CREATE TRIGGER x BEFORE INSERT ON {t} EXECUTE FUNCTION f()", "unsupported statement: CreateTrig"},
		{"CREATE EXTENSION hstore", "unsupported statement: CreateExtension"},
		{"CREATE DATABASE x", "unsupported statement: Createdb"},
		{"CREATE TEMPORARY TABLE x (id int)", "temporary tables not supported"},
		{"CREATE TEMP TABLE x (id int)", "temporary tables not supported"},
		{"CREATE UNLOGGED TABLE x (id int)", "unlogged tables not supported"},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$", `language "plpgsql" not supported`},
		{"CREATE TABLE x (id int, tags text[])", "datatype text[] not supported"},
		{"CREATE TABLE x (id int, tags varchar(10)[])", "datatype varchar[] not supported"},
		{"CREATE TABLE x (id int, tags int array)", "datatype int[] not supported"},
		{"ALTER TABLE {t} ADD COLUMN tags text [ 3 ]", "datatype text[] not supported"},
		{"SAVEPOINT s", "unsupported transaction statement: SAVEPOINT"},
		{"RELEASE s", "unsupported transaction statement: RELEASE"},
		{"ROLLBACK TO s", "unsupported transaction statement: ROLLBACK TO SAVEPOINT"},
		{"CREATE INDEX ON {t} (v)", "unsupported mode. please use CREATE INDEX ASYNC."},
		{"CREATE UNIQUE INDEX i ON {t} (v)", "unsupported mode. please use CREATE INDEX ASYNC."},
		{"SET work_mem = '1GB'", `setting configuration parameter "work_mem" not supported`},
		{"SET SESSION statement_timeout TO 5", `setting configuration parameter "statement_timeout" not supported`},
		{"RESET work_mem", `setting configuration parameter "work_mem" not supported`},
		{"PREPARE p AS SELECT 1", "unsupported statement: Prepare"},
		{"PREPARE TRANSACTION 'x'", "unsupported transaction statement: PREPARE TRANSACTION"},
		{"COMMIT AND CHAIN", "unsupported transaction statement: COMMIT AND CHAIN"},
	} {
		sql := strings.ReplaceAll(c.sql, "{t}", name)
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
