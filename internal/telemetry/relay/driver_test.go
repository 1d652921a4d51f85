package relay

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// wantOK checks that nothing was lost and every account balances.
func wantOK(t *testing.T, got bench.Telemetry, spans int64) {
	t.Helper()
	if !got.OK || got.Problem != "" {
		t.Errorf("problem: %s", got.Problem)
	}
	for name, h := range map[string]bench.Hop{
		"spans at the Lambda": got.Spans.Lambda, "spans at the driver": got.Spans.Driver,
		"points at the Lambda": got.Points.Lambda, "points at the driver": got.Points.Driver,
	} {
		if !h.Balanced() {
			t.Errorf("%s: %+v", name, h)
		}
	}
	if h := got.Spans.Driver; h.Received+h.Produced != spans || h.Passed != spans || h.Received != got.Spans.Lambda.Passed {
		t.Errorf("spans: %+v, want %d passed", got.Spans, spans)
	}
}

// A run: all spans and metrics reach the collector, and the account says so.
func TestDriver(t *testing.T) {
	const invocations = 5
	b := telemetrytest.NewBackend(t, nil)
	counters := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := len(b.Received())
		_, _ = fmt.Fprintf(w, "otelcol_receiver_accepted_spans 7%d\notelcol_exporter_sent_spans 7%d\n", n+1000, n+1000)
	}))
	defer counters.Close()
	environment(t, b.Address)
	o := options(bench.TelemetryAuto)
	o.CollectorMetricsURL = counters.URL
	d := openDriver(t, o)
	stage := d.Begin("individual", testPlan(invocations))
	l := lambdaWith(t)
	for i := range invocations {
		if r := invoke(t, stage, i, l); r.Response.Telemetry != nil {
			t.Error("the result still holds the telemetry")
		}
	}
	stage.End(time.Second)
	got := d.Close(context.Background(), bench.Complete)
	const want = 2 + invocations*spansOfInvocation
	wantOK(t, got, want)
	if got.Spans.Unknown != "" || got.Points.Collector != nil || !strings.Contains(got.Points.Unknown, "show 0 metric points taken") {
		t.Errorf("unknown of spans: %q, of points: %q", got.Spans.Unknown, got.Points.Unknown)
	}
	if c := got.Spans.Collector; c == nil || c.Received != want || c.Passed != want || got.LatePoints != 0 || got.UnreportedInvocations != 0 {
		t.Errorf("%+v, collector %+v", got, c)
	}
	spans := b.Received()
	if len(spans) != want {
		t.Errorf("the collector has %d spans, want %d", len(spans), want)
	}
	checkTraces(t, spans, d.TraceID(), invocations)
	checkResources(t, b)
	checkMetrics(t, b.Points(), invocations)
}
