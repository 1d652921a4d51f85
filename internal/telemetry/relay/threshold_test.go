package relay

import (
	"context"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// With auto, the threshold of a scenario is 5 x the median of its acknowledged statements, once 20
// are known. Until then functions get the default, and there is no point.
func TestAutoThreshold(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	o := options(bench.TelemetryRelay)
	o.Detail, o.Slow = bench.DetailAuto, bench.AutoSlow
	d := openDriver(t, o)
	plan, first := testPlan(40), testPlan(1)
	first.WarmUp = true
	warmUp, stage := d.Begin(telemetry.WarmUp, first), d.Begin("individual", plan)
	asked := func() bench.TelemetryRequest {
		inv := plan.Invocation(0)
		call := stage.Invocation(&inv)
		d.points.leave(call.span.SpanID())
		return *inv.Telemetry
	}
	if r := asked(); !r.SlowAuto || r.SlowUs != bench.DefaultSlow.Microseconds() {
		t.Errorf("before any statement: %+v", r)
	}
	play := func(s *Stage, ms int) {
		inv := s.plan.Invocation(0)
		call := s.Invocation(&inv)
		l := lambdaWith(t).Begin(context.Background(), inv, false, telemetrytest.Query)
		for n := range inv.Statements() {
			l.Statement(telemetrytest.Played(n, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{To: ms}), false)
			l.Statement(telemetrytest.Played(n, bench.Failure{Outcome: bench.Failed, Kind: "23505"}, telemetrytest.Try{To: 900, Kind: "23505"}), false)
		}
		call.End(&bench.Result{Outcome: bench.Acknowledged, Sent: time.Now(), Ended: time.Now(), Response: &bench.Response{Statements: &bench.Account{}, Telemetry: l.End(false)}})
	}
	within := func(us, want int64) bool { return us >= want*98/100 && us <= want*102/100 }
	renewed := func() int64 {
		d.points.mu.Lock()
		defer d.points.mu.Unlock()
		d.points.medians()
		return stage.scenario.slowUs
	}
	play(warmUp, 70) // doesn't count
	for range 3 {
		play(stage, 4)
	}
	if us := renewed(); us != 0 {
		t.Errorf("%d us after 18 acknowledged statements", us)
	}
	play(stage, 4)
	if us := renewed(); !within(us, 20_000) || asked().SlowUs != us {
		t.Errorf("%d us, and functions get %d", us, asked().SlowUs)
	}
	stage.End(time.Second)
	d.Close(context.Background(), bench.Complete)
	last := map[string]float64{}
	for _, rm := range b.Points() {
		for _, scope := range rm.ScopeMetrics {
			for _, m := range scope.Metrics {
				for _, p := range m.GetGauge().GetDataPoints() {
					if m.Name == "dsqlload.slow_threshold" {
						last[telemetrytest.Labels(telemetrytest.Attributes(p.Attributes))] = p.GetAsDouble()
					}
				}
			}
		}
	}
	for labels, v := range last {
		if !strings.Contains(labels, "individual") || v < 0.0196 || v > 0.0204 || len(last) != 1 {
			t.Errorf("thresholds %v", last)
		}
	}
	if len(last) == 0 {
		t.Error("no threshold was sent")
	}
}
