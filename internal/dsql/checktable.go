package dsql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TableState is what a look at the table found; it changes nothing.
type TableState struct {
	// User is whose rights were looked at.
	User   string
	Exists bool
	// NoUser: the user asked for isn't there.
	NoUser bool
	// NoSchema: the user has no right to look into the table's schema.
	NoSchema bool
	// Missing are the rights on the table that the user lacks, of those asked for.
	Missing []string
}

// Good: the table is there with every right asked for.
func (s TableState) Good() bool { return s.Exists && !s.NoUser && !s.NoSchema && len(s.Missing) == 0 }

// CheckTable looks whether the table is there, and which of rights (SELECT,
// INSERT, DELETE) user has on it; an empty user is the one logged in.
func (db *DB) CheckTable(ctx context.Context, user string, rights ...string) (TableState, error) {
	s := TableState{User: user}
	// Not to_regclass: it fails without the right to look into the schema.
	const exists = `SELECT coalesce(nullif($2, ''), current_user), EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname || '.' || c.relname = $1)`
	if err := db.pool.QueryRow(ctx, exists, Table, user).Scan(&s.User, &s.Exists); err != nil || !s.Exists {
		return s, wrapLook(err)
	}
	const query = `SELECT NOT has_schema_privilege($1::name, c.relnamespace, 'USAGE'),
		ARRAY(SELECT p FROM unnest($3::text[]) AS p WHERE NOT has_table_privilege($1::name, c.oid, p))
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = $2`
	err := db.pool.QueryRow(ctx, query, s.User, Table, rights).Scan(&s.NoSchema, &s.Missing)
	if unknownUser(err) {
		s.NoUser = true
		return s, nil
	}
	return s, wrapLook(err)
}

// Logins are the ARNs of the IAM roles and users that may log in as user, which
// AWS IAM GRANT wrote down. ok is false where the database tells nobody: it isn't
// DSQL, or the asking user has no right to look.
//
// Source: Aurora DSQL User Guide, "Using database roles and IAM authentication".
func (db *DB) Logins(ctx context.Context, user string) (arns []string, ok bool, err error) {
	const query = `SELECT arn FROM sys.iam_pg_role_mappings WHERE pg_role_name = $1 ORDER BY arn`
	rows, err := db.pool.Query(ctx, query, user)
	if err == nil {
		arns, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && slices.Contains([]string{"42P01", "3F000", "42501"}, refused.Code) { // no table, no schema, no right
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look who may log in as %s: %w", user, oneLine(err))
	}
	return arns, true, nil
}

func wrapLook(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("look for rights on table %s: %w", Table, oneLine(err))
}

// unknownUser: no role of that name (42704, undefined_object).
func unknownUser(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "42704"
}
