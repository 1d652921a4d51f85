package relay

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Ways in which invocations end without telemetry.
func TestDriverUnreported(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryAuto))
	stage := d.Begin("individual", testPlan(4))
	end := func(i int, sent bool, r bench.Result) {
		inv := stage.plan.Invocation(i)
		call := stage.Invocation(&inv)
		if sent {
			call.Sent()
			r.Sent, r.Ended = time.Now(), time.Now().Add(time.Millisecond)
		}
		r.Index = i
		call.End(&r)
	}
	end(0, true, bench.Result{Outcome: bench.Unknown, ErrorKind: "Unhandled", TimedOut: true})
	end(1, false, bench.Result{Outcome: bench.NotStarted, ErrorKind: "interrupted"})
	end(2, true, bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{Statements: &bench.Account{}}})
	// A function of another suite observes nothing: its rows are counted by its word.
	end(4, true, bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{SuccessCount: 4, ErrorCount: 1, TotalInserts: 5}})
	end(3, true, bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{Statements: &bench.Account{}, Telemetry: &bench.TelemetryReply{
		Mode: bench.TelemetryRelay, Spans: 5, Points: 3, Metrics: []byte("no zstd"), Chunks: []bench.SpanChunk{{Spans: 5, Data: []byte("no zstd")}},
	}}})
	stage.End(0)
	got := d.Close(context.Background(), bench.Incomplete)
	if got.OK || got.UnreportedInvocations != 2 || got.Spans.Driver.Dropped[telemetry.ReasonUnreadable] != 5 || got.Points.Lambda.Dropped[telemetry.ReasonUnreadable] != 3 {
		t.Errorf("%+v", got)
	}
	for _, h := range []bench.Hop{got.Spans.Lambda, got.Spans.Driver, got.Points.Lambda, got.Points.Driver} {
		if !h.Balanced() {
			t.Errorf("%+v", h)
		}
	}
	rows := telemetrytest.LastOf(t, b.Points(), telemetry.DriverService, "dsqlload.rows")
	want := map[string]int64{
		"dsqlload.outcome=unknown,dsqlload.scenario=individual":      6 + 1,
		"dsqlload.outcome=not_started,dsqlload.scenario=individual":  6 + 1,
		"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 4,
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	inFlight := telemetrytest.LastOf(t, b.Points(), telemetry.DriverService, "dsqlload.invocations.in_flight")
	if diff := cmp.Diff(map[string]int64{"dsqlload.scenario=individual": 0}, inFlight); diff != "" {
		t.Error(diff)
	}
	run := telemetrytest.Named(b.Received(), "run")
	if len(run) != 1 || telemetrytest.Attributes(run[0].Attributes)["test.suite.run.status"] != "failure" || run[0].GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("run %v", run)
	}
}

// Without a driver nothing is observed, and everything works.
func TestNoDriver(t *testing.T) {
	t.Parallel()
	var d *Driver
	stage := d.Begin("individual", testPlan(1))
	inv := testPlan(1).Invocation(0)
	call := stage.Invocation(&inv)
	call.Sent()
	call.Refused("throttled")
	call.End(&bench.Result{})
	stage.End(0)
	if got := d.Close(context.Background(), bench.Complete); !got.OK || got.Mode != bench.TelemetryOff || d.TraceID() != "" {
		t.Errorf("%+v, trace %q", got, d.TraceID())
	}
	if inv.Telemetry != nil {
		t.Errorf("the invocation is told %+v", inv.Telemetry)
	}
}
