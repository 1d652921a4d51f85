package front

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/sql/sqltest"
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
}

func TestIsolation(t *testing.T) {
	f := start(t, nil)
	c := connect(t, f, "")
	ctx := context.Background()
	for _, level := range []pgx.TxIsoLevel{pgx.Serializable, pgx.ReadCommitted, pgx.ReadUncommitted} {
		_, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: level})
		wantCode(t, err, "0A000", "Unsupported isolation level: "+strings.ToUpper(string(level)))
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

// Each statement of the document's table is refused as the table says, by both
// protocols, outside and inside a block.
func TestRefusedSQL(t *testing.T) {
	f := start(t, nil)
	ctx := context.Background()
	for _, mode := range []string{"exec", "simple_protocol"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		for _, row := range sqltest.Rows(t, "statement") {
			sql, code, message := row[0], row[1], row[2]
			_, err := c.Exec(ctx, "/* x */ "+sql)
			wantCode(t, err, code, message)
			run(t, c, "BEGIN")
			_, err = c.Exec(ctx, sql)
			wantCode(t, err, code, message)
			_, err = c.Exec(ctx, "SELECT 1")
			wantCode(t, err, "25P02", aborted)
			run(t, c, "ROLLBACK")
			if t.Failed() {
				t.Fatalf("%s: %s", mode, sql)
			}
		}
	}
}

func TestAcceptedSQL(t *testing.T) {
	for _, mode := range []string{"exec", "simple_protocol"} {
		f := start(t, nil)
		c := connect(t, f, "default_query_exec_mode="+mode)
		for _, row := range sqltest.Rows(t, "accepted statement") {
			if _, err := c.Exec(context.Background(), row[0]); err != nil {
				t.Errorf("%s: %s: %v", mode, row[0], err)
			}
		}
		for sql, code := range map[string]string{"SELEC 1": "42601", "BEGIN nonsense": "42601", "SELECT * FROM nowhere": "42P01"} {
			_, err := c.Exec(context.Background(), sql)
			var e *pgconn.PgError
			if !errors.As(err, &e) || e.Code != code {
				t.Errorf("%s: %v, want %s", sql, err, code)
			}
		}
	}
}

func TestColumnLimits(t *testing.T) {
	f := start(t, nil)
	c := connect(t, f, "")
	ctx := context.Background()
	columns := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("c%d int", i))
		}
		return strings.Join(all, ", ")
	}
	const wide, keys = "tables can have at most 255 columns", "more than 8 column keys in an index are not supported"
	for sql, message := range map[string]string{
		"CREATE TABLE wide (" + columns(256) + ")":                                                         wide,
		"CREATE TABLE wide (" + columns(9) + ", PRIMARY KEY (c0, c1, c2, c3, c4, c5, c6, c7, c8))":         keys,
		"CREATE TABLE wide (" + columns(9) + ", CONSTRAINT u UNIQUE (c0, c1, c2, c3, c4, c5, c6, c7, c8))": keys,
		"CREATE INDEX ASYNC i ON wide (c0, c1, c2, c3, c4, c5, c6, c7, lower(c8, c9))":                     keys,
		"CREATE UNIQUE INDEX ASYNC IF NOT EXISTS i ON wide (c0, c1, c2, c3, c4, c5, c6, c7, c8)":           keys,
	} {
		_, err := c.Exec(ctx, sql)
		wantCode(t, err, "54011", message)
	}
	run(t, c, "CREATE TABLE wide ("+columns(255)+", PRIMARY KEY (c0, c1, c2, c3, c4, c5, c6, c7))", "DROP TABLE wide")
}

func TestVersion(t *testing.T) {
	f := start(t, nil)
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		for _, tt := range []struct{ sql, column, want string }{
			{"SHOW server_version", "server_version", sql.Version},
			{"show SERVER_VERSION_NUM", "server_version_num", "160000"},
			{"SELECT version()", "version", "PostgreSQL 16"},
			{"select pg_catalog.version()", "version", "PostgreSQL 16"},
			{"SELECT current_setting('server_version')", "current_setting", sql.Version},
			{"SELECT pg_catalog.current_setting('server_version_num') AS n", "n", "160000"},
			{"SELECT current_setting('server_version_num')::int / 10000 || substr(version(), 1, 4)", "?column?", "16Post"},
			{"SELECT current_setting('timezone')", "current_setting", "UTC"},
		} {
			rows, err := c.Query(context.Background(), tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
			if err != nil || got != tt.want || rows.FieldDescriptions()[0].Name != tt.column {
				t.Errorf("%s, %s: %q in %v, %v; want %q in %s", mode, tt.sql, got, rows.FieldDescriptions(), err, tt.want, tt.column)
			}
		}
	}
	tag, err := connect(t, f, "").Exec(context.Background(), "SHOW server_version")
	if err != nil || tag.String() != "SHOW" {
		t.Errorf("tag %q, %v; want SHOW", tag, err)
	}
}
