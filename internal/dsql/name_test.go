package dsql_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/eventually"
)

const (
	oneRun     = "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W"
	anotherRun = "01M850BJEVW2N143JB0YS2GE2T"
)

// names counts the database's sessions of other connections by name.
func names(a dsqltest.Database) map[string]int64 {
	all := map[string]int64{}
	for _, name := range []string{"dsqlload", "dsqlload/" + oneRun, "dsqlload/" + anotherRun, "mine", "spare"} {
		const sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()"
		if n := a.Number(sql, name); n > 0 {
			all[name] = n
		}
	}
	return all
}

// TestNames: one pool serves one run after the other, and then nobody in particular.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, extra string
		want        []map[string]int64 // after each step
	}{
		{"ours", "", []map[string]int64{{"dsqlload/" + oneRun: 1}, {"dsqlload/" + oneRun: 1}, {"dsqlload/" + anotherRun: 1}, {"dsqlload/" + anotherRun: 1}, {"dsqlload": 1}}},
		{"the user's", "&application_name=mine", []map[string]int64{{"mine": 1}, {"mine": 1}, {"mine": 1}, {"mine": 1}, {"mine": 1}}},
		{"the user's second choice", "&fallback_application_name=spare", []map[string]int64{{"spare": 1}, {"spare": 1}, {"spare": 1}, {"spare": 1}, {"spare": 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := dsqltest.New(t)
			db, err := dsql.Open(t.Context(), a.As("postgres")+c.extra, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var pids []string
			anyone := t.Context()
			for i, ctx := range []context.Context{dsql.ForRun(anyone, oneRun), dsql.ForRun(anyone, oneRun), dsql.ForRun(anyone, anotherRun), anyone, dsql.ForRun(anyone, "")} {
				if err := db.Do(ctx, "SELECT 1"); err != nil {
					t.Fatal(err)
				}
				pid, err := db.PID(anyone)
				if err != nil {
					t.Fatal(err)
				}
				pids = append(pids, pid)
				eventually.Nil(t, func() error { // a connection that was closed ends a little later
					if diff := cmp.Diff(c.want[i], names(a)); diff != "" {
						return fmt.Errorf("step %d, -want +got\n%s", i, diff)
					}
					return nil
				})
			}
			// The second use of a run, and one that is of no run, keep the connection.
			kept := []bool{pids[1] == pids[0], pids[2] == pids[1], pids[3] == pids[2], pids[4] == pids[3]}
			want := []bool{true, c.extra != "", true, c.extra != ""}
			if diff := cmp.Diff(want, kept); diff != "" {
				t.Errorf("connections kept, -want +got\n%s", diff)
			}
		})
	}
}
