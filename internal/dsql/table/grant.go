package table

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
)

// step is a statement that makes the schema, the table or the role, in its own transaction.
type step struct {
	sql string
	// there is a condition that holds if the statement's work is done already. It has the
	// parameters of theTable and theUser. Empty: SQL can't see that.
	there string
	// right is the right that the statement needs; empty if only an administrator has it.
	right string
}

// steps returns the statements of Grants.
func steps(role, iamARN string) []step {
	schema := Schema()
	const inSchema = "EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE $2::text IS NOT NULL AND n.nspname = split_part($1::text, '.', 1))"
	all := []step{
		{sql: schema[0], there: inSchema, right: createOnDatabase},
		{sql: schema[1], there: "EXISTS (SELECT FROM " + theTable + " WHERE $2::text IS NOT NULL)", right: createOnSchema},
	}
	if role == "" {
		return all
	}
	quoted := pgx.Identifier{role}.Sanitize()
	all = append(all, step{sql: "CREATE ROLE " + quoted + " WITH LOGIN", there: "EXISTS (SELECT FROM (SELECT $1::text) AS one JOIN " + theUser + ")"})
	if iamARN != "" {
		all = append(all, step{sql: "AWS IAM GRANT " + quoted + " TO '" + iamARN + "'"})
	}
	const rights = "has_table_privilege(r.oid, c.oid, 'SELECT') AND has_table_privilege(r.oid, c.oid, 'INSERT') AND has_table_privilege(r.oid, c.oid, 'DELETE')"
	return append(all,
		step{
			sql:   "GRANT USAGE ON SCHEMA car_entities_schema TO " + quoted,
			there: "EXISTS (SELECT FROM " + theTable + " JOIN " + theUser + " WHERE has_schema_privilege(r.oid, n.oid, 'USAGE'))",
		},
		step{
			sql:   "GRANT SELECT, INSERT, DELETE ON " + Name + " TO " + quoted,
			there: "EXISTS (SELECT FROM " + theTable + " JOIN " + theUser + " WHERE " + rights + ")",
		})
}

// Grants returns Schema and, unless role is empty, the statements that make a role which may
// write to the table. Unless iamARN is empty, that IAM identity may then log in to a cluster
// as the role. role must be a plain name, iamARN an ARN.
func Grants(role, iamARN string) []string {
	var statements []string
	for _, s := range steps(role, iamARN) {
		statements = append(statements, s.sql)
	}
	return statements
}

// Apply runs those statements of Grants whose work isn't done already, each in its own
// transaction, and calls report with each and whether it ran. Then it compares the table, and
// the rights of role or else of the user logged in, with what a run needs. If the table is
// missing and the user can't make it, Apply runs nothing and returns the reasons as
// differences.
func (t *Table) Apply(ctx context.Context, role, iamARN string, report func(statement string, done bool)) (State, error) {
	look := func(user string) (State, error) { return t.Check(ctx, user, "SELECT", "INSERT", "DELETE") }
	own, err := look("")
	if err != nil || (!own.Exists && len(own.Differences) > 0) {
		return own, err
	}
	var failed error
	for _, s := range steps(role, iamARN) {
		done, err := t.take(ctx, s, role)
		if failure.Refused(err, failure.NoRight) && s.right != "" { // the catalog didn't show that
			own.Differences = append(own.Differences, unmade(own.User, s.right, t.Pool.Config().ConnConfig.Database))
			return own, nil
		}
		if err != nil {
			failed = own.waited(err)
			break
		}
		report(s.sql, done)
	}
	if role == "" && own.Exists || ctx.Err() != nil {
		return own, failed
	}
	s, err := look(role)
	return s, errors.Join(failed, err)
}

// waited adds a hint to the error of a statement that took too long, if commits wait for a
// standby server.
func (s *State) waited(err error) error {
	i := slices.IndexFunc(s.Settings, func(set bench.ServerSetting) bool { return set.Name == standbyNames })
	if i < 0 || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return quote.Hint(err, "%s", s.Settings[i].String())
}

// take runs the statement of s unless its work is done, and reports whether it ran.
func (t *Table) take(ctx context.Context, s step, role string) (done bool, err error) {
	if s.there != "" {
		var there bool
		if err := t.Pool.QueryRow(ctx, "SELECT "+s.there, Name, role).Scan(&there); err != nil || there {
			return false, t.wrapLook(ctx, err)
		}
	}
	_, err = t.Pool.Exec(ctx, s.sql)
	switch {
	case failure.Refused(err, "23505", "42710", "42P06", "42P07"): // another run made the same at once, which IF NOT EXISTS doesn't rule out
		return false, nil
	case err == nil:
		return true, nil
	}
	err = fmt.Errorf("%s: %w", s.sql, t.Fault(ctx, err))
	if failure.Refused(err, failure.NoRight) && s.right == "" {
		err = quote.Hint(err, "run it as an administrator")
	}
	return false, err
}
