// Package table makes the table that a load test writes to, checks that it and the server let
// the statements succeed, and reads and deletes its rows.
//
// column.go defines the table. checktable.go compares a real table with it: catalog.go and
// question.go read the facts, difference.go, compareparts.go and serversetting.go compare them.
// grant.go makes the table and its role, rows.go has the queries for rows.
package table

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Name is the table's name with its schema.
const Name = "car_entities_schema.business_events"

// Table is the table that a load test writes to, in one database.
type Table struct {
	Pool    *pgxpool.Pool
	Cluster bool // Aurora DSQL
}

// Schema returns the statements that make the table. Each needs a transaction of its own, and
// changes nothing if its work is done already.
func Schema() []string {
	return []string{
		"CREATE SCHEMA IF NOT EXISTS car_entities_schema",
		"CREATE TABLE IF NOT EXISTS " + Name + " (\n" + definitions() + ")",
	}
}

// Ensure is Prepare that returns the table's differences as an error.
func (t *Table) Ensure(ctx context.Context) error {
	s, err := t.Prepare(ctx)
	if err != nil {
		return err
	}
	return s.Err()
}

// Prepare makes the table if it is missing, and compares it and the rights of the user logged
// in with what a run needs.
func (t *Table) Prepare(ctx context.Context) (State, error) {
	return t.Apply(ctx, "", "", func(string, bool) {})
}
