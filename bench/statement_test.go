package bench_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/local"
)

// BenchmarkStatement compares the forms of the INSERT, through the front and past it, without
// telemetry. One op is a round of each, alternately, on an empty table. It reports medians of the
// rounds:
//
//	PATH_rate    rows per second by unnest, divided by those by VALUES
//	PATH_cpu     CPU time a row of the processes that send statements, likewise
//	PATH_values_rows/s, PATH_values_us, PATH_unnest_us   the figures behind them, of CPU time in µs
func BenchmarkStatement(b *testing.B) {
	front, pool, through := startTarget(b, local.Options{OwnConnections: 4 * connections})
	defer stopTarget(b, front, pool)
	direct, other, past := startTarget(b, local.Options{DatabaseURL: front.DatabaseURL, NoFront: true})
	defer stopTarget(b, direct, other)
	paths := []path{{"direct", past, false}, {"front", through, false}}
	for _, size := range []struct{ rows, iterations int }{{1, 500}, {10, 200}, {100, 40}, {500, 8}} {
		b.Run(fmt.Sprint(size.rows), func(b *testing.B) {
			plan := bench.Plan{Scenario: bench.Batch, EventType: bench.CarCreated, Concurrency: connections}
			plan.Load = bench.Load{NumLambdas: connections, Iterations: size.iterations, Count: size.rows}
			for _, p := range paths { // warm: processes, connections, prepared statements
				compareForms(b, pool, p, plan, 0, map[string][]float64{})
			}
			measured := map[string][]float64{}
			for n := 0; b.Loop(); n++ {
				for _, p := range paths {
					compareForms(b, pool, p, plan, n, measured)
				}
			}
			for unit, values := range measured {
				b.ReportMetric(median(values), unit)
			}
		})
	}
}

// compareForms makes a round of each form; n says which is first.
func compareForms(b *testing.B, pool *pgxpool.Pool, p path, plan bench.Plan, n int, measured map[string][]float64) {
	took := map[bench.Form]cost{}
	for i := range bench.Forms() {
		plan.Statement = bench.Forms()[(i+n)%len(bench.Forms())]
		truncate(b, pool)
		took[plan.Statement] = round(b, p.client, plan, p.observed)
	}
	values, unnest, rows := took[bench.ByValues], took[bench.ByUnnest], float64(plan.Rows())
	for unit, v := range map[string]float64{
		"_rate": values.took.Seconds() / unnest.took.Seconds(), "_cpu": unnest.clients / values.clients,
		"_values_rows/s": rows / values.took.Seconds(), "_values_us": 1e6 * values.clients / rows, "_unnest_us": 1e6 * unnest.clients / rows,
	} {
		measured[p.name+unit] = append(measured[p.name+unit], v)
	}
}
