package dsql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Schema are the statements that make the table, each in a transaction of its
// own and each harmless when it is there already.
func Schema() []string {
	return []string{
		"CREATE SCHEMA IF NOT EXISTS car_entities_schema",
		"CREATE TABLE IF NOT EXISTS " + Table + " (\n" + definitions() + ")",
	}
}

// EnsureTable is PrepareTable that fails with the differences of the table.
func (db *DB) EnsureTable(ctx context.Context) error {
	s, err := db.PrepareTable(ctx)
	if err != nil {
		return err
	}
	return s.Err()
}

// PrepareTable makes the table where it is missing, and compares it and the rights of the
// user logged in with what a run needs.
func (db *DB) PrepareTable(ctx context.Context) (TableState, error) {
	return db.Apply(ctx, "", "", func(string, bool) {})
}

// madeByAnother: two runs made the same thing at once, which IF NOT EXISTS does
// not rule out in PostgreSQL.
func madeByAnother(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && strings.Contains("23505 42710 42P06 42P07", refused.Code)
}

// Present answers which of ids are in the table, in no order.
func (db *DB) Present(ctx context.Context, ids []string) ([]string, error) {
	rows, err := db.pool.Query(ctx, "SELECT id FROM "+Table+" WHERE id = ANY($1)", ids)
	if err != nil {
		return nil, fmt.Errorf("ask for ids: %w", db.fault(ctx, err))
	}
	present, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("ask for ids: %w", db.fault(ctx, err))
	}
	return present, nil
}

// CountPresent answers how many of ids are in the table.
func (db *DB) CountPresent(ctx context.Context, ids []string) (n int64, err error) {
	if err := db.pool.QueryRow(ctx, "SELECT count(*) FROM "+Table+" WHERE id = ANY($1)", ids).Scan(&n); err != nil {
		return 0, fmt.Errorf("count ids: %w", db.fault(ctx, err))
	}
	return n, nil
}

// CountAll returns how many rows the table has, whoever wrote them. It reads all of
// them.
func (db *DB) CountAll(ctx context.Context) (n int64, err error) {
	if err := db.pool.QueryRow(ctx, "SELECT count(*) FROM "+Table).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the table's rows: %w", db.fault(ctx, err))
	}
	return n, nil
}

// Delete removes the rows with these ids and answers how many there were.
func (db *DB) Delete(ctx context.Context, ids []string) (int64, error) {
	tag, err := db.pool.Exec(ctx, "DELETE FROM "+Table+" WHERE id = ANY($1)", ids)
	if err != nil {
		return 0, fmt.Errorf("delete rows: %w", db.fault(ctx, err))
	}
	return tag.RowsAffected(), nil
}

// RowsWritten is how many rows were ever inserted into the table, as
// PostgreSQL's statistics say about a second later. It costs next to nothing.
func (db *DB) RowsWritten(ctx context.Context) (n int64, err error) {
	err = db.pool.QueryRow(ctx, "SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname || '.' || relname = $1", Table).Scan(&n)
	return n, err
}
