//go:build unix

package dsql_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
)

// A pooler whose connections are all in use is waited for, and not for ever: neither
// between statements nor in the attempts of one.
func TestFullPooler(t *testing.T) {
	t.Parallel()
	const wait = time.Second
	for name, c := range map[string]struct {
		settings []string
		again    bool // a connection is given back
	}{
		"no client more":                {[]string{"pool_mode = transaction", "max_client_conn = 1"}, false},
		"a client more after a while":   {[]string{"pool_mode = transaction", "max_client_conn = 1"}, true},
		"no connection of the server's": {[]string{"pool_mode = session", "default_pool_size = 1", "query_wait_timeout = 2"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := dsqltest.WithTable(t)
			b, _ := startPooler(t, c.settings...)
			at := b.URL(a.Name)
			holder, err := pgx.Connect(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = holder.Close(context.Background()) }()
			if _, err := holder.Exec(t.Context(), "SELECT 1"); err != nil {
				t.Fatal(err)
			}
			db, err := dsql.Open(t.Context(), at, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if !c.again {
				db.SetWriteWait(wait)
			}
			s, err := db.NewInsert(bench.ByValues, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			retries := 0
			if !c.again {
				retries = 1000
			}
			start := time.Now()
			attempts := s.Run(ctx, dsqltest.Events(1), retries)
			last := attempts[len(attempts)-1].Failure
			if !last.Unconnected || failure.PoolerHint(last) == "" {
				t.Fatalf("%+v", last)
			}
			got := db.Await(ctx, last, func(bench.Failure) { _ = holder.Close(context.Background()) })
			if got != c.again || ctx.Err() != nil {
				t.Errorf("%t after %v", got, time.Since(start))
			}
			if !c.again && time.Since(start) < wait {
				t.Errorf("it was waited for %v only", time.Since(start))
			}
			if c.again && s.Run(ctx, dsqltest.Events(1), 0)[0].Affected != 1 {
				t.Error("it isn't full any more")
			}
		})
	}
}
