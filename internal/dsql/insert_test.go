package dsql_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/event"
)

func TestInsertSQL(t *testing.T) {
	t.Parallel()
	const head = "INSERT INTO car_entities_schema.business_events (id, event_name, event_type, created_date, saved_date, event_data) VALUES "
	for _, tc := range []struct {
		name string
		rows int
		want string
	}{
		{"one row", 1, head + "($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING"},
		{"two rows", 2, head + "($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, dsql.InsertSQL(tc.rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInsert(t *testing.T) {
	t.Parallel()
	a, db := dsqltest.WithTable(t)
	all := dsqltest.Events(5)
	for _, tc := range []struct {
		name   string
		events []event.Event
		want   int64
	}{
		{"new rows", all[:3], 3},
		{"two of them new", all, 2},
		{"none of them new", all[1:4], 0},
	} {
		if got, err := dsqltest.Insert(context.Background(), db, tc.events); err != nil || got != tc.want {
			t.Errorf("%s: %d rows affected, error %v, want %d", tc.name, got, err, tc.want)
		}
	}
	rows, err := a.Query(context.Background(), "SELECT id, event_name, event_type, created_date, saved_date, event_data FROM "+dsql.Table)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e event.Event, err error) {
		var created, saved time.Time
		err = row.Scan(&e.ID, &e.Name, &e.Type, &created, &saved, &e.Data)
		if !created.Equal(saved) {
			t.Errorf("created %v, saved %v", created, saved)
		}
		e.Moment = []byte(created.UTC().Format("2006-01-02T15:04:05.000000Z"))
		return e, err
	})
	if err != nil {
		t.Fatal(err)
	}
	byID := func(a, b event.Event) int { return bytes.Compare(a.ID, b.ID) }
	slices.SortFunc(got, byID)
	slices.SortFunc(all, byID)
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("stored rows: %s", diff)
	}
	if _, err := db.NewInsert(bench.ByValues, 0); err == nil {
		t.Error("a statement without rows is no error")
	}
}
