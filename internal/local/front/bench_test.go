package front

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql"
	dsqltable "dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/postgrestest"
)

// BenchmarkBatches compares the throughput of 64 connections that send batches
// of 100 rows through the front with that of the same ones straight to
// PostgreSQL, in turn. The metric front/direct is their ratio.
func BenchmarkBatches(b *testing.B) {
	const conns, rows, batches = 64, 100, 320
	f := start(b, func(o *Options) { o.ServerConns = 16 })
	db := direct(b)
	run(b, db, dsqltable.Schema()...)
	through := openPool(b, urlFor(f, adminUser, tokenOf(b, adminUser), ""), conns)
	straight := openPool(b, postgrestest.Server(b).URL, conns)
	var tookThrough, tookStraight time.Duration
	send(b, through, 0, conns, rows)
	send(b, straight, 1, conns, rows)
	for i := 0; b.Loop(); i++ {
		run(b, db, "TRUNCATE "+dsql.Table)
		tookStraight += send(b, straight, 2*i+2, batches, rows)
		run(b, db, "TRUNCATE "+dsql.Table)
		tookThrough += send(b, through, 2*i+3, batches, rows)
	}
	perSecond := func(d time.Duration) float64 { return float64(b.N*batches*rows) / d.Seconds() }
	b.ReportMetric(perSecond(tookThrough), "front-rows/s")
	b.ReportMetric(perSecond(tookStraight), "direct-rows/s")
	b.ReportMetric(tookStraight.Seconds()/tookThrough.Seconds(), "front/direct")
}

func openPool(b *testing.B, url string, conns int) *pgxpool.Pool {
	b.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = int32(conns)
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// send sends batches and returns how long that took.
func send(b *testing.B, pool *pgxpool.Pool, round, batches, rows int) time.Duration {
	b.Helper()
	sql, data := dsql.InsertSQL(rows), strings.Repeat("d", 600)
	conns := int(pool.Config().MaxConns)
	began := time.Now()
	var wg sync.WaitGroup
	for worker := range conns {
		wg.Go(func() {
			for batch := worker; batch < batches; batch += conns {
				args := make([]any, 0, rows*6)
				for row := range rows {
					id := fmt.Sprintf("%d-%d-%d-0123456789abcdef", round, batch, row)
					args = append(args, id, "CarCreated", "car", began, began, data)
				}
				if tag, err := pool.Exec(context.Background(), sql, args...); err != nil || tag.RowsAffected() != int64(rows) {
					b.Errorf("batch %d: %v, %v", batch, tag, err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}
