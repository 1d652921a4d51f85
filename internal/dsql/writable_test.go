package dsql_test

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/eventually"
)

// readOnly is the failure of a statement at a server that takes no writes.
func readOnly() bench.Failure {
	return bench.Failure{Kind: failure.NotWritable, SQLSTATE: failure.NotWritable, Outcome: bench.Failed}
}

// A server that takes no writes is waited for where it took some, and not for ever.
func TestAwaitWritable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrote, again, want bool
		least              int // failures told
	}{
		"it never took one":    {false, false, false, 0},
		"it takes none longer": {true, false, false, 1},
		"it takes them again":  {true, true, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := dsqltest.WithTable(t)
			role := a.Superuser()
			db, all := a.Open(role), dsqltest.Events(2)
			if c.again {
				db.SetWriteWait(patience)
			} else {
				db.SetWriteWait(300 * time.Millisecond)
			}
			s, err := db.NewInsert(bench.ByValues, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if c.wrote {
				s.Run(t.Context(), all[:1], 0)
				a.Do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role + "'")
			}
			a.Do("ALTER ROLE " + role + " SET default_transaction_read_only = on")
			attempts := s.Run(t.Context(), all[1:], 1) // the first may tell of the connection that was ended
			last := attempts[len(attempts)-1].Failure
			if last.Kind != failure.NotWritable {
				t.Fatalf("%+v", last)
			}
			told, start := 0, time.Now()
			got := db.Await(t.Context(), last, func(f bench.Failure) {
				told++
				if f.Kind != failure.NotWritable {
					t.Errorf("%+v", f)
				}
				if c.again {
					a.Do("ALTER ROLE " + role + " RESET default_transaction_read_only")
				}
			})
			if got != c.want || told < c.least || c.least == 0 && told > 0 || time.Since(start) > patience/2 {
				t.Errorf("%t after %d failures and %v", got, told, time.Since(start))
			}
			if c.again && s.Run(t.Context(), all[1:], 0)[0].Affected != 1 {
				t.Error("it takes no writes again")
			}
		})
	}
}

// A wait whose time is over while the server is asked is over.
func TestAwaitOverWhileAsking(t *testing.T) {
	t.Parallel()
	a, db := dsqltest.WithTable(t)
	s, err := db.NewInsert(bench.ByValues, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Run(t.Context(), dsqltest.Events(1), 0) // so that it is waited for
	a.Do("BEGIN; LOCK TABLE " + dsql.Table)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if db.Await(ctx, readOnly(), func(bench.Failure) {}) {
		t.Error("a statement is to be sent although there is no time for it")
	}
	if ctx.Err() == nil {
		t.Error("it didn't wait: the test shows nothing")
	}
}

// A statement that fails late, in a connection to the server of before, leaves alone
// those to the one of now.
func TestLateFailureKeepsNewConnections(t *testing.T) {
	t.Parallel()
	a, db := dsqltest.WithTable(t)
	a.Do("CREATE SEQUENCE nth")
	a.Do(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		DECLARE n bigint := nextval('nth');
		BEGIN
			IF n = 1 THEN PERFORM pg_advisory_xact_lock(1); END IF;
			IF n <= 2 THEN RAISE 'cannot execute INSERT in a read-only transaction' USING ERRCODE = '25006'; END IF;
			RETURN NEW;
		END $$`)
	a.Do("CREATE TRIGGER refuse BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION refuse()")
	a.Do("SELECT pg_advisory_lock(1)")
	all, late := dsqltest.Events(3), make(chan []bench.Attempt, 1)
	run := func(n int) []bench.Attempt {
		s, err := db.NewInsert(bench.ByValues, 1)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer s.Close()
		return s.Run(context.Background(), all[n:n+1], 1)
	}
	go func() { late <- run(0) }()
	eventually.True(t, "the first statement waits for a lock", func() bool {
		return a.Number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
	})
	const used = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY query_start DESC LIMIT 1"
	if attempts := run(1); len(attempts) != 2 || attempts[1].Affected != 1 {
		t.Fatalf("%+v", attempts)
	}
	before := a.Number(used)
	a.Do("SELECT pg_advisory_unlock(1)")
	if attempts := <-late; len(attempts) != 2 || attempts[0].Failure.Kind != failure.NotWritable || attempts[1].Affected != 1 {
		t.Fatalf("%+v", attempts)
	}
	if after := a.Number(used); after != before {
		t.Errorf("process %d served the one before, and %d the late one's second attempt", before, after)
	}
}
