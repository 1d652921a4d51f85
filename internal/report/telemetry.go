package report

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// telemetry prints how much of the telemetry arrived, and where to see it.
func (t *text) telemetry(r *bench.Record) {
	v := r.Telemetry
	if v == nil || v.Mode == bench.TelemetryOff {
		return
	}
	t.line("Telemetry (%s, to %s)", v.Mode, v.Endpoint)
	t.ledger("Spans", v.Spans)
	t.ledger("Metric points", v.Points)
	if n := v.UnreportedInvocations; n > 0 {
		t.entry("Unreported", "%s invocations ended without an answer, or answered without telemetry", figure.Count(n))
	}
	if a := r.Accounts; a != nil {
		verdict := "agree"
		if len(a.Missing) > 0 {
			verdict = "agree as far as they are known"
		}
		if !a.Agree {
			verdict = "PART"
		}
		onSpans := figure.CountOrAbsent(a.Spans) + " on spans"
		if v.NotKeptRows > 0 {
			onSpans += fmt.Sprintf(" + %s not kept", figure.Count(v.NotKeptRows))
		}
		t.entry("Rows, four accounts", "%s acknowledged = %s in the database = %s in Prometheus = %s: they %s",
			figure.Count(a.Acknowledged), figure.CountOrAbsent(a.Database), figure.CountOrAbsent(a.Prometheus), onSpans, verdict)
		if a.Problem != "" {
			t.line("    PROBLEM: %s", a.Problem)
		}
		for _, missing := range a.Missing {
			t.line("    n/a %s", missing)
		}
	}
	t.traceStore(r.TraceStore)
	if l := r.Run.Links; l != nil {
		t.entry("Dashboard", "%s", l.Dashboard)
	}
	t.line("")
}

// ledger prints a count of spans or points on its way, in a line. All points that the
// driver sends are its own.
func (t *text) ledger(name string, l bench.Ledger) {
	if l.Disabled != "" {
		t.entry(name, "none, by %s=none", l.Disabled)
		return
	}
	parts := []string{fmt.Sprintf("%s produced", figure.Count(l.Lambda.Produced+l.Driver.Produced))}
	if merged := l.Lambda.Passed - l.Driver.Received; merged > 0 {
		parts = append(parts, fmt.Sprintf("%s merged or sent by the function", figure.Count(merged)))
	}
	stored := fmt.Sprintf("%s taken by the collector, stored unknown", figure.Count(l.Driver.Passed))
	if c := l.Collector; c != nil {
		stored = fmt.Sprintf("%s stored", figure.Count(c.Passed))
	}
	parts = append(parts, stored)
	if n := l.Superseded(); n > 0 {
		parts = append(parts, fmt.Sprintf("%s replaced by later ones", figure.Count(n)))
	}
	parts = append(parts, fmt.Sprintf("%s lost", figure.Count(l.Lost())))
	if l.NotKept > 0 {
		parts = append(parts, fmt.Sprintf("%s not kept", figure.Count(l.NotKept)))
	}
	t.entry(name, "%s", strings.Join(parts, ", "))
	if l.Unknown != "" {
		t.line("    unknown: %s", l.Unknown)
	}
}

// traceStore prints how many traces the store has with all their spans.
func (t *text) traceStore(s *bench.TraceStore) {
	if s == nil {
		return
	}
	t.entry("Trace store", "%s of %s traces opened have all their spans (%s by chance, %s of the slowest statements)",
		figure.Count(s.Whole), figure.Count(s.Opened), figure.Count(s.Sampled), figure.Count(s.Slowest))
	switch {
	case s.Lacks():
		t.line("    PROBLEM: %s", s.Problem)
	case s.Problem != "":
		t.line("    n/a %s", s.Problem)
	}
}
