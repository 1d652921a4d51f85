package bench_test

import (
	"fmt"
	"strconv"
	"testing"

	"dsql-load-test/internal/local"
)

// BenchmarkFlat reports the cost of a row, the size of the results and the peak memory in runs
// of a growing number of rows with the same 64 invocations. The driver's CPU time includes the
// front's and the verification's. The cost of a run with 64 rows is subtracted. A bare
// loop that sends the same number of rows shows what a row costs more when the table is larger and
// the machine busier: bare_us/row. 5,000,000 rows take several GB of disk.
func BenchmarkFlat(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000, 5_000_000} {
		b.Run(fmt.Sprintf("batch/rows=%d", rows), func(b *testing.B) { benchmarkFlat(b, 2, rowsPerBatch, rows) })
	}
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("individual/rows=%d", rows), func(b *testing.B) { benchmarkFlat(b, 1, 1, rows) })
	}
}

func benchmarkFlat(b *testing.B, scenario, count, rows int) {
	binary := buildDriver(b)
	run := func(iterations, count int) used {
		return runDriver(b, binary, "--telemetry", "off", "--scenario", strconv.Itoa(scenario), "--num-lambdas", strconv.Itoa(connections),
			"--iterations", strconv.Itoa(iterations), "--count", strconv.Itoa(count))
	}
	iterations := rows / connections / count
	sent := float64(iterations * connections * count)
	target, pool, _ := startTarget(b, local.Options{NoFront: true, OwnConnections: 4 * connections})
	defer stopTarget(b, target, pool)
	bare := loop{URL: target.DatabaseURL, Statements: int64(iterations * connections), Rows: count}
	measured := map[string][]float64{}
	add := func(unit string, v float64) { measured[unit] = append(measured[unit], v) }
	for b.Loop() {
		least, u := run(1, 1), run(iterations, count)
		add("driver_us/row", 1e6*(u.cpu["driver"]-least.cpu["driver"])/sent)
		add("environments_us/row", 1e6*(u.cpu["environment"]-least.cpu["environment"])/sent)
		truncate(b, pool)
		add("bare_us/row", 1e6*bare.run(b).clients/sent)
		truncate(b, pool)
		add("driver_MiB", u.memory["driver"])
		add("json_KiB", u.sizes[".json"])
		add("html_KiB", u.sizes[".html"])
		add("wall_s", u.wall.Seconds())
	}
	for unit, values := range measured {
		b.ReportMetric(median(values), unit)
	}
}
