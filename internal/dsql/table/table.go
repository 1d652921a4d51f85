// Package table knows the table that a load test writes to: how it is made, what it and
// the server must be for the statements to succeed, and which rows it has.
package table

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql/failure"
)

// Name is the table's, with its schema.
const Name = "car_entities_schema.business_events"

// Table is the table that a load test writes to, in one database.
type Table struct {
	Pool    *pgxpool.Pool
	Cluster bool // of Aurora DSQL
}

// Schema are the statements that make the table, each in a transaction of its
// own and each harmless when it is there already.
func Schema() []string {
	return []string{
		"CREATE SCHEMA IF NOT EXISTS car_entities_schema",
		"CREATE TABLE IF NOT EXISTS " + Name + " (\n" + definitions() + ")",
	}
}

// Ensure is Prepare that fails with the differences of the table.
func (t *Table) Ensure(ctx context.Context) error {
	s, err := t.Prepare(ctx)
	if err != nil {
		return err
	}
	return s.Err()
}

// Prepare makes the table where it is missing, and compares it and the rights of the
// user logged in with what a run needs.
func (t *Table) Prepare(ctx context.Context) (State, error) {
	return t.Apply(ctx, "", "", func(string, bool) {})
}

// madeByAnother reports whether two runs made the same thing at once, which IF NOT EXISTS
// does not rule out in PostgreSQL.
func madeByAnother(err error) bool {
	return slices.ContainsFunc([]string{"23505", "42710", "42P06", "42P07"}, func(sqlstate string) bool { return failure.Refused(err, sqlstate) })
}
