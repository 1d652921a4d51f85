package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

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
			database := f.admin.Config().Database
			readOnly := func(value string) { // of new sessions
				f.do(fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = %s", database, value))
			}
			cut := func() {
				f.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
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
			for f.rows() < 20 {
				time.Sleep(5 * time.Millisecond)
			}
			readOnly("on")
			cut()
			time.Sleep(2 * time.Second) // as long as it lasts
			readOnly("off")
			r := <-ended
			lost := r.Statements.Failed + r.Statements.Unknown
			if !r.Statements.Balanced() || r.Truncated || lost > int64(2-min(retries, 1)) || f.rows() != 300-r.Statements.Failed {
				t.Errorf("statements %+v, %d rows, errors %+v", *r.Statements, f.rows(), r.Errors)
			}
			if met := r.Retried["25006"] + r.ConnectRetries["25006"]; met < 1 || met > 12 {
				t.Errorf("retried %v, waited %v", r.Retried, r.ConnectRetries)
			}
			if n := f.number("SELECT count(*) FROM " + dsql.Table); n < 298 {
				t.Errorf("%d rows", n)
			}
		})
	}
}
