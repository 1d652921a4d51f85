package table

import "github.com/jackc/pgx/v5"

// theTable is the table's row of pg_class. theUser is the row of pg_roles of user $2, or of
// the user logged in if $2 is empty.
const (
	theTable = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname || '.' || c.relname = $1::text`
	theUser  = `pg_catalog.pg_roles r ON r.rolname = coalesce(nullif($2::text, ''), current_user::text)`
)

// into collects rows as values of T, by position.
func into[T any](to *[]T, as pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, as)
		return err
	}
}

// intoOne collects the only row. Without a row it leaves to as it is.
func intoOne[T any](to *T, as pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		all, err := pgx.CollectRows(rows, as)
		if len(all) > 0 {
			*to = all[0]
		}
		return err
	}
}

// questions returns the queries that fill the catalog. Those that aren't optional read tables
// that Aurora DSQL has too (its User Guide, "Supported and unsupported catalog tables").
func (c *catalog) questions(user string, rights []string) []question {
	table, both := []any{Name}, []any{Name, user}
	return []question{
		{
			sql: `SELECT coalesce(nullif($2::text, ''), current_user::text), r.oid IS NOT NULL, coalesce(current_user::text = r.rolname, false),
			coalesce(NOT has_schema_privilege(r.oid, n.oid, 'USAGE'), false), c.oid IS NOT NULL, coalesce(c.relkind::text, ''),
			coalesce(c.relpersistence::text, ''), coalesce(c.relispartition, false)
			FROM (SELECT 1) AS one LEFT JOIN ` + theUser + `
			LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = split_part($1::text, '.', 1)
			LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = split_part($1::text, '.', 2)`,
			args: both, read: intoOne(&c.relation, pgx.RowToStructByPos[relation]),
		},
		{
			sql:  `SELECT p FROM ` + theTable + ` JOIN ` + theUser + ` CROSS JOIN unnest($3::text[]) AS p WHERE NOT has_table_privilege(r.oid, c.oid, p)`,
			args: append(both, rights), read: into(&c.missing, pgx.RowTo[string]),
		},
		{
			sql: `SELECT CASE WHEN n.oid IS NULL AND NOT has_database_privilege(r.oid, current_database(), 'CREATE') THEN '` + createOnDatabase + `'
			WHEN NOT has_schema_privilege(r.oid, n.oid, 'CREATE') THEN '` + createOnSchema + `' ELSE '' END
			FROM (SELECT 1) AS one JOIN ` + theUser + ` LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = split_part($1::text, '.', 1)
			WHERE r.rolname = current_user AND NOT EXISTS (SELECT FROM ` + theTable + `)`,
			args: both, read: intoOne(&c.needsRight, pgx.RowTo[string]), optional: true,
		},
		{
			sql: `SELECT a.attname::text, t.typname::text, format_type(a.atttypid, a.atttypmod),
			CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 ELSE 0 END,
			EXISTS (SELECT FROM pg_catalog.pg_namespace b WHERE b.oid = t.typnamespace AND b.nspname = 'pg_catalog'), a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
			a.attgenerated <> ''
			FROM ` + theTable + ` JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
			WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
			args: table, read: into(&c.columns, pgx.RowToStructByPos[columnFact]),
		},
		{
			sql: `SELECT i.relname::text, coalesce(k.conname::text, ''), x.indisprimary, x.indisunique, coalesce(k.contype = 'x', false), x.indimmediate, x.indisvalid,
			x.indpred IS NOT NULL, ARRAY(SELECT coalesce(a.attname::text, '') FROM generate_series(0, x.indnkeyatts - 1) AS at
				LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[at] AND a.attnum > 0 ORDER BY at)
			FROM ` + theTable + ` JOIN pg_catalog.pg_index x ON x.indrelid = c.oid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
			LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x') ORDER BY i.relname`,
			args: table, read: into(&c.indexes, pgx.RowToStructByPos[indexFact]),
		},
		{
			sql: `SELECT k.conname::text, k.contype::text, pg_get_constraintdef(k.oid) FROM ` + theTable + `
			JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid WHERE k.contype IN ('c', 'f') ORDER BY k.conname`,
			args: table, read: into(&c.constraints, pgx.RowToStructByPos[constraintFact]), optional: true,
		},
		{sql: `SELECT pg_is_in_recovery()`, read: intoOne(&c.replica, pgx.RowTo[bool]), optional: true},
		{
			sql: `SELECT name, current_setting(name), setting, source, coalesce(sourcefile, ''), session_user::text
			FROM pg_catalog.pg_settings WHERE name = ANY ($1::text[])`,
			args: []any{settingNames()}, read: into(&c.settings, pgx.RowToStructByPos[settingFact]), optional: true,
		},
		{sql: roleSettings, args: []any{user, settingNames()}, read: into(&c.roleSettings, pgx.RowToStructByPos[settingFact]), optional: true},
		{
			sql: `SELECT t.tgname::text, t.tgtype::int FROM ` + theTable + ` JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid
			WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') ORDER BY t.tgname`,
			args: table, read: into(&c.triggers, pgx.RowToStructByPos[triggerFact]), optional: true,
		},
		{
			sql: `SELECT w.rulename::text FROM ` + theTable + ` JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid
			WHERE w.ev_type <> '1' AND w.ev_enabled <> 'D' ORDER BY w.rulename`,
			args: table, read: into(&c.rules, pgx.RowTo[string]), optional: true,
		},
		{
			sql: `SELECT c.relrowsecurity AND NOT (r.rolsuper OR r.rolbypassrls) AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'))
			FROM ` + theTable + ` JOIN ` + theUser,
			args: both, read: intoOne(&c.secured, pgx.RowTo[bool]), optional: true,
		},
		{
			sql: `SELECT p.polname::text, p.polcmd::text, p.polpermissive FROM ` + theTable + ` JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid JOIN ` + theUser + `
			WHERE EXISTS (SELECT FROM unnest(p.polroles) AS o WHERE CASE WHEN o = 0 THEN true ELSE pg_has_role(r.oid, o, 'USAGE') END) ORDER BY p.polname`,
			args: both, read: into(&c.policies, pgx.RowToStructByPos[policyFact]), optional: true,
		},
		{
			sql: `SELECT k.relname::text FROM ` + theTable + ` JOIN pg_catalog.pg_inherits h ON h.inhparent = c.oid
			JOIN pg_catalog.pg_class k ON k.oid = h.inhrelid ORDER BY 1`,
			args: table, read: into(&c.children, pgx.RowTo[string]), optional: true,
		},
	}
}
