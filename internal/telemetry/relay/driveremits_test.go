package relay

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// checkTraces wants one trace for each invocation, linked to the run.
func checkTraces(t *testing.T, spans []*tracepb.Span, runTrace string, invocations int) {
	t.Helper()
	run, stages, calls, handlers := telemetrytest.Named(spans, "run"), telemetrytest.Named(spans, "individual"), telemetrytest.Named(spans, "invoke dsql-load-test"), telemetrytest.Named(spans, "dsql-load-test")
	if len(run) != 1 || len(stages) != 1 || len(calls) != invocations || len(handlers) != invocations {
		t.Fatalf("%d runs, %d stages, %d calls, %d handlers", len(run), len(stages), len(calls), len(handlers))
	}
	if fmt.Sprintf("%x", run[0].TraceId) != runTrace || len(run[0].ParentSpanId) != 0 || string(stages[0].ParentSpanId) != string(run[0].SpanId) {
		t.Errorf("run %v in trace %s, stage %v", run[0], runTrace, stages[0])
	}
	traces := map[string]bool{}
	for _, c := range calls {
		traces[string(c.TraceId)] = true
		if len(c.ParentSpanId) != 0 || len(c.Links) != 1 || string(c.Links[0].SpanId) != string(run[0].SpanId) || string(c.Links[0].TraceId) != string(run[0].TraceId) {
			t.Errorf("an invocation's root isn't linked to the run: %v", c)
		}
		if !slices.ContainsFunc(handlers, func(h *tracepb.Span) bool {
			return string(h.TraceId) == string(c.TraceId) && string(h.ParentSpanId) == string(c.SpanId)
		}) {
			t.Errorf("no handler lies below %v", c)
		}
	}
	if len(traces) != invocations || traces[string(run[0].TraceId)] {
		t.Errorf("%d traces of %d invocations", len(traces), invocations)
	}
	for _, s := range append(run, stages...) {
		telemetrytest.Agree(t, s.Name, s.Attributes)
	}
	want := map[string]string{
		"faas.invoked_name": "dsql-load-test", "faas.invoked_provider": "aws", "faas.invoked_region": "eu-central-1", "aws.request_id": "request-1",
		"dsqlload.scenario": "individual", "dsqlload.invocation.index": "0", "dsqlload.throttles": "0", "dsqlload.outcome": "acknowledged",
	}
	first := slices.IndexFunc(calls, func(c *tracepb.Span) bool {
		return telemetrytest.Attributes(c.Attributes)["dsqlload.invocation.index"] == "0"
	})
	if first < 0 { // several senders export at a time, so any call's span may come first
		t.Fatalf("no call of invocation 0 in %v", calls)
	}
	if diff := cmp.Diff(want, telemetrytest.Attributes(calls[first].Attributes)); diff != "" {
		t.Error(diff)
	}
	want = map[string]string{"test.suite.name": "dsql-load-test", "test.suite.run.status": "success", "dsqlload.target": "local"}
	if diff := cmp.Diff(want, telemetrytest.Attributes(run[0].Attributes)); diff != "" {
		t.Error(diff)
	}
}

// checkResources wants spans and metrics to say whose they are.
func checkResources(t *testing.T, b *telemetrytest.Backend) {
	t.Helper()
	services := map[string]map[string]string{}
	for _, m := range b.Spans {
		a := telemetrytest.Attributes(m.Resource.Attributes)
		services["spans of "+a["service.name"]] = a
	}
	for _, m := range b.Metrics {
		a := telemetrytest.Attributes(m.Resource.Attributes)
		services["metrics of "+a["service.name"]] = a
	}
	driver := map[string]string{
		"service.name": "dsql-load-test-driver", "service.version": "devel", "service.instance.id": telemetrytest.RunID, "dsqlload.run.id": telemetrytest.RunID,
	}
	want := map[string]map[string]string{
		"spans of dsql-load-test-driver": driver, "metrics of dsql-load-test-driver": driver,
		"spans of dsql-load-test-lambda": {
			"service.name": "dsql-load-test-lambda", "service.version": "devel", "service.instance.id": "env-0001", "dsqlload.run.id": telemetrytest.RunID,
			"faas.name": "dsql-load-test", "faas.version": "7", "faas.instance": "env-0001", "faas.max_memory": "536870912",
			"cloud.provider": "aws", "cloud.platform": "aws_lambda", "cloud.region": "eu-central-1",
		},
		"metrics of dsql-load-test-lambda": {
			"service.name": "dsql-load-test-lambda", "service.version": "devel", "faas.name": "dsql-load-test", "dsqlload.run.id": telemetrytest.RunID,
		},
	}
	if diff := cmp.Diff(want, services); diff != "" {
		t.Error(diff)
	}
}

func checkMetrics(t *testing.T, all []*metricpb.ResourceMetrics, invocations int64) {
	t.Helper()
	for _, tc := range []struct {
		service, metric, labels string
		want                    int64
	}{
		{telemetry.LambdaService, "dsqlload.rows", "dsqlload.outcome=acknowledged,dsqlload.scenario=individual", 6 * invocations},
		{telemetry.LambdaService, "dsqlload.attempts", "dsqlload.scenario=individual", 6 * invocations},
		{telemetry.LambdaService, "dsqlload.phase.duration", "dsqlload.phase=query,dsqlload.scenario=individual", 6 * invocations},
		{telemetry.LambdaService, "faas.invoke_duration", "dsqlload.scenario=individual", invocations},
		{telemetry.LambdaService, "faas.coldstarts", "dsqlload.scenario=individual", 1},
		{telemetry.DriverService, "dsqlload.invocation.duration", "dsqlload.outcome=acknowledged,dsqlload.scenario=individual", invocations},
		{telemetry.DriverService, "dsqlload.invocations.in_flight", "dsqlload.scenario=individual", 0},
		{telemetry.DriverService, "dsqlload.planned_rows", "dsqlload.scenario=individual", 6 * invocations},
		{telemetry.DriverService, "dsqlload.telemetry.spans", "dsqlload.fate=relayed,dsqlload.hop=lambda", (spansOfInvocation - 1) * invocations},
	} {
		series := telemetrytest.LastOf(t, all, tc.service, tc.metric)
		if got, ok := series[tc.labels]; !ok || got != tc.want {
			t.Errorf("%s %s{%s} = %d, want %d; series: %v", tc.service, tc.metric, tc.labels, got, tc.want, series)
		}
	}
	doc, err := os.ReadFile("../../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rm := range all {
		for _, m := range rm.ScopeMetrics[0].Metrics {
			if !strings.Contains(string(doc), "| `"+m.Name+"` | ") {
				t.Errorf("docs/telemetry.md has no metric %s", m.Name)
			}
		}
	}
}
