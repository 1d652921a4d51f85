package table

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/failure"
)

// Check compares the table with what the statements of a load test need, and
// rights (SELECT, INSERT, DELETE) with those that user has; an empty user is the one
// logged in. It changes nothing.
func (t *Table) Check(ctx context.Context, user string, rights ...string) (State, error) {
	facts, err := t.readCatalog(ctx, user, rights)
	if err != nil {
		return State{User: user}, err
	}
	c := &comparison{catalog: facts, wanted: rights, database: t.Pool.Config().ConnConfig.Database, cluster: t.Cluster}
	if c.missing, err = t.withoutColumnRights(ctx, user, facts.missing); err != nil {
		return State{User: user}, err
	}
	return c.compare(), nil
}

// withoutColumnRights are those of rights on the table that the user doesn't have on
// each column that the statements name either; of SELECT, those that the look for a
// statement's rows reads.
func (t *Table) withoutColumnRights(ctx context.Context, user string, rights []string) ([]string, error) {
	if !slices.Contains(rights, "SELECT") && !slices.Contains(rights, "INSERT") {
		return rights, nil
	}
	const query = `SELECT p FROM ` + theTable + ` JOIN ` + theUser + ` CROSS JOIN unnest($3::text[]) AS p
		WHERE p = 'DELETE' OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
			AND a.attname = ANY (CASE p WHEN 'SELECT' THEN '{id,event_data}' ELSE $4::text[] END) AND NOT has_column_privilege(r.oid, c.oid, a.attnum, p))`
	rows, err := t.Pool.Query(ctx, query, Name, user, rights, columnNames())
	var missing []string
	if err == nil {
		missing, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if failure.Absent(err) { // the table's rights are all that is known
		return rights, nil
	}
	return missing, t.wrapLook(ctx, err)
}

// Logins are the ARNs of the IAM roles and users that may log in as user, which
// AWS IAM GRANT wrote down. ok is false where the database tells nobody: it isn't
// DSQL, or the asking user has no right to look.
//
// Source: Aurora DSQL User Guide, "Using database roles and IAM authentication".
func (t *Table) Logins(ctx context.Context, user string) (arns []string, ok bool, err error) {
	const query = `SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = $1 ORDER BY arn`
	rows, err := t.Pool.Query(ctx, query, user)
	if err == nil {
		arns, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && slices.Contains([]string{"42P01", "3F000", "42501"}, refused.Code) { // no table, no schema, no right
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look who may log in as %s: %w", user, failure.OneLine(err))
	}
	return arns, true, nil
}
