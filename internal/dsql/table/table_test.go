package table_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

func TestEnsureTable(t *testing.T) {
	t.Parallel()
	a := dsqltest.New(t)
	db := a.Open("postgres")
	var wg sync.WaitGroup
	for range 4 { // at once
		wg.Go(func() {
			if err := db.Table().Ensure(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, err := dsqltest.Insert(context.Background(), db, dsqltest.Events(3)); err != nil {
		t.Fatal(err)
	}
	if err := db.Table().Ensure(context.Background()); err != nil {
		t.Error(err)
	}
	if got := a.Number("SELECT count(*) FROM " + dsql.Table); got != 3 {
		t.Errorf("%d rows are left, want 3", got)
	}
	rows, err := a.Query(context.Background(), `SELECT column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') ||
		CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'car_entities_schema' AND table_name = 'business_events' ORDER BY ordinal_position`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id character varying(255) NOT NULL", "event_name character varying(255) NOT NULL", "event_type character varying(255)",
		"created_date timestamp with time zone", "saved_date timestamp with time zone", "event_data text NOT NULL",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEnsureTableNamesTheGrant(t *testing.T) {
	t.Parallel()
	const table = "car_entities_schema.business_events"
	for _, tc := range []struct {
		name  string
		table bool
		setUp string // %s is the role
		want  string // the statement that cures it
	}{
		{"no schema", false, "", `GRANT CREATE ON DATABASE "%d" TO "%r"`},
		{"empty schema not usable", false, "CREATE SCHEMA car_entities_schema; GRANT CREATE ON DATABASE %d TO %r", `GRANT USAGE ON SCHEMA car_entities_schema TO "%r"`},
		{
			"empty schema not writable", false, "CREATE SCHEMA car_entities_schema; GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT CREATE ON DATABASE %d TO %r",
			`GRANT CREATE ON SCHEMA car_entities_schema TO "%r"`,
		},
		{"schema not usable", true, "", `GRANT USAGE ON SCHEMA car_entities_schema TO "%r"`},
		{"no right to the table", true, "GRANT USAGE ON SCHEMA car_entities_schema TO %r", `GRANT SELECT, INSERT, DELETE ON ` + table + ` TO "%r"`},
		{"only SELECT", true, "GRANT USAGE ON SCHEMA car_entities_schema TO %r; GRANT SELECT ON " + table + " TO %r", `GRANT INSERT, DELETE ON ` + table + ` TO "%r"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := dsqltest.New(t)
			if tc.table {
				if err := a.Open("postgres").Table().Ensure(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			role := a.Name + "_limited" // roles are the whole cluster's
			fill := strings.NewReplacer("%r", role, "%d", a.Name).Replace
			a.Do("CREATE ROLE " + role + " LOGIN; " + fill(tc.setUp))
			want := "hint: as an administrator: " + fill(tc.want)
			err := a.Open(role).Table().Ensure(context.Background())
			if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), want) {
				t.Fatalf("error %v, want a line %s", err, want)
			}
			// What it says is true: it goes one step further then.
			_, statement, _ := strings.Cut(want, "as an administrator: ")
			a.Do(statement)
			if again := a.Open(role).Table().Ensure(context.Background()); again != nil && again.Error() == err.Error() {
				t.Errorf("the same error after %s", statement)
			}
		})
	}
}

func TestPresentAndDelete(t *testing.T) {
	t.Parallel()
	_, db := dsqltest.WithTable(t)
	ctx, all := context.Background(), dsqltest.Events(10)
	if _, err := dsqltest.Insert(ctx, db, all[:6]); err != nil {
		t.Fatal(err)
	}
	check := func(when string, asked []string, want []string) {
		t.Helper()
		got, err := db.Table().Present(ctx, asked)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		if n, err := db.Table().CountPresent(ctx, asked); err != nil || n != int64(len(want)) {
			t.Errorf("%s: %d counted, error %v, want %d", when, n, err, len(want))
		}
	}
	check("some there", dsqltest.IDs(all[3:]), dsqltest.IDs(all[3:6]))
	check("none asked", []string{}, []string{})
	if n, err := db.Table().Delete(ctx, dsqltest.IDs(all[4:])); err != nil || n != 2 {
		t.Errorf("%d deleted, error %v, want 2", n, err)
	}
	check("after the deletion", dsqltest.IDs(all), dsqltest.IDs(all[:4]))
}
