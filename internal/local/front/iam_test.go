package front

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
)

// AWS IAM GRANT and REVOKE change sys.iam_pg_role_mappings, in their transaction.
func TestIAMMappings(t *testing.T) {
	f := start(t, nil)
	ctx := context.Background()
	const quoted = `iam "it's"`
	name := pgx.Identifier{quoted}.Sanitize()
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		check := func(want ...string) {
			t.Helper()
			rows, err := c.Query(ctx, "SELECT pg_role_name || ' ' || arn FROM sys.iam_pg_role_mappings ORDER BY pg_role_name, arn")
			if err != nil {
				t.Fatal(err)
			}
			got, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("%s: %v, -want +got:\n%s", mode, err, diff)
			}
		}
		run(t, c, "CREATE ROLE iam_app WITH LOGIN", "CREATE ROLE "+name)
		for sql, tag := range map[string]string{
			"aws iam grant IAM_APP to 'arn:a'": "GRANT", "AWS IAM GRANT iam_app TO 'arn:''b'": "GRANT", "AWS IAM GRANT " + name + " TO $$arn:a$$": "GRANT",
			"AWS IAM REVOKE iam_app FROM 'never granted'": "REVOKE",
		} {
			if got, err := c.Exec(ctx, sql); err != nil || got.String() != tag {
				t.Errorf("%s: %s: %s, %v", mode, sql, got, err)
			}
		}
		run(t, c, "AWS IAM GRANT iam_app TO 'arn:a'") // again
		check(quoted+" arn:a", "iam_app arn:'b", "iam_app arn:a")
		var oids bool
		const look = `SELECT iam_oid > 0 AND pg_role_oid = 'iam_app'::regrole AND grantor_pg_role_oid > 0 AND grantor_pg_role_name = 'admin'
			FROM sys.iam_pg_role_mappings WHERE pg_role_name = 'iam_app' AND arn = 'arn:a'`
		if err := c.QueryRow(ctx, look).Scan(&oids); err != nil || !oids {
			t.Errorf("%s: columns: %t, %v", mode, oids, err)
		}
		run(t, c, "BEGIN", "AWS IAM REVOKE iam_app FROM 'arn:a'", "ROLLBACK")
		run(t, c, "AWS IAM REVOKE iam_app FROM 'arn:''b'", "DROP ROLE "+name)
		check("iam_app arn:a")
		run(t, c, "AWS IAM REVOKE iam_app FROM 'arn:a'")
		check()
		run(t, c, "DROP ROLE iam_app")
	}
	c := connect(t, f, "")
	for _, tt := range []struct{ sql, code, message string }{
		{"AWS IAM GRANT nobody TO 'arn:a'", "42704", `role "nobody" does not exist`},
		{"AWS IAM REVOKE nobody FROM 'arn:a'", "42704", `role "nobody" does not exist`},
		{"AWS IAM GRANT nobody FROM 'arn:a'", "42601", `syntax error at or near "FROM"`},
		{"AWS IAM GRANT a.b TO 'arn:a'", "42601", `syntax error at or near "a"`},
		{"AWS IAM REVOKE nobody FROM arn", "42601", `syntax error at or near "arn"`},
		{"AWS IAM REVOKE nobody FROM 'arn' CASCADE", "42601", `syntax error at or near "CASCADE"`},
		{"AWS IAM GRANT nobody TO", "42601", `syntax error at or near ""`},
		{"AWS S3 LIST", "42601", `syntax error at or near "S3"`},
	} {
		_, err := c.Exec(ctx, tt.sql)
		wantCode(t, err, tt.code, tt.message)
		if t.Failed() {
			t.Fatal(tt.sql)
		}
	}
}
