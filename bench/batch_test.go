// Package bench_test measures the cost of the load test itself: the same batches through the
// whole path (Invoke API, environments, worker) and through a bare pgx loop, alternately, on
// PostgreSQL clusters with the same settings.
package bench_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/child"
)

const (
	connections  = 64
	rowsPerBatch = 100
	batches      = 4000 // a round
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

// BenchmarkBatch reports ours_rows/s, bare_rows/s and their ratio. One op is a round of
// each, on a fresh table. The bare loop makes its rows beforehand and only fills in new ids,
// so it is the upper limit for any client.
func BenchmarkBatch(b *testing.B) {
	target, pool, client := startTarget(b, local.Options{})
	defer stopTarget(b, target, pool)
	ours(b, client) // warm both sides: processes, connections, caches
	bare(b, pool)
	var oursTook, bareTook time.Duration
	for b.Loop() {
		truncate(b, pool)
		oursTook += ours(b, client)
		truncate(b, pool)
		bareTook += bare(b, pool)
	}
	rows := float64(b.N) * batches * rowsPerBatch
	b.ReportMetric(rows/oursTook.Seconds(), "ours_rows/s")
	b.ReportMetric(rows/bareTook.Seconds(), "bare_rows/s")
	b.ReportMetric(bareTook.Seconds()/oursTook.Seconds(), "ours/bare")
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

// ours is one round through the whole path.
func ours(b *testing.B, client *invoke.Client) time.Duration {
	plan := bench.Plan{
		RunID: ulid.Make().String(), Scenario: bench.Batch, EventType: bench.CarCreated, Concurrency: connections,
		Load: bench.Load{NumLambdas: connections, Iterations: batches / connections, Count: rowsPerBatch},
	}
	start := time.Now()
	results, _ := client.Run(context.Background(), context.Background(), plan, nil, nil)
	took := time.Since(start)
	summary, err := sum.Of(plan, results)
	if err != nil {
		b.Fatal(err)
	}
	if !summary.Rows.Complete() {
		b.Fatalf("rows: %+v %v %v", summary.Rows, summary.ErrorsByKind, summary.Errors)
	}
	// Scaled to a whole round: connections needn't divide batches.
	return time.Duration(float64(took) * batches * rowsPerBatch / float64(plan.Rows()))
}

// bare is one round of the same statement in a plain loop on each connection.
func bare(b *testing.B, pool *pgxpool.Pool) time.Duration {
	generator, err := event.New("bare", 1, bench.CarCreated)
	if err != nil {
		b.Fatal(err)
	}
	made := make([][]any, rowsPerBatch) // all but the id
	for i := range made {
		now := time.Now()
		e := generator.Event(nil, event.Position{Row: i}, now)
		made[i] = []any{string(e.Name), string(e.Type), now, now, e.Data}
	}
	sql := dsql.InsertSQL(rowsPerBatch)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range connections {
		wg.Go(func() {
			for next.Add(1) <= batches {
				args := make([]any, 0, rowsPerBatch*bench.RowParameters)
				for _, e := range made {
					args = append(append(args, uuid.NewString()), e...)
				}
				if tag, err := pool.Exec(context.Background(), sql, args...); err != nil || tag.RowsAffected() != rowsPerBatch {
					b.Errorf("%v: %v", tag, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
