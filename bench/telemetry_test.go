package bench_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/shirou/gopsutil/v4/process"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/invoke"
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
	target, pool, client := startTarget(b)
	defer stopTarget(b, target, pool)
	plan := bench.Plan{Scenario: scenario, EventType: bench.CarCreated, Concurrency: connections, Load: load}
	round(b, client, plan, true) // warm: processes, connections, caches
	round(b, client, plan, false)
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
	b.ReportMetric(on.cpu/off.cpu, "on/off_cpu")
	b.ReportMetric(1e6*off.cpu/float64(b.N)/float64(plan.Statements()), "off_cpu_us/statement")
}

// cost is the time of a round.
type cost struct {
	took time.Duration
	cpu  float64 // seconds of the client's
}

func (c *cost) add(o cost) {
	c.took += o.took
	c.cpu += o.cpu
}

// round runs the plan once, with or without telemetry, until the last span is sent.
func round(b *testing.B, client *invoke.Client, plan bench.Plan, observed bool) cost {
	plan.RunID = ulid.Make().String()
	ctx := context.Background()
	before := clientCPU(b)
	var d *relay.Driver
	if observed {
		var err error
		d, err = relay.Open(ctx, relay.Options{
			RunID: plan.RunID, Target: bench.Local, FunctionName: "bench", Region: "us-east-1", Mode: bench.TelemetryRelay,
			Detail: bench.DetailAuto, Slow: 100 * time.Millisecond, Start: time.Now(), Now: time.Now, Getenv: os.Getenv, Required: true,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	stage := d.Begin(string(plan.Scenario), plan)
	start := time.Now()
	results, _ := client.Run(ctx, ctx, plan, stage, nil)
	took := time.Since(start)
	stage.End(took)
	ledger := d.Close(ctx, bench.Complete)
	cpu := clientCPU(b) - before
	summary, err := sum.Of(plan, results)
	if err != nil {
		b.Fatal(err)
	}
	if !summary.Rows.Complete() || !ledger.OK {
		b.Fatalf("rows %+v, telemetry %s", summary.Rows, ledger.Problem)
	}
	if observed && ledger.Spans.Driver.Passed < plan.Statements() {
		b.Fatalf("%d spans for %d statements", ledger.Spans.Driver.Passed, plan.Statements())
	}
	return cost{took: took, cpu: cpu}
}

// clientCPU returns the CPU time so far of this process and of the environments.
func clientCPU(b *testing.B) (seconds float64) {
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		b.Fatal(err)
	}
	children, err := self.Children()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range append(children, self) {
		environ, err := p.Environ()
		if err != nil || p != self && !slices.ContainsFunc(environ, isEnvironment) {
			continue
		}
		times, err := p.Times()
		if err != nil {
			b.Fatal(err)
		}
		seconds += times.User + times.System
	}
	return seconds
}

func isEnvironment(variable string) bool { return strings.HasSuffix(variable, "_ROLE=environment") }
