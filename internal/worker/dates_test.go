package worker_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

// arrivedRow is a stored row, with the database's clock when its statement's last
// attempt came to it.
type arrivedRow struct {
	created, saved, told, arrived time.Time
}

// arrivals has the database note when each row comes to it, take 50 ms for that, and
// refuse the third after another 300 ms, once.
func (f fixture) arrivals() {
	f.t.Helper()
	f.Do("CREATE TABLE arrival (id text, at timestamptz)")
	f.Do("CREATE SEQUENCE nth")
	f.beforeInsert(`INSERT INTO arrival VALUES (NEW.id, clock_timestamp());
		IF nextval('nth') = 3 THEN PERFORM pg_sleep(0.3); RAISE 'again' USING ERRCODE = '40001'; END IF;
		PERFORM pg_sleep(0.05);`)
}

// stored are the rows as they were made.
func (f fixture) stored() []arrivedRow {
	f.t.Helper()
	rows, err := f.Query(context.Background(), `SELECT created_date, saved_date, (event_data::jsonb #>> '{eventHeader,createdDate}')::timestamptz, at
		FROM `+dsql.Table+` JOIN arrival USING (id) ORDER BY at`)
	if err != nil {
		f.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r arrivedRow, err error) {
		err = row.Scan(&r.created, &r.saved, &r.told, &r.arrived)
		return r, err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

// The dates of rows are the moment before their statement was sent first: after the
// end of the statement before it, and before the first attempt's arrival, however often
// it was sent again.
func TestDatesAreThoseOfTheStatement(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		inv  bench.Invocation
	}{
		{"individual", invocation(bench.Individual, 3, 2)},
		{"batch", invocation(bench.Batch, 4, 2)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.arrivals()
			r := f.invoke(context.Background(), tc.inv)
			if r.SuccessCount != tc.inv.Rows() || r.Retried["40001"] != 1 {
				t.Fatalf("%d rows acknowledged, retried %v", r.SuccessCount, r.Retried)
			}
			all, each := f.stored(), tc.inv.RowsPerStatement()
			ended := time.UnixMicro(r.StartedUs)
			for n := range tc.inv.Statements() {
				first := all[n*each]
				for k, row := range all[n*each : (n+1)*each] {
					if !row.created.Equal(first.created) || !row.saved.Equal(row.created) || !row.told.Equal(row.created) {
						t.Errorf("statement %d, row %d: created %v, saved %v, by its event %v, the first row %v", n, k, row.created, row.saved, row.told, first.created)
					}
				}
				resent := n == 2/each
				if waited := first.arrived.Sub(first.created); first.created.Before(ended) || waited < 0 || resent && waited < 300*time.Millisecond {
					t.Errorf("statement %d (sent again: %v): made at %v, its last attempt arrived %v later; the one before ended after %v", n, resent, first.created, waited, ended)
				}
				ended = all[(n+1)*each-1].arrived.Add(50 * time.Millisecond)
			}
			if spread := all[len(all)-1].created.Sub(all[0].created); spread < 550*time.Millisecond-time.Duration(each)*50*time.Millisecond {
				t.Errorf("the rows of %v ms lie within %v", r.DurationMs, spread)
			}
		})
	}
}

// The query by time in docs/database.md returns how many rows were made in each second.
func TestDocumentedQueryByTime(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	var query string
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1) {
		if strings.Contains(string(block[1]), "created_date") {
			query = string(block[1])
		}
	}
	f := start(t)
	f.beforeInsert("PERFORM pg_sleep(0.2);")
	f.invoke(context.Background(), invocation(bench.Individual, 7, 1))
	rows, err := f.Query(context.Background(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var of time.Time
	var n, sum, seconds int64
	if _, err := pgx.ForEachRow(rows, []any{&of, &n}, func() error {
		sum += n
		seconds++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if sum != 7 || seconds < 2 {
		t.Errorf("%d rows in %d seconds, want 7 in 2 or more", sum, seconds)
	}
}
