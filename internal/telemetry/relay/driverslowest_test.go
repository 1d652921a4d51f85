package relay

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Each of the slowest statements has a point, and its trace the spans below it,
// whoever sends those: the function, or the driver when the function kept none.
// What the sample says of a trace is what the collector took of it. The warm-up has
// no slowest statements.
func TestDriverSlowest(t *testing.T) {
	for detail, spansOfWarmUp := range map[bench.TraceDetail]int64{bench.DetailAll: spansOfInvocation, bench.DetailLogical: 1 + 1 + 6} {
		t.Run(string(detail), func(t *testing.T) {
			const invocations = 5
			b := telemetrytest.NewBackend(t, nil)
			environment(t, b.Address)
			o := options(bench.TelemetryRelay)
			o.Detail = detail
			d := openDriver(t, o)
			l := lambdaWith(t)
			warmUp, stage := d.Begin(telemetry.WarmUp, testPlan(1)), d.Begin("individual", testPlan(invocations))
			invoke(t, warmUp, 0, l)
			warmUp.End(0)
			ids := map[string]bool{}
			for i := range invocations {
				for _, s := range invoke(t, stage, i, l).Response.Slowest {
					ids[s.TraceID+" "+s.SpanID] = true
				}
			}
			stage.End(time.Second)
			wantOK(t, d.Close(context.Background(), bench.Complete), 3+spansOfWarmUp+invocations*spansOfInvocation)
			took := map[string]map[string]bool{} // spans by trace
			for _, s := range b.Received() {
				id := fmt.Sprintf("%x", s.TraceId)
				if took[id] == nil {
					took[id] = map[string]bool{}
				}
				took[id][string(s.SpanId)] = true
			}
			sample := d.Sample()
			if len(sample.Chosen) != 1+invocations || len(sample.Slowest) != invocations || sample.Excused != 0 {
				t.Errorf("%d traces chosen, %d of the slowest, %d excused", len(sample.Chosen), len(sample.Slowest), sample.Excused)
			}
			for _, s := range slices.Concat(sample.Slowest, sample.Chosen) {
				if n := int64(len(took[s.ID])); n != s.Spans {
					t.Errorf("trace %s has %d spans, the sample says %d", s.ID, n, s.Spans)
				}
			}
			told := map[string]bool{}
			for _, p := range slowPointsIn(b.Points()) {
				a := telemetrytest.Attributes(p.Attributes)
				if id := a["trace_id"] + " " + a["span_id"]; told[id] || !ids[id] || a["dsqlload.scenario"] != "individual" {
					t.Errorf("a point too much: %v", a)
				} else {
					told[id] = true
				}
			}
			if len(told) != 6*invocations {
				t.Errorf("%d of %d statements have a point", len(told), 6*invocations)
			}
		})
	}
}

// slowPointsIn are the points of slow statements, which the driver's are.
func slowPointsIn(all []*metricpb.ResourceMetrics) (points []*metricpb.NumberDataPoint) {
	for _, rm := range all {
		if telemetrytest.Attributes(rm.Resource.Attributes)["service.name"] != telemetry.DriverService {
			continue
		}
		for _, scope := range rm.ScopeMetrics {
			for _, m := range scope.Metrics {
				if m.Name == "dsqlload.slow_statement" && m.Unit == "s" {
					points = append(points, m.GetGauge().GetDataPoints()...)
				}
			}
		}
	}
	return points
}
