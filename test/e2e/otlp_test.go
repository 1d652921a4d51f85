package e2e_test

import (
	"errors"
	"testing"
)

// testOTLP: the environments send to the collector themselves.
func (l *lab) testOTLP(t *testing.T) {
	const rows = 2 * 20 * 10 * 10
	r := l.once(t, "otlp", func(t *testing.T) *run {
		t.Helper()
		patient := append(l.observed(), "OTEL_EXPORTER_OTLP_TIMEOUT=30000") // the functions have it too
		return l.run(t, 0, patient, "--telemetry", "otlp", "--num-lambdas", "20", "--iterations", "10", "--count", "10",
			"--env-concurrency", "7", "--warm-up", "2")
	})
	if err := errors.Join(r.complete(rows), agree(r, rows), whole(r.record.Telemetry)); err != nil {
		t.Error(err)
	}
	l.awaitSpans(t, r)
	spans, points := r.record.Telemetry.Spans, r.record.Telemetry.Points
	if spans.Lambda.Passed < 20*10*2 || points.Lambda.Passed == 0 {
		t.Errorf("spans %+v, points %+v: want the functions to have sent", spans.Lambda, points.Lambda)
	}
	if spans.Collector == nil || points.Collector == nil {
		t.Fatal("the collector's counters weren't read")
	}
	for _, err := range []error{
		is("spans that the driver got", spans.Driver.Received, 0),
		is("points that the driver got", points.Driver.Received, 0),
		is("spans that the collector got", spans.Collector.Received, spans.Lambda.Passed+spans.Driver.Passed),
		is("points that the collector got", points.Collector.Received, points.Lambda.Passed+points.Driver.Passed),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	l.checkSlowest(t, r)
}
