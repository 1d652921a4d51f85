package bench_test

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/telemetry/relay"
)

// BenchmarkTelemetry reports the cost of telemetry: the rate with telemetry divided by the
// rate without (on/off_rate), and the same for the CPU time per row of the driver and the
// environments (on/off_cpu). One op is a round of each, on a fresh table.
func BenchmarkTelemetry(b *testing.B) {
	b.Run("individual", func(b *testing.B) {
		benchmarkTelemetry(b, bench.Individual, bench.Load{NumLambdas: connections, Iterations: 400, Count: 1})
	})
	b.Run("batch", func(b *testing.B) {
		benchmarkTelemetry(b, bench.Batch, bench.Load{NumLambdas: connections, Iterations: 60, Count: rowsPerBatch})
	})
}

func benchmarkTelemetry(b *testing.B, scenario bench.Scenario, load bench.Load) {
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+startSink(b))
	target, pool, client := startTarget(b, local.Options{})
	defer stopTarget(b, target, pool)
	plan := bench.Plan{Scenario: scenario, EventType: bench.CarCreated, Concurrency: connections, Load: load}
	for _, observed := range []bool{true, false} { // warm: processes, connections, caches
		truncate(b, pool)
		round(b, client, plan, observed)
	}
	var on, off cost
	for n := 0; b.Loop(); n++ {
		// Alternately; each side goes first equally often.
		for _, observed := range []bool{n%2 == 0, n%2 != 0} {
			truncate(b, pool)
			c := round(b, client, plan, observed)
			if observed {
				on.add(c)
			} else {
				off.add(c)
			}
		}
	}
	b.ReportMetric(off.took.Seconds()/on.took.Seconds(), "on/off_rate")
	b.ReportMetric(on.cpu()/off.cpu(), "on/off_cpu")
	b.ReportMetric(1e6*off.cpu()/float64(b.N)/float64(plan.Statements()), "off_cpu_us/statement")
}

// cost is the time of a round and its CPU time in seconds.
type cost struct {
	took    time.Duration
	clients float64 // of the processes that send statements
	own     float64 // of this process
	server  float64 // of PostgreSQL
}

func (c *cost) add(o cost) {
	c.took += o.took
	c.clients += o.clients
	c.own += o.own
	c.server += o.server
}

func (c *cost) cpu() float64 { return c.clients + c.own }

// runID is that of all rounds: connections carry it as their name, so that another would open new
// ones, as a run does in its warm-up.
var runID = ulid.Make().String()

// round runs the plan once, with or without telemetry, until the last span is sent.
func round(b *testing.B, client *invoke.Client, plan bench.Plan, observed bool) cost {
	plan.RunID = runID
	ctx := context.Background()
	before := usedCPU(b)
	var d *relay.Driver
	if observed {
		var err error
		d, err = relay.Open(ctx, relay.Options{
			RunID: plan.RunID, Target: bench.Local, FunctionName: "bench", Region: "us-east-1", Mode: bench.TelemetryRelay,
			Detail: bench.DetailAuto, Slow: 100, Start: time.Now(), Now: time.Now, Getenv: os.Getenv, Required: true,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	stage := d.Begin(string(plan.Scenario), plan)
	start := time.Now()
	results, _ := client.Run(ctx, ctx, plan, stage, invoke.News{})
	took := time.Since(start)
	stage.End(took)
	ledger := d.Close(ctx, bench.Complete)
	used := usedCPU(b)
	summary, err := sum.Of(plan, results)
	if err != nil {
		b.Fatal(err)
	}
	if !summary.Rows.Complete() || !ledger.OK {
		b.Fatalf("rows %+v, telemetry %s", summary.Rows, ledger.Problem)
	}
	if n := ledger.Spans.Driver.Passed + ledger.Spans.NotKept; observed && n < plan.Statements() {
		b.Fatalf("%d spans, with those not kept, for %d statements", n, plan.Statements())
	}
	return cost{took: took, clients: used.clients - before.clients, own: used.own - before.own, server: used.server - before.server}
}

// usedCPU returns the CPU time so far of this process, of the environments, and of PostgreSQL.
func usedCPU(b *testing.B) (used cost) {
	b.Helper()
	used.own = cpuTime()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	ours := map[string]bool{strconv.Itoa(os.Getpid()): true} // a parent has the lower id, mostly
	slices.SortFunc(stats, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// See proc(5): pid (name) state parent ... with the times at 14 to 17, the last two
		// those of ended children.
		head, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		pid, name, _ := strings.Cut(head, " (")
		if len(fields) < 15 || !ours[fields[1]] {
			continue
		}
		ours[pid] = true
		var ticks float64
		for _, field := range fields[11:15] {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
		environ, _ := os.ReadFile(filepath.Dir(path) + "/environ") // it may have ended
		switch {
		case strings.Contains(string(environ), "_ROLE=environment\x00"):
			used.clients += ticks / ticksPerSecond
		case name == "postgres":
			used.server += ticks / ticksPerSecond
		}
	}
	return used
}

// ticksPerSecond is Linux's unit of time in /proc, USER_HZ.
const ticksPerSecond = 100
