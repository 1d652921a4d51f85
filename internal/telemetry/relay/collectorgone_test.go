package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// The collector is away for a while: nothing is lost but points that later ones
// hold too.
func TestDriverCollectorRestarts(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryRelay))
	stage := d.Begin("individual", testPlan(4))
	l := lambdaWith(t)
	invoke(t, stage, 0, l)
	telemetrytest.Until(t, "the first spans arrive", func() bool { return len(b.Received()) > 0 })
	b.Stop()
	invoke(t, stage, 1, l)
	invoke(t, stage, 2, l)
	telemetrytest.Until(t, "an export fails", func() bool { s := d.Snapshot(); return s.Problem != nil && s.Waiting > 0 })
	telemetrytest.Until(t, "points wait too", func() bool {
		d.points.mu.Lock()
		defer d.points.mu.Unlock()
		return len(d.points.unsent) > 0
	})
	b.Start()
	invoke(t, stage, 3, l)
	telemetrytest.Until(t, "all is sent", func() bool { s := d.Snapshot(); return s.Problem == nil && s.Waiting == 0 })
	stage.End(0)
	const want = 2 + 4*spansOfInvocation
	wantOK(t, d.Close(context.Background(), bench.Complete), want)
	ids := map[string]bool{}
	for _, s := range b.Received() {
		ids[string(s.TraceId)+string(s.SpanId)] = true
	}
	if len(ids) != want {
		t.Errorf("the collector has %d spans, want %d", len(ids), want)
	}
	rows := telemetrytest.LastOf(t, b.Points(), telemetry.LambdaService, "dsqlload.rows")
	if diff := cmp.Diff(map[string]int64{"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 24}, rows); diff != "" {
		t.Error(diff)
	}
}

// The collector takes connections and answers nothing: the run ends all the same.
func TestDriverCollectorHangs(t *testing.T) {
	b := telemetrytest.NewBackend(t, telemetrytest.Hang)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryAuto))
	b.Mu.Lock()
	b.Hangs = true
	b.Mu.Unlock()
	stage := d.Begin("individual", testPlan(1))
	invoke(t, stage, 0, lambdaWith(t))
	stage.End(0)
	start := time.Now()
	got := d.Close(context.Background(), bench.Complete)
	if took := time.Since(start); took > closing {
		t.Errorf("it took %v to end", took)
	}
	if h := got.Spans.Driver; !h.Balanced() || h.Dropped[telemetry.ReasonUnconfirmed] != 2+spansOfInvocation || !got.Points.Driver.Balanced() || got.OK {
		t.Errorf("spans %+v, points %+v, ok %v", h, got.Points.Driver, got.OK)
	}
}

// Nobody takes anything: the run ends all the same, and knows what it lost.
func TestDriverCollectorGone(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryAuto))
	b.Stop()
	stage := d.Begin("individual", testPlan(1))
	invoke(t, stage, 0, lambdaWith(t))
	stage.End(0)
	start := time.Now()
	got := d.Close(context.Background(), bench.Interrupted)
	if took := time.Since(start); took > closing {
		t.Errorf("it took %v to end", took)
	}
	const want = 2 + spansOfInvocation
	if h := got.Spans.Driver; !h.Balanced() || h.Dropped[telemetry.ReasonUnconfirmed] != want || !got.Points.Driver.Balanced() {
		t.Errorf("spans %+v, points %+v", h, got.Points.Driver)
	}
	if got.OK || !strings.Contains(got.Problem, fmt.Sprintf("%d spans dropped at the driver: unconfirmed", want)) {
		t.Errorf("ok %v, problem %q", got.OK, got.Problem)
	}
}

func TestOpenWithoutCollector(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Options)
		vars   []string
		want   string // in the error; empty for none
	}{
		{"auto", nil, nil, "no collector answers at http://127.0.0.1:1 (Unavailable)"},
		{"relay", func(o *Options) { o.Mode = bench.TelemetryRelay }, nil, ""},
		{"relay, required", func(o *Options) { o.Mode, o.Required = bench.TelemetryRelay, true }, nil, "http://127.0.0.1:1"},
		{
			"another protocol", nil,
			[]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"},
			"OTEL_EXPORTER_OTLP_PROTOCOL = http/protobuf: must be grpc",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			environment(t, "127.0.0.1:1")
			for i := 0; i < len(tc.vars); i += 2 {
				t.Setenv(tc.vars[i], tc.vars[i+1])
			}
			o := options(bench.TelemetryAuto)
			if tc.change != nil {
				tc.change(&o)
			}
			d, err := Open(context.Background(), o)
			if d != nil {
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // there is nothing to wait for
				d.Close(ctx, bench.Complete)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}
