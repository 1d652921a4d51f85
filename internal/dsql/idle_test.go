package dsql_test

import (
	"context"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/eventually"
)

// A statement on a connection that the server ended for being idle, or for another
// reason while nobody used it, is sent again on another one.
func TestEndedWhileIdle(t *testing.T) {
	for name, end := range map[string]func(a dsqltest.Database){
		"by its time limit": func(dsqltest.Database) {},
		"by another": func(a dsqltest.Database) {
			a.Do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := dsqltest.WithTable(t)
			role := a.Superuser()
			if name == "by its time limit" {
				a.Do("ALTER ROLE " + role + " SET idle_session_timeout = 20")
			}
			all, db := dsqltest.Events(8), a.Open(role)
			s, err := db.NewInsert(bench.ByValues, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			again := 0
			for i := range all {
				attempts := s.Run(context.Background(), all[i:i+1], 5)
				again += len(attempts) - 1
				for n, at := range attempts {
					if want := n < len(attempts)-1; want != (at.Failure.Outcome == bench.Failed) || at.Failure.Outcome == bench.Unknown || at.Failure.Kind == failure.ClientError {
						t.Errorf("statement %d, attempt %d: %+v", i, n, at.Failure)
					}
				}
				end(a)
				eventually.True(t, "the connection is ended", func() bool {
					return a.Number("SELECT count(*) FROM pg_stat_activity WHERE usename = '"+role+"'") == 0
				})
			}
			if n := a.Number("SELECT count(*) FROM " + dsql.Table); n != int64(len(all)) {
				t.Errorf("%d rows of %d", n, len(all))
			}
			if again == 0 {
				t.Error("nothing was sent again: the test shows nothing")
			}
		})
	}
}
