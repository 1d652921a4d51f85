package dsql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/event"
)

func TestUnnestSQL(t *testing.T) {
	t.Parallel()
	const (
		columns = "(id, event_name, event_type, created_date, saved_date, event_data)"
		from    = " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS r " + columns + " ON CONFLICT (id) DO NOTHING"
	)
	for _, tc := range []struct {
		name, want string
		casts      []string
	}{
		{"types unknown", "id, event_name, event_type, created_date, saved_date, event_data", nil},
		{"two casts", "id::uuid, event_name, event_type, created_date, saved_date, event_data::json", []string{"uuid", "", "", "", "", "json"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff("INSERT INTO car_entities_schema.business_events "+columns+" SELECT "+tc.want+from, dsql.UnnestSQL(tc.casts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Both forms store the same, or fail with the same SQLSTATE, in every type of column.
func TestFormsStoreTheSame(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, change, sqlstate string }{
		{"the suite's own", "", ""},
		{"uuid", "ALTER COLUMN id TYPE uuid USING id::uuid", ""},
		{"names", "ALTER COLUMN event_name TYPE name, ALTER COLUMN event_type TYPE char(40)", ""},
		{"dates of a day", "ALTER COLUMN created_date TYPE date, ALTER COLUMN saved_date TYPE date", ""},
		{"dates of a second", "ALTER COLUMN created_date TYPE timestamp(0), ALTER COLUMN saved_date TYPE timestamptz(0)", ""},
		{"dates without a zone", "ALTER COLUMN created_date TYPE timestamp, ALTER COLUMN saved_date TYPE timestamp", ""},
		{"dates as text", "ALTER COLUMN created_date TYPE text, ALTER COLUMN saved_date TYPE char(60)", ""},
		{"json", "ALTER COLUMN event_data TYPE json USING event_data::json", ""},
		{"jsonb", "ALTER COLUMN event_data TYPE jsonb USING event_data::jsonb", ""},
		{"bytea", "ALTER COLUMN event_data TYPE bytea USING event_data::bytea", ""},
		{"domain of a type that isn't text", "ALTER COLUMN id TYPE identity USING id::uuid", ""},
		{"too long", "ALTER COLUMN event_name TYPE varchar(4)", "22001"},
		{"too long, fixed", "ALTER COLUMN event_name TYPE char(4)", "22001"},
		{"too long for a domain", "ALTER COLUMN event_name TYPE short", "22001"},
		{"not a number", "ALTER COLUMN event_name TYPE bigint USING 1", "22P02"},
		{"column missing", "DROP COLUMN saved_date", "42703"},
		{"table missing", "RENAME TO other", "42P01"},
		{"NOT NULL without a default", "ADD COLUMN more int NOT NULL", "23502"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, db := dsqltest.WithTable(t)
			a.Do("CREATE DOMAIN short AS varchar(4); CREATE DOMAIN identity AS uuid")
			if tc.change != "" {
				a.Do("ALTER TABLE " + dsql.Table + " " + tc.change)
			}
			all, stored := dsqltest.Events(3), map[bench.Form]string{}
			for _, form := range bench.Forms() {
				n, err := dsqltest.InsertBy(t.Context(), db, form, all)
				if tc.sqlstate != "" {
					var refused *pgconn.PgError
					if !errors.As(err, &refused) || refused.Code != tc.sqlstate {
						t.Errorf("%s: %d rows, error %v, want %s", form, n, err, tc.sqlstate)
					}
					continue
				}
				if err != nil || n != 3 {
					t.Fatalf("%s: %d rows, error %v", form, n, err)
				}
				stored[form] = rowsOf(t, a)
				a.Do("DELETE FROM " + dsql.Table)
			}
			if diff := cmp.Diff(stored[bench.ByValues], stored[bench.ByUnnest]); diff != "" {
				t.Errorf("-values +unnest\n%s", diff)
			}
		})
	}
}

// rowsOf returns all rows as text.
func rowsOf(t *testing.T, a dsqltest.Database) string {
	t.Helper()
	var text string
	conn, err := pgx.Connect(t.Context(), a.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), "SELECT string_agg(r::text, E'\\n' ORDER BY r::text) FROM "+dsql.Table+" AS r").Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// INSERTs by unnest work in each of pgx's modes of execution, with statements of several sizes on
// one connection.
func TestUnnestInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			a, _ := dsqltest.WithTable(t)
			db := dsqltest.Open(t, a.URL()+"&default_query_exec_mode="+mode)
			all := dsqltest.Events(50)
			for _, rows := range []int{1, 20, 50, 50} { // the first rows are there already
				if _, err := dsqltest.InsertBy(t.Context(), db, bench.ByUnnest, all[:rows]); err != nil {
					t.Fatal(err)
				}
				if n := a.Number("SELECT count(*) FROM " + dsql.Table); n != int64(rows) {
					t.Errorf("%d rows, want %d", n, rows)
				}
			}
		})
	}
}

// A type that changed is asked for again after the statement that it made fail.
func TestUnnestAfterTypeChanged(t *testing.T) {
	t.Parallel()
	a, db := dsqltest.WithTable(t)
	var outcomes []string
	for i, e := range dsqltest.Events(4) {
		if i == 1 {
			a.Do("ALTER TABLE " + dsql.Table + " ALTER COLUMN event_data TYPE json USING event_data::json")
		}
		_, err := dsqltest.InsertBy(t.Context(), db, bench.ByUnnest, []event.Event{e})
		outcomes = append(outcomes, fmt.Sprint(err == nil))
	}
	if diff := cmp.Diff([]string{"true", "false", "true", "true"}, outcomes); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// The phases of an attempt are the same by both forms.
func TestUnnestPhases(t *testing.T) {
	t.Parallel()
	a, _ := dsqltest.WithTable(t)
	m := measure(t, a.URL(), 1)
	var err error
	if m.insert, err = m.db.NewInsert(bench.ByUnnest, 1); err != nil {
		t.Fatal(err)
	}
	defer m.insert.Close()
	for range 2 {
		if f := m.statement(nil, t.Context()); f.Kind != "" {
			t.Fatal(f)
		}
	}
	a.Do("ALTER TABLE " + dsql.Table + " RENAME TO other")
	m.statement(nil, t.Context())
	if diff := cmp.Diff(words("attempt: connect/dial connect/startup acquire/connect acquire prepare query"), words(m.tried[0])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"attempt: query", "attempt!: query!"}, m.tried[1:]); diff != "" {
		t.Error(diff)
	}
}

// A statement that is gone from the connection is prepared again.
func TestUnnestPreparedAgain(t *testing.T) {
	t.Parallel()
	a, _ := dsqltest.WithTable(t)
	m := measure(t, a.URL(), 1)
	var err error
	if m.insert, err = m.db.NewInsert(bench.ByUnnest, 1); err != nil {
		t.Fatal(err)
	}
	defer m.insert.Close()
	m.statement(nil, t.Context())
	m.insert.Close()
	m.db.Forget(t)
	if f := m.statement(nil, t.Context()); f.Kind != "26000" {
		t.Errorf("%+v, want 26000", f)
	}
	if f := m.statement(nil, t.Context()); f.Kind != "" {
		t.Errorf("%+v, want none", f)
	}
}

// Once the buffer has its size, no row needs an allocation.
func TestArraysAllocateNothing(t *testing.T) {
	fill := dsql.FillArrays(dsqltest.Events(100))
	if n := testing.AllocsPerRun(100, fill); n > 0 {
		t.Errorf("%.0f allocations a statement, want none", n)
	}
}

// A repaired column takes the rows at the latest on a new connection, or after one failure.
func TestColumnRepaired(t *testing.T) {
	t.Parallel()
	for _, form := range bench.Forms() {
		for _, from := range []string{"date", "timestamp"} {
			t.Run(string(form)+" "+from, func(t *testing.T) {
				t.Parallel()
				a, _ := dsqltest.WithTable(t)
				a.Do("ALTER DATABASE " + a.Name + " SET timezone = 'America/New_York'")
				a.Do("ALTER TABLE " + dsql.Table + " ALTER COLUMN created_date TYPE " + from)
				db := dsqltest.Open(t, a.URL())
				all := dsqltest.Events(2)
				if n, err := dsqltest.InsertBy(t.Context(), db, form, all[:1]); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				a.Do("ALTER TABLE " + dsql.Table + " ALTER COLUMN created_date TYPE timestamptz")
				time.Sleep(1100 * time.Millisecond) // the pool tests a connection that was idle for a second
				a.Do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dsqlload'")
				n, err := dsqltest.InsertBy(t.Context(), db, form, all[1:])
				const exact = "SELECT count(*) FROM " + dsql.Table + " WHERE id = $1 AND created_date = $2::text::timestamptz"
				if a.Number(exact, string(all[1].ID), string(all[1].Moment)) != 1 {
					t.Errorf("%d acknowledged, %v, but created_date isn't the row's moment", n, err)
				}
			})
		}
		t.Run(string(form)+" bigint", func(t *testing.T) {
			t.Parallel()
			a, db := dsqltest.WithTable(t)
			a.Do("ALTER TABLE " + dsql.Table + " ALTER COLUMN event_name TYPE bigint USING 1")
			all := dsqltest.Events(3)
			if _, err := dsqltest.InsertBy(t.Context(), db, form, all[:1]); err == nil {
				t.Error("a text in a bigint")
			}
			a.Do("ALTER TABLE " + dsql.Table + " ALTER COLUMN event_name TYPE varchar(255) USING ''")
			_, _ = dsqltest.InsertBy(t.Context(), db, form, all[1:2]) // what was prepared may fail once
			if _, err := dsqltest.InsertBy(t.Context(), db, form, all[2:]); err != nil {
				t.Error(err)
			}
		})
	}
}
