package table

import (
	"context"
	"fmt"
	"slices"

	"dsql-load-test/internal/dsql/failure"
)

// Check compares the table with what the statements of a load test need, and rights (SELECT,
// INSERT, DELETE) with the rights of user; an empty user is the one logged in. It changes
// nothing.
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

// withoutColumnRights returns those of rights that the user lacks on a column too: for INSERT
// a column of the statements, for SELECT one that DB.Stored reads.
func (t *Table) withoutColumnRights(ctx context.Context, user string, rights []string) ([]string, error) {
	if !slices.Contains(rights, "SELECT") && !slices.Contains(rights, "INSERT") {
		return rights, nil
	}
	const query = `SELECT p FROM ` + theTable + ` JOIN ` + theUser + ` CROSS JOIN unnest($3::text[]) AS p
		WHERE p = 'DELETE' OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
			AND a.attname = ANY (CASE p WHEN 'SELECT' THEN '{id,event_data}' ELSE $4::text[] END) AND NOT has_column_privilege(r.oid, c.oid, a.attnum, p))`
	missing, err := t.texts(ctx, query, Name, user, rights, columnNames())
	if failure.Absent(err) { // only the rights on the table are known
		return rights, nil
	}
	return missing, t.wrapLook(ctx, err)
}

// Logins returns the ARNs of the IAM roles and users that may log in as user, as AWS IAM GRANT
// recorded them. ok is false if the database doesn't show them: it isn't DSQL, or the user
// logged in has no right to see them.
//
// Source: Aurora DSQL User Guide, "Using database roles and IAM authentication".
func (t *Table) Logins(ctx context.Context, user string) (arns []string, ok bool, err error) {
	const query = `SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = $1 ORDER BY arn`
	arns, err = t.texts(ctx, query, user)
	if failure.Refused(err, "42P01", "3F000", failure.NoRight) { // no table, no schema
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look who may log in as %s: %w", user, failure.OneLine(err))
	}
	return arns, true, nil
}
