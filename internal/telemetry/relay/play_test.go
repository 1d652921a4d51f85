package relay

import (
	"context"
	"os"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

const nowhere = "http://127.0.0.1:1/metrics"

// environment makes the standard variables name address as the collector.
func environment(t *testing.T, address string) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address)
}

// options are for a collector without counters.
func options(mode bench.TelemetryMode) Options {
	return Options{
		RunID: telemetrytest.RunID, Target: bench.Local, FunctionName: "dsql-load-test", Region: "eu-central-1",
		Mode: mode, Detail: bench.DetailAll, Slow: 100, Start: time.Now(), Now: time.Now, Getenv: os.Getenv,
		CollectorMetricsURL: nowhere,
	}
}

func openDriver(t *testing.T, o Options) *Driver {
	t.Helper()
	d, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// testPlan is of some invocations of six statements each.
func testPlan(invocations int) bench.Plan {
	return bench.Plan{
		RunID: telemetrytest.RunID, Scenario: bench.Individual, EventType: bench.CarCreated,
		Load: bench.Load{NumLambdas: invocations, Iterations: 3, Count: 2},
	}
}

// invoke plays one call: the driver's side, and the function's as l observes it.
// change is what the function makes of the request.
func invoke(t *testing.T, stage *Stage, i int, l *capture.Lambda, change ...func(*bench.TelemetryRequest)) *bench.Result {
	t.Helper()
	return invokeAnd(t, stage, i, l, func(*bench.Result) {}, change...)
}

// invokeAnd plays one call whose result changes on its way back.
func invokeAnd(t *testing.T, stage *Stage, i int, l *capture.Lambda, change func(*bench.Result), request ...func(*bench.TelemetryRequest)) *bench.Result {
	t.Helper()
	inv := stage.plan.Invocation(i)
	call := stage.Invocation(&inv)
	for _, c := range request {
		c(inv.Telemetry)
	}
	call.Sent()
	sent := time.Now()
	response := &bench.Response{Statements: &bench.Account{}}
	if l != nil {
		o := l.Begin(telemetrytest.OnLambda(), inv, i == 0, telemetrytest.Query)
		for n := range inv.Statements() {
			start := time.Now()
			now := time.Now()
			took := now.Sub(start)
			e := telemetrytest.Quickly(n, bench.Failure{Outcome: bench.Acknowledged}, start, now, now)
			kept := o.Statement(e, true)
			iteration, row := inv.Place(n)
			response.Slowest = append(response.Slowest, bench.Statement{
				Invocation: i, Iteration: iteration, Row: row, StartedUs: start.UnixMicro(), LatencyUs: took.Microseconds(), Attempts: 1, Outcome: bench.Acknowledged,
				Environment: "env-0001", TraceID: kept.TraceID, SpanID: kept.SpanID(), Phases: e.PhaseTimes(), Detailed: kept.Detailed,
			})
		}
		response.Telemetry = o.End(false)
	}
	response.SuccessCount = inv.Rows()
	r := &bench.Result{Index: i, Outcome: bench.Acknowledged, Sent: sent, Ended: time.Now(), RequestID: "request-1", Response: response}
	change(r)
	call.End(r)
	return r
}

// spansOfInvocation is how many the driver and the function make of one.
const spansOfInvocation = 1 + 1 + 6*(1+1+2)
