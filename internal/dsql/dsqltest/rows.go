package dsqltest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
)

// Events returns n rows.
func Events(n int) []event.Event {
	g, err := event.New("01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", 1, bench.LoanCreated)
	if err != nil {
		panic(err) // there is such a type
	}
	all := make([]event.Event, n)
	for i := range all {
		all[i] = g.Event(nil, event.Position{Row: i}, time.Now())
	}
	return all
}

// IDs returns the ids of rows.
func IDs(all []event.Event) []string {
	texts := make([]string, len(all))
	for i, e := range all {
		texts[i] = string(e.ID)
	}
	return texts
}

// Insert inserts rows in one statement and returns how many the database reports.
func Insert(ctx context.Context, db *dsql.DB, all []event.Event) (int64, error) {
	return InsertBy(ctx, db, bench.ByValues, all)
}

// InsertBy is Insert by a statement of a form.
func InsertBy(ctx context.Context, db *dsql.DB, form bench.Form, all []event.Event) (int64, error) {
	statement, err := db.NewInsert(form, len(all))
	if err != nil {
		return 0, err
	}
	return statement.Exec(ctx, all)
}

// Refused is the error of a question that the database refused with a SQLSTATE.
func Refused(sqlstate string) error {
	return fmt.Errorf("ask for ids: %w", &pgconn.PgError{Code: sqlstate, Message: "refused"})
}
