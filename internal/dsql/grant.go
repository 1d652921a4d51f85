package dsql

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Grants is Schema, and where role isn't empty what makes a role that may write
// to the table; iamARN, where it isn't empty, may then log in to a cluster as it.
// role must be a plain name, iamARN an ARN.
func Grants(role, iamARN string) []string {
	statements := Schema()
	if role == "" {
		return statements
	}
	quoted := pgx.Identifier{role}.Sanitize()
	statements = append(statements, "CREATE ROLE "+quoted+" WITH LOGIN")
	if iamARN != "" {
		statements = append(statements, "AWS IAM GRANT "+quoted+" TO '"+iamARN+"'")
	}
	return append(statements,
		"GRANT USAGE ON SCHEMA car_entities_schema TO "+quoted,
		"GRANT SELECT, INSERT, DELETE ON "+Table+" TO "+quoted)
}

// Apply runs what Grants answers, each statement in a transaction of its own,
// and tells of each whether it was done or was there already.
func (db *DB) Apply(ctx context.Context, role, iamARN string, tell func(statement string, done bool)) error {
	present, err := db.present(ctx)
	if err != nil {
		return err
	}
	for i, statement := range Grants(role, iamARN) {
		_, err := db.pool.Exec(ctx, statement)
		if err != nil && !there(err) {
			return fmt.Errorf("%s: %w", statement, oneLine(err))
		}
		tell(statement, err == nil && !(i < len(present) && present[i]))
	}
	return nil
}

// present tells of each statement of Schema whether what it makes is there: IF NOT
// EXISTS succeeds in any case.
func (db *DB) present(ctx context.Context) ([]bool, error) {
	var schema, table bool
	const query = `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = split_part($1::text, '.', 1)), EXISTS (SELECT FROM ` + theTable + `)`
	if err := db.pool.QueryRow(ctx, query, Table).Scan(&schema, &table); err != nil {
		return nil, wrapLook(err)
	}
	return []bool{schema, table}, nil
}

// there: what the statement makes exists.
func there(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (madeByAnother(err) || refused.Code == "42710")
}
