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
	for _, statement := range Grants(role, iamARN) {
		_, err := db.pool.Exec(ctx, statement)
		if err != nil && !there(err) {
			return fmt.Errorf("%s: %w", statement, oneLine(err))
		}
		tell(statement, err == nil)
	}
	return nil
}

// there: what the statement makes exists.
func there(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (madeByAnother(err) || refused.Code == "42710")
}
