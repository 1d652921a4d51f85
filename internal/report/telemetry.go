package report

import (
	"fmt"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// slowestShown is how many of the slowest statements the summary names.
const slowestShown = 3

// slowest names the slowest statements.
func (t *text) slowest(s *bench.Summary) {
	for i, statement := range s.Slowest[:min(len(s.Slowest), slowestShown)] {
		name := ""
		if i == 0 {
			name = "Slowest:"
		}
		latency := float64(statement.LatencyUs) / 1000
		t.line("  %-26s %s  Lambda %d, iteration %d%s%s", name, figure.Ms(&latency), statement.Invocation, statement.Iteration, dominantPhase(&statement), spaced(statement.TraceURL))
	}
}

// dominantPhase says where most of a statement's time went; empty when nobody
// observed its phases.
func dominantPhase(s *bench.Statement) string {
	name, ms := s.DominantPhase()
	switch name {
	case "":
		return ""
	case bench.Between:
		name = "in no phase"
	}
	return fmt.Sprintf(", %s of it %s", figure.Ms(&ms), name)
}

func spaced(text string) string {
	if text == "" {
		return ""
	}
	return "  " + text
}

// telemetry says what became of it, and where it is looked at.
func (t *text) telemetry(r *bench.Record) {
	v := r.Telemetry
	if v == nil || v.Mode == bench.TelemetryOff {
		return
	}
	t.line("Telemetry (%s, to %s)", v.Mode, v.Endpoint)
	t.ledger("Spans", v.Spans)
	t.ledger("Metric points", v.Points)
	if n := v.UnreportedInvocations; n > 0 {
		t.figure("Unreported", "%s invocations ended without an answer, or answered without telemetry", figure.Count(n))
	}
	if a := r.Accounts; a != nil {
		verdict := "agree"
		if len(a.Missing) > 0 {
			verdict = "agree as far as they are known"
		}
		if !a.Agree {
			verdict = "PART"
		}
		t.figure("Rows, four accounts", "%s acknowledged = %s in the database = %s in Prometheus = %s on spans: they %s",
			figure.Count(a.Acknowledged), figure.CountOrAbsent(a.Database), figure.CountOrAbsent(a.Prometheus), figure.CountOrAbsent(a.Spans), verdict)
		if a.Problem != "" {
			t.line("    PROBLEM: %s", a.Problem)
		}
		for _, missing := range a.Missing {
			t.line("    n/a %s", missing)
		}
	}
	t.traceStore(r.TraceStore)
	if l := r.Run.Links; l != nil {
		t.figure("Dashboard", "%s", l.Dashboard)
	}
	t.line("")
}

// ledger is an account in a line. The driver produces all points that it sends.
func (t *text) ledger(name string, l bench.Ledger) {
	if l.Disabled != "" {
		t.figure(name, "none, by %s=none", l.Disabled)
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
	t.figure(name, "%s", strings.Join(append(parts, stored, fmt.Sprintf("%s lost", figure.Count(l.Lost()))), ", "))
	if l.Unknown != "" {
		t.line("    unknown: %s", l.Unknown)
	}
}

// traceStore says how many traces the store holds whole.
func (t *text) traceStore(s *bench.TraceStore) {
	if s == nil {
		return
	}
	t.figure("Trace store", "%s of %s traces opened have all their spans (%s by chance, %s of the slowest statements)",
		figure.Count(s.Whole), figure.Count(s.Opened), figure.Count(s.Sampled), figure.Count(s.Slowest))
	switch {
	case s.Lacks():
		t.line("    PROBLEM: %s", s.Problem)
	case s.Problem != "":
		t.line("    n/a %s", s.Problem)
	}
}
