package relay

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// largePlan is of 48,000 statements, so one in three has a span.
func largePlan() bench.Plan {
	p := testPlan(8)
	p.Load.Iterations, p.Load.Count = 60, 100
	return p
}

// In a scenario of many statements, spans are left out by rule: they are told as not kept, not as
// lost, and the account of the rows balances.
func TestDriverNotKept(t *testing.T) {
	for detail, leaves := range map[bench.TraceDetail]bool{bench.DetailAuto: true, bench.DetailAll: false, bench.DetailLogical: false} {
		t.Run(string(detail), func(t *testing.T) {
			b := telemetrytest.NewBackend(t, nil)
			environment(t, b.Address)
			o := options(bench.TelemetryRelay)
			o.Detail, o.Slow = detail, 60_000
			d := openDriver(t, o)
			plan := largePlan()
			stage := d.Begin("individual", plan)
			l := lambdaWith(t)
			for i := range plan.Load.NumLambdas {
				invokeQuickly(t, stage, i, l)
			}
			stage.End(time.Second)
			waiting := d.Snapshot()
			got := d.Close(context.Background(), bench.Complete)
			if !got.OK || !got.Spans.Lambda.Balanced() || !got.Spans.Driver.Balanced() || got.DroppedRows != 0 || got.Spans.Lost() != 0 {
				t.Errorf("%+v", got)
			}
			rows := rowsOnSpans(b.Spans)
			if rows+got.NotKeptRows != plan.Rows() {
				t.Errorf("%d rows on spans + %d not kept of %d", rows, got.NotKeptRows, plan.Rows())
			}
			if n := got.Spans.NotKept; n != got.NotKeptRows || n != waiting.NotKept || (n > 0) != leaves || leaves && (n < plan.Rows()*6/10 || n > plan.Rows()*2/3) {
				t.Errorf("%d spans not kept, snapshot %+v", n, waiting)
			}
			fates := telemetrytest.LastOf(t, b.Points(), "dsql-load-test-driver", "dsqlload.telemetry.spans")
			if n := fates["dsqlload.fate=not_kept,dsqlload.hop=lambda"]; n != got.Spans.NotKept {
				t.Errorf("%d told as not kept in %v", n, fates)
			}
		})
	}
}

// invokeQuickly plays one call of statements of 1 us to 1 ms, all of which are acknowledged.
func invokeQuickly(t testing.TB, stage *Stage, i int, l *capture.Lambda) {
	t.Helper()
	inv := stage.plan.Invocation(i)
	call := stage.Invocation(&inv)
	call.Sent()
	o := l.Begin(telemetrytest.OnLambda(), inv, i == 0, telemetrytest.Query)
	response := &bench.Response{Statements: &bench.Account{}, SuccessCount: inv.Rows()}
	start := time.Now()
	for n := range inv.Statements() {
		took := time.Duration(1+(n*7919+i)%1000) * time.Microsecond
		o.Statement(telemetrytest.Quickly(n, bench.Failure{Outcome: bench.Acknowledged}, start, start, start.Add(took)), false)
	}
	response.Telemetry = o.End(false)
	call.End(&bench.Result{Index: i, Outcome: bench.Acknowledged, Sent: start, Ended: time.Now(), RequestID: "request-1", Response: response})
}

// Once the slowest of a scenario are known, functions hear from which latency on a statement may be
// among them. Small scenarios keep all spans.
func TestNotable(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	o := options(bench.TelemetryRelay)
	o.Detail = bench.DetailAuto
	d := openDriver(t, o)
	defer d.Close(context.Background(), bench.Complete)
	asked := func(s *Stage) bench.TelemetryRequest {
		inv := s.plan.Invocation(0)
		call := s.Invocation(&inv)
		d.points.leave(call.span.SpanID())
		return *inv.Telemetry
	}
	small, large := d.Begin("batch", testPlan(1)), d.Begin("individual", largePlan())
	if r := asked(small); r.SpanEvery != 0 || r.NotableUs != 0 {
		t.Errorf("a small scenario: %+v", r)
	}
	if r := asked(large); r.SpanEvery != 3 || r.NotableUs != 0 || r.SlowUs != 100_000 || r.SlowAuto {
		t.Errorf("at the start: %+v", r)
	}
	var slow []bench.Statement
	for n := range 4 * bench.SlowestKept {
		slow = append(slow, bench.Statement{Iteration: n, LatencyUs: int64(1000 + n)})
	}
	d.points.addSlowest(large.scenario, slow, func(string) int64 { return 1 })
	want := int64(1000 + 3*bench.SlowestKept) // the 50th slowest
	if r := asked(large); r.NotableUs != want {
		t.Errorf("notable from %d us on, want %d", r.NotableUs, want)
	}
}
