package dsql_test

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/event"
)

// made are n events of one type, made at that moment.
func made(t *testing.T, kind bench.EventType, n int, at time.Time) []event.Event {
	t.Helper()
	g, err := event.New("01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", 1, kind)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]event.Event, n)
	for i := range all {
		all[i] = g.Event(nil, event.Position{Row: i}, at)
	}
	return all
}

// The rows of a statement are told from those of another sending of the same ids, whose
// moment is a microsecond away, in every type of column that the suite takes.
func TestStored(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, tc := range []struct{ name, change string }{
		{"the suite's own", ""},
		{"uuid", "ALTER COLUMN id TYPE uuid USING id::uuid"},
		{"dates of a day", "ALTER COLUMN created_date TYPE date, ALTER COLUMN saved_date TYPE date"},
		{"dates of a second", "ALTER COLUMN created_date TYPE timestamp(0), ALTER COLUMN saved_date TYPE timestamptz(0)"},
		{"dates as text", "ALTER COLUMN created_date TYPE text, ALTER COLUMN saved_date TYPE char(60)"},
		{"json", "ALTER COLUMN event_data TYPE json USING event_data::json"},
		{"jsonb", "ALTER COLUMN event_data TYPE jsonb USING event_data::jsonb"},
		{"varchar", "ALTER COLUMN event_data TYPE varchar(2000)"},
		{"char", "ALTER COLUMN event_data TYPE char(2000)"},
		{"bytea", "ALTER COLUMN event_data TYPE bytea USING event_data::bytea"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, db := dsqltest.WithTable(t)
			if tc.change != "" {
				a.Do("ALTER TABLE " + dsql.Table + " " + tc.change)
			}
			for _, kind := range bench.EventTypes() {
				if kind == bench.Random {
					continue
				}
				a.Do("DELETE FROM " + dsql.Table)
				own, other := made(t, kind, 5, now), made(t, kind, 5, now.Add(time.Microsecond))
				look := func(of []event.Event, want dsql.Stored) {
					t.Helper()
					if got, err := db.Stored(context.Background(), of); err != nil || got != want {
						t.Errorf("%s: %+v, %v, want %+v", kind, got, err, want)
					}
				}
				look(own, dsql.Stored{})
				if n, err := dsqltest.Insert(context.Background(), db, own[:3]); err != nil || n != 3 {
					t.Fatalf("%d rows, %v", n, err)
				}
				look(own, dsql.Stored{Rows: 3, Own: 3})
				look(other, dsql.Stored{Rows: 3})
				if n, err := dsqltest.Insert(context.Background(), db, other); err != nil || n != 2 {
					t.Fatalf("%d rows, %v", n, err)
				}
				look(own, dsql.Stored{Rows: 5, Own: 3})
				look(other, dsql.Stored{Rows: 5, Own: 2})
			}
		})
	}
}

// A row that a child table has once more counts once.
func TestStoredTwice(t *testing.T) {
	t.Parallel()
	a, db := dsqltest.WithTable(t)
	all := made(t, bench.CarCreated, 3, time.Now())
	if _, err := dsqltest.Insert(context.Background(), db, all); err != nil {
		t.Fatal(err)
	}
	a.Do("CREATE TABLE car_entities_schema.child () INHERITS (" + dsql.Table + ")")
	a.Do("INSERT INTO car_entities_schema.child SELECT * FROM " + dsql.Table + " LIMIT 1")
	if got, err := db.Stored(context.Background(), all); err != nil || got != (dsql.Stored{Rows: 3, Own: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
}
