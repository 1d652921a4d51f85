package front

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A statement with ASYNC returns the id of a job that sys.jobs has.
func TestJobs(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	ctx := context.Background()
	for _, mode := range []string{"cache_statement", "exec", "simple_protocol"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		run(t, c, "ALTER TABLE "+name+" ADD CONSTRAINT positive CHECK (id > 0) NOT VALID")
		for _, tt := range []struct{ sql, kind, object, class string }{
			{"CREATE INDEX ASYNC " + name + "_i ON " + name + " (v)", "INDEX_BUILD", "public." + name + "_i", "pg_class"},
			{"CREATE UNIQUE INDEX ASYNC ON " + name + " (v, id)", "INDEX_BUILD", "public." + name + "_v_id_idx", "pg_class"},
			{"ALTER TABLE ASYNC " + name + " VALIDATE CONSTRAINT positive", "VALIDATE_CONSTRAINT", "public.positive", "pg_constraint"},
		} {
			rows, err := c.Query(ctx, tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			id, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
			if err != nil || len(id) != 26 || id != strings.ToLower(id) || rows.FieldDescriptions()[0].Name != "job_id" {
				t.Fatalf("%s, %s: job %q, %v", mode, tt.sql, id, err)
			}
			var kind, status, object, class string
			var succeeded bool
			err = c.QueryRow(ctx, "SELECT job_type, status, object_name, class_id::regclass::text FROM sys.jobs WHERE job_id = $1", id).Scan(&kind, &status, &object, &class)
			if err != nil || kind != tt.kind || status != "completed" || object != tt.object || class != tt.class {
				t.Errorf("%s, %s: job %s %s of %s in %s, %v", mode, tt.sql, kind, status, object, class, err)
			}
			if err := c.QueryRow(ctx, "CALL sys.wait_for_job('"+id+"')").Scan(&succeeded); err != nil || !succeeded {
				t.Errorf("%s, %s: wait: %v, %v", mode, tt.sql, succeeded, err)
			}
		}
		run(t, c, "DROP INDEX "+name+"_i", "DROP INDEX "+name+"_v_id_idx", "ALTER TABLE "+name+" DROP CONSTRAINT positive")
		run(t, c, "BEGIN", "CREATE INDEX ASYNC "+name+"_gone ON "+name+" (v)", "ROLLBACK")
		if n := count(t, c, "sys.jobs WHERE object_name LIKE '%_gone'"); n != 0 {
			t.Errorf("%d jobs of an index that was rolled back", n)
		}
	}
}

// A job that isn't there is an error, and the procedure is no function.
func TestWaitForJob(t *testing.T) {
	f := start(t, nil)
	name := table(t)
	ctx := context.Background()
	for _, mode := range []string{"cache_statement", "simple_protocol"} {
		c := connect(t, f, "default_query_exec_mode="+mode)
		_, err := c.Exec(ctx, "CALL sys.wait_for_job('nobody')")
		wantCode(t, err, "22023", "job nobody does not exist")
		_, err = c.Exec(ctx, "SELECT sys.wait_for_job('nobody')")
		wantCode(t, err, "42809", "sys.wait_for_job(unknown) is a procedure")
		var id string
		if err := c.QueryRow(ctx, "CREATE INDEX ASYNC ON "+name+" (v)").Scan(&id); err != nil {
			t.Fatal(err)
		}
		rows, err := c.Query(ctx, `CALL "sys".wait_for_job($1)`, id)
		if err != nil {
			t.Fatal(err)
		}
		succeeded, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool])
		if err != nil || !succeeded || rows.FieldDescriptions()[0].Name != "succeeded" {
			t.Errorf("%s: %t, %v", mode, succeeded, err)
		}
	}
}
