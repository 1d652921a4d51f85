package relay

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// Stage is one part of a run: the warm-up, a scenario or the verification. A nil Stage observes
// nothing.
type Stage struct {
	driver   *Driver
	name     string
	start    time.Time
	id       trace.SpanID
	plan     bench.Plan
	sample   int
	spans    int       // TelemetryRequest.SpanEvery
	scenario *scenario // nil if no invocation belongs to the stage
}

// Begin starts a stage of the run. plan is the plan of a warm-up or scenario, else empty.
func (d *Driver) Begin(name string, plan bench.Plan) *Stage {
	if d == nil {
		return nil
	}
	s := &Stage{driver: d, name: name, start: d.now(), id: telemetry.NewSpanID(), plan: plan, sample: bench.Sampling(plan.Statements()), spans: bench.SpanSampling(d.options.Detail, plan.Statements())}
	if plan.Load.NumLambdas > 0 {
		s.scenario = d.points.begin(name, s.start, plan.Rows())
	}
	return s
}

// End ends a stage. took is the wall time that the run measured for it, or 0.
func (s *Stage) End(took time.Duration) {
	if s == nil {
		return
	}
	s.driver.points.end(s.scenario, took)
	s.driver.emit(&telemetry.Span{
		Trace: s.driver.run.TraceID(), ID: s.id, Parent: s.driver.run.SpanID(), Name: s.name,
		Kind: tracepb.Span_SPAN_KIND_INTERNAL, Start: s.start, End: s.driver.now(),
		Attributes: []attribute.KeyValue{telemetry.KeyScenario.String(s.name)},
	})
}
