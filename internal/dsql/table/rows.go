package table

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// texts returns the texts that a query selects.
func (t *Table) texts(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, _ := t.Pool.Query(ctx, sql, args...) // the rows hold its error
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Present returns which of ids are in the table, in no order.
func (t *Table) Present(ctx context.Context, ids []string) ([]string, error) {
	present, err := t.texts(ctx, "SELECT id FROM "+Name+" WHERE id = ANY($1)", ids)
	if err != nil {
		return nil, fmt.Errorf("ask for ids: %w", t.Fault(ctx, err))
	}
	return present, nil
}

// CountPresent returns how many of ids are in the table.
func (t *Table) CountPresent(ctx context.Context, ids []string) (n int64, err error) {
	if err := t.Pool.QueryRow(ctx, "SELECT count(*) FROM "+Name+" WHERE id = ANY($1)", ids).Scan(&n); err != nil {
		return 0, fmt.Errorf("count ids: %w", t.Fault(ctx, err))
	}
	return n, nil
}

// CountAll returns how many rows the table has, including those of other runs. It reads all of
// them.
func (t *Table) CountAll(ctx context.Context) (n int64, err error) {
	if err := t.Pool.QueryRow(ctx, "SELECT count(*) FROM "+Name).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the table's rows: %w", t.Fault(ctx, err))
	}
	return n, nil
}

// Delete removes the rows with these ids and returns how many there were.
func (t *Table) Delete(ctx context.Context, ids []string) (int64, error) {
	tag, err := t.Pool.Exec(ctx, "DELETE FROM "+Name+" WHERE id = ANY($1)", ids)
	if err != nil {
		return 0, fmt.Errorf("delete rows: %w", t.Fault(ctx, err))
	}
	return tag.RowsAffected(), nil
}

// RowsWritten returns how many rows were ever inserted into the table. It reads PostgreSQL's
// statistics, which are about a second late and cost next to nothing.
func (t *Table) RowsWritten(ctx context.Context) (n int64, err error) {
	err = t.Pool.QueryRow(ctx, "SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname || '.' || relname = $1", Name).Scan(&n)
	return n, err
}
