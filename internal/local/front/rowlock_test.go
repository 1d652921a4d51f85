package front

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Two transactions, of which one locks a row that the other writes: the later
// COMMIT fails, in either order and whichever of the two did its part first.
// Where they don't conflict, both commit.
func TestRowLocks(t *testing.T) {
	f := start(t, func(o *Options) { o.ServerConns = 3 })
	name := table(t)
	lock := func(strength string) string { return "SELECT v FROM {t} WHERE id = 1 FOR " + strength }
	const update, remove, rekey = "UPDATE {t} SET v = 'new' WHERE id = 1", "DELETE FROM {t} WHERE id = 1", "UPDATE {t} SET id = 10 WHERE id = 1"
	for _, tt := range []struct {
		name, a, b string
		conflict   bool
	}{
		{"update, write", lock("UPDATE"), update, true},
		{"update, delete", lock("UPDATE"), remove, true},
		{"update, update", lock("UPDATE"), lock("UPDATE"), true},
		{"update, key share", lock("UPDATE"), lock("KEY SHARE"), true},
		{"update of another row", lock("UPDATE"), "UPDATE {t} SET v = 'new' WHERE id = 2", false},
		{"update, insert", lock("UPDATE"), "INSERT INTO {t} VALUES (3)", false},
		{"update, read", lock("UPDATE"), "SELECT v FROM {t} WHERE id = 1", false},
		{"key share, write", lock("KEY SHARE"), update, false},
		{"key share, delete", lock("KEY SHARE"), remove, true},
		{"key share, key update", lock("KEY SHARE"), rekey, true},
		{"key share, key share", lock("KEY SHARE"), lock("KEY SHARE"), false},
		{"lock and own write", lock("UPDATE") + "; UPDATE {t} SET v = 'a' WHERE id = 2", update, true},
	} {
		for _, swap := range []bool{false, true} {
			for _, bFirst := range []bool{false, true} {
				run(t, direct(t), "TRUNCATE "+name, "INSERT INTO "+name+" VALUES (1, 'old'), (2, 'old')")
				first, second := statementsOf(tt.a, name), statementsOf(tt.b, name)
				if swap {
					first, second = second, first
				}
				a, b := connect(t, f, ""), connect(t, f, "default_query_exec_mode=simple_protocol")
				run(t, a, "BEGIN")
				run(t, b, "BEGIN")
				run(t, a, first...)
				run(t, b, second...)
				if bFirst {
					a, b = b, a
				}
				run(t, a, "COMMIT")
				_, err := b.Exec(context.Background(), "COMMIT")
				if !tt.conflict && err != nil || tt.conflict && !isConflict(err) {
					t.Errorf("%s, swapped %v, second commits first %v: %v, want conflict %v", tt.name, swap, bFirst, err, tt.conflict)
				}
			}
		}
	}
	if n := f.group.Stats().Lockers; n != 0 {
		t.Errorf("%d transactions hold locks", n)
	}
}

// statementsOf returns the statements of a text, in which {t} stands for the table.
func statementsOf(text, name string) (all []string) {
	for statement := range strings.SplitSeq(strings.ReplaceAll(text, "{t}", name), ";") {
		if statement = strings.TrimSpace(statement); statement != "" {
			all = append(all, statement)
		}
	}
	return all
}

func isConflict(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "40001" && e.Message == conflicts
}

// A write that commits between the SELECT and its COMMIT, and a write by a
// transaction that started before the lock's COMMIT.
func TestRowLockOrders(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	ctx := context.Background()
	a, b := connect(t, f, ""), connect(t, f, "")
	lock, update := "SELECT * FROM "+name+" WHERE id = $1 FOR UPDATE", "UPDATE "+name+" SET v = 'new' WHERE id = 1"
	run(t, a, "INSERT INTO "+name+" VALUES (1, 'old')", "BEGIN")
	locks := func(c *pgx.Conn) {
		t.Helper()
		if _, err := c.Exec(ctx, lock, 1); err != nil {
			t.Fatal(err)
		}
	}
	locks(a)
	run(t, b, update) // by itself
	_, err := a.Exec(ctx, "COMMIT")
	wantCode(t, err, "40001", conflicts)

	run(t, b, "BEGIN", "SELECT 1 FROM "+name)
	run(t, a, "BEGIN")
	locks(a)
	run(t, a, "COMMIT")
	run(t, b, update)
	_, err = b.Exec(ctx, "COMMIT")
	wantCode(t, err, "40001", conflicts)

	run(t, a, "BEGIN")
	locks(a)
	run(t, a, "COMMIT")
	run(t, b, "BEGIN", update, "COMMIT") // started later

	run(t, a, "BEGIN")
	locks(a)
	run(t, a, "ROLLBACK")
	run(t, b, update)
	run(t, a, "BEGIN")
	locks(a)
	run(t, a, update)
	run(t, a, "COMMIT") // of its own row
	run(t, b, "BEGIN READ ONLY")
	_, err = b.Exec(ctx, lock, 1)
	wantCode(t, err, "25006", "cannot execute SELECT FOR UPDATE in a read-only transaction")
}

// The forms of SELECT that lock rows return what they would without.
func TestRowLockForms(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	a, b := connect(t, f, "default_query_exec_mode=exec"), connect(t, f, "")
	run(t, a, "INSERT INTO "+name+" VALUES (1, 'one'), (2, 'two'), (3, 'three')")
	for _, tt := range []struct {
		sql      string
		want     []string
		conflict bool // with a write of row 2
	}{
		{"SELECT v FROM {t} WHERE id = 2 FOR UPDATE", []string{"two"}, true},
		{"SELECT v FROM ONLY public.{t} WHERE id > 1 ORDER BY id FOR UPDATE NOWAIT", []string{"two", "three"}, true},
		{"SELECT x.v AS id FROM {t} AS x WHERE x.id < 3 ORDER BY 1 FOR UPDATE OF x SKIP LOCKED LIMIT 2", []string{"one", "two"}, true},
		{`SELECT "X".v FROM {t} "X" WHERE id = 1 for update`, []string{"one"}, false},
		{"SELECT x.v FROM {t} x JOIN {t} y ON x.id = y.id + 1 WHERE y.id = 1 FOR UPDATE OF y", []string{"two"}, false},
		{"SELECT x.v FROM {t} x, {t} y WHERE x.id = 1 AND y.id = 2 FOR KEY SHARE OF x FOR UPDATE OF y", []string{"one"}, true},
		{"SELECT x.v FROM {t} x LEFT JOIN {t} y ON y.id = 7 WHERE x.id = 2 FOR UPDATE OF x", []string{"two"}, true},
		{"SELECT v FROM {t} WHERE id = (SELECT max(id) - 1 FROM {t}) FOR UPDATE", []string{"two"}, true},
		{"SELECT v FROM {t} WHERE id = 9 FOR UPDATE", nil, false},
		{"SELECT CASE WHEN v IS DISTINCT FROM 'one' THEN v END AS from FROM {t} WHERE id = 2 FOR UPDATE", []string{"two"}, true},
		{"SELECT x.v FROM {t} x JOIN {t} y ON y.v IS NOT DISTINCT FROM x.v WHERE x.id = 2 FOR UPDATE", []string{"two"}, true},
		{"SELECT n::text FROM ROWS FROM (generate_series(1, 2)) AS n FOR UPDATE", []string{"1", "2"}, false},
		{"SELECT version() FROM {t} WHERE id = 2 FOR UPDATE", []string{"PostgreSQL 16"}, true},
	} {
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeCacheStatement} {
			run(t, a, "BEGIN")
			rows, err := a.Query(context.Background(), strings.ReplaceAll(tt.sql, "{t}", name), mode)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil || !cmp.Equal(got, tt.want) && len(got)+len(tt.want) > 0 {
				t.Errorf("%v, %s: %q, %v; want %q", mode, tt.sql, got, err, tt.want)
			}
			run(t, b, "UPDATE "+name+" SET v = v WHERE id = 2")
			if _, err := a.Exec(context.Background(), "COMMIT"); isConflict(err) != tt.conflict || (err != nil) != tt.conflict {
				t.Errorf("%v, %s: %v, want conflict %v", mode, tt.sql, err, tt.conflict)
			}
		}
	}
}

// A SELECT that locks is executed once, and locks the rows that it returns. The
// client sees its own columns alone, in each format.
func TestRowLockRunsOnce(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	ctx := context.Background()
	run(t, direct(t), "INSERT INTO "+name+" SELECT i, i FROM generate_series(1, 40) AS i", "CREATE SEQUENCE "+name+"_s")
	defer run(t, direct(t), "DROP SEQUENCE "+name+"_s")
	number := int64(0)
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		a, b := connect(t, f, "default_query_exec_mode="+mode), connect(t, f, "")
		run(t, a, "BEGIN")
		rows, err := a.Query(ctx, "SELECT id, v, nextval('"+name+"_s'), 1.5::float8 FROM "+name+" ORDER BY random() LIMIT 1 FOR UPDATE")
		if err != nil {
			t.Fatal(err)
		}
		type locked struct {
			ID int
			V  string
			N  int64
			F  float64
		}
		got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[locked])
		number++
		if err != nil || got.V != strconv.Itoa(got.ID) || got.N != number || got.F != 1.5 || len(rows.FieldDescriptions()) != 4 {
			t.Errorf("%s: %+v in %d columns, %v; want number %d", mode, got, len(rows.FieldDescriptions()), err, number)
		}
		run(t, b, "UPDATE "+name+" SET v = v WHERE id = "+strconv.Itoa(got.ID))
		if _, err := a.Exec(ctx, "COMMIT"); !isConflict(err) {
			t.Errorf("%s: %v, want a conflict in the row that was returned", mode, err)
		}
		run(t, a, "BEGIN")
		tag, err := a.Exec(ctx, "SELECT FROM "+name+" WHERE id IN (1, 2) OR v = '3' FOR KEY SHARE")
		if err != nil || tag.String() != "SELECT 3" {
			t.Errorf("%s: %s, %v", mode, tag, err)
		}
		run(t, b, "UPDATE "+name+" SET v = v WHERE id <> 3", "INSERT INTO "+name+" VALUES (100)", "DELETE FROM "+name+" WHERE id = 100")
		run(t, a, "COMMIT")
	}
}

// PostgreSQL's own rules for the clauses hold, and a view can't be locked.
func TestRowLockRefused(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	ctx := context.Background()
	run(t, direct(t), "CREATE VIEW "+name+"_v AS SELECT * FROM "+name)
	defer run(t, direct(t), "DROP VIEW "+name+"_v")
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		for _, tt := range []struct{ sql, code, message string }{
			{"SELECT DISTINCT v FROM {t} FOR UPDATE", "0A000", "FOR UPDATE is not allowed with DISTINCT clause"},
			{"SELECT v FROM {t} GROUP BY v FOR UPDATE", "0A000", "FOR UPDATE is not allowed with GROUP BY clause"},
			{"SELECT 1 FROM {t} HAVING true FOR KEY SHARE", "0A000", "FOR KEY SHARE is not allowed with HAVING clause"},
			{"SELECT count(*) FROM {t} FOR UPDATE", "0A000", "FOR UPDATE is not allowed with aggregate functions"},
			{"SELECT rank() OVER (ORDER BY id) FROM {t} FOR UPDATE", "0A000", "FOR UPDATE is not allowed with window functions"},
			{"SELECT generate_series(1, id) FROM {t} FOR UPDATE", "0A000", "FOR UPDATE is not allowed with set-returning functions in the target list"},
			{"SELECT v FROM {t} UNION SELECT v FROM {t} FOR UPDATE", "0A000", "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT"},
			{"SELECT 1 FROM {t} x LEFT JOIN {t} y ON x.id = y.id FOR UPDATE", "0A000", "FOR UPDATE cannot be applied to the nullable side of an outer join"},
			{"SELECT v FROM {t} FOR UPDATE OF nobody", "42P01", `relation "nobody" in FOR UPDATE clause not found in FROM clause`},
			{"SELECT w FROM {t} FOR UPDATE", "42703", `column "w" does not exist`},
			{"SELECT v FROM {t}_v WHERE id = 1 FOR KEY SHARE", "0A000", "FOR KEY SHARE not supported on views"},
		} {
			sql := strings.ReplaceAll(tt.sql, "{t}", name)
			_, err := c.Exec(ctx, sql)
			wantCode(t, err, tt.code, tt.message)
			run(t, c, "BEGIN")
			_, err = c.Exec(ctx, sql)
			wantCode(t, err, tt.code, tt.message)
			run(t, c, "ROLLBACK")
			if t.Failed() {
				t.Fatalf("%s: %s", mode, sql)
			}
		}
		var e *pgconn.PgError
		_, err := c.Exec(ctx, "SELECT v FROM "+name+" WHERE w = 1 FOR UPDATE")
		if want := int32(len("SELECT v FROM "+name+" WHERE ") + 1); !errors.As(err, &e) || e.Position != want {
			t.Errorf("%s: %+v, want an error at %d", mode, err, want)
		}
	}
	if n := f.group.Stats().Lockers; n != 0 {
		t.Errorf("%d transactions hold locks", n)
	}
}
