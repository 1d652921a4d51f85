package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/eventually"
)

// shortestWait is the shortest time between two questions to a database that took none.
const shortestWait = 100 * time.Millisecond

// A server that takes no writes any more, as after a failover, costs the statement that
// was sent. The others wait for one that does: not in the connection that can't, and
// without asking at every turn.
func TestReadOnlyInBetween(t *testing.T) {
	t.Parallel()
	for name, retries := range map[string]int{"with further attempts": 5, "without": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.beforeInsert("PERFORM pg_sleep(0.005);")
			database := f.Name
			readOnly := func(value string) { // of new sessions
				f.Do(fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = %s", database, value))
			}
			cut := func() {
				f.Do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			}
			ended := make(chan bench.Response, 1)
			go func() {
				inv := invocation(bench.Individual, 300, 1)
				inv.Retries = &retries
				r, err := f.try(context.Background(), inv)
				if err != nil {
					t.Error(err)
				}
				ended <- r
			}()
			eventually.True(t, "rows are inserted", func() bool { return f.rows() >= 20 })
			const refusals = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
			before, since := f.Number(refusals), time.Now()
			readOnly("on")
			cut() // one statement may be rolled back so
			eventually.True(t, "it is asked again and again", func() bool { return f.Number(refusals) >= before+4 })
			readOnly("off")
			r := <-ended
			lasted := time.Since(since)
			lost := r.Statements.Failed + r.Statements.Unknown
			if !r.Statements.Balanced() || r.Truncated || lost > int64(2-min(retries, 1)) || f.rows() != 300-r.Statements.Failed {
				t.Errorf("statements %+v, %d rows, errors %+v", *r.Statements, f.rows(), r.Errors)
			}
			if met := r.Retried["25006"] + r.ConnectRetries["25006"]; met < 2 || met > 2+int64(lasted/shortestWait) {
				t.Errorf("retried %v, waited %v, in %v", r.Retried, r.ConnectRetries, lasted)
			}
			if n := f.Number("SELECT count(*) FROM " + dsql.Table); n < 298 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

// A server that never took a write of the function's is no outage: the invocation ends
// with what it says.
func TestReadOnlyFromTheStart(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1} {
		f := start(t)
		role := fmt.Sprintf("r%d%s", retries, f.Name)
		f.Do("CREATE ROLE " + role + " LOGIN; ALTER ROLE " + role + " SET default_transaction_read_only = on; GRANT USAGE ON SCHEMA car_entities_schema TO " + role)
		f.Do("GRANT SELECT, INSERT ON " + dsql.Table + " TO " + role)
		inv := invocation(bench.Individual, 50_000, 1)
		inv.Retries = &retries
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r := f.by(dsqltest.NewProxy(t).Addr(), role).invoke(ctx, inv)
		if want := (bench.Account{Planned: 50_000, Failed: 1, NotStarted: 49_999}); *r.Statements != want || !r.Truncated || ctx.Err() != nil {
			t.Errorf("%d further attempts: statements %+v, truncated %t, want %+v", retries, *r.Statements, r.Truncated, want)
		}
		if len(r.Errors) != 1 || r.Errors[0].Kind != failure.NotWritable || r.Attempts != int64(1+retries) || len(r.ConnectRetries) != 0 {
			t.Errorf("%d further attempts: errors %+v, %d attempts, waited %v", retries, r.Errors, r.Attempts, r.ConnectRetries)
		}
	}
}
