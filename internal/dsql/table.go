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
		"CREATE TABLE IF NOT EXISTS " + Table + ` (
	id VARCHAR(255) PRIMARY KEY,
	event_name VARCHAR(255) NOT NULL,
	event_type VARCHAR(255),
	created_date TIMESTAMPTZ,
	saved_date TIMESTAMPTZ,
	event_data TEXT NOT NULL)`,
	}
}

// EnsureTable makes the table where it is missing, and fails when the user
// lacks a right on it that a run needs, naming the GRANT that cures it.
func (db *DB) EnsureTable(ctx context.Context) error {
	var exists bool
	if err := db.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", Table).Scan(&exists); err != nil {
		if refusedRight(err) {
			return db.grants("schema car_entities_schema: permission denied", "GRANT USAGE ON SCHEMA car_entities_schema")
		}
		return fmt.Errorf("look for table %s: %w", Table, err)
	}
	if !exists {
		return db.makeTable(ctx)
	}
	return db.checkRights(ctx)
}

func (db *DB) makeTable(ctx context.Context) error {
	// The right that each statement of Schema needs, in its order.
	rights := []string{
		"GRANT CREATE ON DATABASE " + pgx.Identifier{db.pool.Config().ConnConfig.Database}.Sanitize(),
		"GRANT CREATE ON SCHEMA car_entities_schema",
	}
	for i, ddl := range Schema() {
		_, err := db.pool.Exec(ctx, ddl)
		if refusedRight(err) {
			return db.grants(fmt.Sprintf("table %s is missing and may not be made: %v", Table, err), rights[i])
		}
		if err != nil && !madeByAnother(err) {
			return fmt.Errorf("make table %s: %w", Table, err)
		}
	}
	return nil
}

func (db *DB) checkRights(ctx context.Context) error {
	const query = `SELECT coalesce(string_agg(p, ', '), '') FROM unnest(ARRAY['SELECT', 'INSERT', 'DELETE']) AS p
		WHERE NOT has_table_privilege($1, p)`
	var missing string
	if err := db.pool.QueryRow(ctx, query, Table).Scan(&missing); err != nil {
		return fmt.Errorf("look for rights on table %s: %w", Table, err)
	}
	if missing != "" {
		return db.grants(fmt.Sprintf("table %s: no right to %s", Table, missing), "GRANT "+missing+" ON "+Table)
	}
	return nil
}

// grants is an error with the statement that an administrator can cure it by.
func (db *DB) grants(problem, grant string) error {
	user := pgx.Identifier{db.pool.Config().ConnConfig.User}.Sanitize()
	return fmt.Errorf("%s; as an administrator: %s TO %s", problem, grant, user)
}

func refusedRight(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "42501"
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
		return nil, fmt.Errorf("ask for ids: %w", oneLine(err))
	}
	present, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("ask for ids: %w", oneLine(err))
	}
	return present, nil
}

// CountPresent answers how many of ids are in the table.
func (db *DB) CountPresent(ctx context.Context, ids []string) (n int64, err error) {
	if err := db.pool.QueryRow(ctx, "SELECT count(*) FROM "+Table+" WHERE id = ANY($1)", ids).Scan(&n); err != nil {
		return 0, fmt.Errorf("count ids: %w", oneLine(err))
	}
	return n, nil
}

// CountAll returns how many rows the table has, whoever wrote them. It reads all of
// them.
func (db *DB) CountAll(ctx context.Context) (n int64, err error) {
	if err := db.pool.QueryRow(ctx, "SELECT count(*) FROM "+Table).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the table's rows: %w", oneLine(err))
	}
	return n, nil
}

// Delete removes the rows with these ids and answers how many there were.
func (db *DB) Delete(ctx context.Context, ids []string) (int64, error) {
	tag, err := db.pool.Exec(ctx, "DELETE FROM "+Table+" WHERE id = ANY($1)", ids)
	if err != nil {
		return 0, fmt.Errorf("delete rows: %w", oneLine(err))
	}
	return tag.RowsAffected(), nil
}

// RowsWritten is how many rows were ever inserted into the table, as
// PostgreSQL's statistics say about a second later. It costs next to nothing.
func (db *DB) RowsWritten(ctx context.Context) (n int64, err error) {
	err = db.pool.QueryRow(ctx, "SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname || '.' || relname = $1", Table).Scan(&n)
	return n, err
}
