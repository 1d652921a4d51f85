// Package bench_test measures the cost of the load test itself, beside the least that any
// client could cost. docs/performance.md has the results.
package bench_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/child"
)

const (
	connections  = 64
	rowsPerBatch = 100
)

func TestMain(m *testing.M) {
	switch child.Role() {
	case sinkRole:
		sink()
		return
	case invokeAPIRole:
		invokeAPI()
		return
	case callerRole:
		caller()
		return
	case loopRole:
		bareLoop()
		return
	case frontRole:
		serveProxy(startBenchFront)
		return
	case relayRole:
		serveProxy(startRelay)
		return
	}
	if local.RunRole(os.Getenv) {
		return
	}
	os.Exit(m.Run())
}

// startTarget starts a local target with the table, and a client that calls it. It fills in
// options that aren't set.
func startTarget(b *testing.B, o local.Options) (*local.Target, *pgxpool.Pool, *invoke.Client) {
	ctx := context.Background()
	o.FunctionName, o.Region, o.InFlight, o.FunctionTimeout = "bench", "us-east-1", 2*connections, 15*time.Minute
	o.EnvConcurrency, o.OwnConnections = local.EnvConcurrencyFor(connections), cmp.Or(o.OwnConnections, 2*connections)
	target, err := local.Start(ctx, o)
	if err != nil {
		b.Fatal(err)
	}
	pool, err := pgxpool.New(ctx, fmt.Sprintf("%s&pool_max_conns=%d", target.DatabaseURL, connections))
	if err != nil {
		b.Fatal(err)
	}
	for _, ddl := range table.Schema() {
		if _, err := pool.Exec(ctx, ddl); err != nil {
			b.Fatal(err)
		}
	}
	client, err := invoke.NewClient(ctx, invoke.Options{
		FunctionName: "bench", Region: "us-east-1", EndpointURL: target.Endpoint, LocalCredentials: true,
		Concurrency: connections, Timeout: 16 * time.Minute,
	})
	if err != nil {
		b.Fatal(err)
	}
	return target, pool, client
}

func stopTarget(b *testing.B, target *local.Target, pool *pgxpool.Pool) {
	pool.Close()
	if err := target.Stop(); err != nil {
		b.Error(err)
	}
}

func truncate(b *testing.B, pool *pgxpool.Pool) {
	if _, err := pool.Exec(context.Background(), "TRUNCATE "+dsql.Table); err != nil {
		b.Fatal(err)
	}
}
