package relay

import (
	"context"
	"testing"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// OTEL_TRACES_EXPORTER=none and OTEL_METRICS_EXPORTER=none: nothing of that
// signal is made, sent or missed; of a function that doesn't know the request,
// what it makes all the same is left out.
func TestExporterNone(t *testing.T) {
	for _, tc := range []struct {
		name, variable string
		old            bool // the function doesn't know no_spans and no_points
		mode           bench.TelemetryMode
	}{
		{"no traces", "OTEL_TRACES_EXPORTER", false, bench.TelemetryAuto},
		{"no metrics", "OTEL_METRICS_EXPORTER", false, bench.TelemetryAuto},
		{"no traces, an old function", "OTEL_TRACES_EXPORTER", true, bench.TelemetryAuto},
		{"no metrics, an old function", "OTEL_METRICS_EXPORTER", true, bench.TelemetryAuto},
		{"no traces, exported by the function", "OTEL_TRACES_EXPORTER", false, bench.TelemetryOTLP},
		{"no metrics, exported by the function", "OTEL_METRICS_EXPORTER", false, bench.TelemetryOTLP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := telemetrytest.NewBackend(t, nil)
			environment(t, b.Address)
			t.Setenv(tc.variable, "none")
			d := openDriver(t, options(tc.mode))
			stage := d.Begin("individual", testPlan(1))
			var vars []string
			if tc.mode == bench.TelemetryOTLP {
				vars = []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://" + b.Address}
			}
			r := invoke(t, stage, 0, lambdaWith(t, vars...), func(r *bench.TelemetryRequest) {
				if tc.old {
					r.NoSpans, r.NoPoints = false, false
				}
			})
			stage.End(0)
			id := d.TraceID()
			got := d.Close(context.Background(), bench.Complete)
			noSpans := tc.variable == telemetry.TracesVariable
			if spans := len(b.Received()); (spans == 0) != noSpans {
				t.Errorf("%d spans came", spans)
			}
			b.Mu.Lock()
			points := len(b.Metrics)
			b.Mu.Unlock()
			if (points == 0) == noSpans {
				t.Errorf("%d messages of points came", points)
			}
			off, on := got.Points, got.Spans
			if noSpans {
				off, on = on, off
			}
			if off.Disabled != tc.variable || off.Unknown != "" || off.Lambda.Produced+off.Driver.Produced+off.Driver.Received != 0 {
				t.Errorf("the account of what is off: %+v", off)
			}
			if on.Disabled != "" || on.Lambda.Produced == 0 || !on.Lambda.Balanced() || !on.Driver.Balanced() {
				t.Errorf("the account of what is on: %+v", on)
			}
			if !got.OK {
				t.Errorf("problem: %s", got.Problem)
			}
			traced := false
			for _, s := range r.Response.Slowest {
				traced = traced || s.TraceID != ""
			}
			if (id == "") != noSpans || traced == noSpans || len(d.Sample().Chosen) == 0 != noSpans {
				t.Errorf("run's trace %q, statements have traces: %v, sample %+v", id, traced, d.Sample())
			}
		})
	}
}
