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
		t.line("  %-26s %s  Lambda %d, iteration %d%s%s", name, figure.Ms(&latency), statement.Invocation, statement.Iteration, longestPhase(statement), spaced(statement.TraceURL))
	}
}

// longestPhase says where most of a statement's time went; empty when nobody
// watched. A phase may be part of another (dial is of connect): the later one of
// those that last as long says more.
func longestPhase(s bench.Statement) string {
	var longest bench.PhaseTime
	for _, p := range s.Phases {
		if p.Ms >= longest.Ms {
			longest = p
		}
	}
	if longest.Phase == "" {
		return ""
	}
	return fmt.Sprintf(", %s of it %s", figure.Ms(&longest.Ms), longest.Phase)
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
	t.figure("Spans", "%s", ledger(v.Spans))
	t.figure("Metric points", "%s", ledger(v.Points))
	if n := v.UnreportedInvocations; n > 0 {
		t.figure("Unreported", "%s invocations ended without an answer", figure.Count(n))
	}
	if a := r.Accounts; a != nil {
		verdict := "agree"
		if len(a.Missing) > 0 {
			verdict = "agree as far as they are known"
		}
		if !a.Agree {
			verdict = "PART"
		}
		t.figure("Rows, four accounts", "%s acknowledged = %s in the database = %s in Prometheus = %s on spans in Tempo: they %s",
			figure.Count(a.Acknowledged), counted(a.Database), counted(a.Prometheus), counted(a.Tempo), verdict)
		if a.Problem != "" {
			t.line("    PROBLEM: %s", a.Problem)
		}
		for _, missing := range a.Missing {
			t.line("    n/a %s", missing)
		}
	}
	if l := r.Run.Links; l != nil {
		t.figure("Dashboard", "%s", l.Dashboard)
	}
	t.line("")
}

// ledger is an account in a line. The driver produces all points that it sends.
func ledger(l bench.Ledger) string {
	stored := l.Driver.Passed
	if c := l.Collector; c != nil {
		stored = c.Passed
	}
	parts := []string{fmt.Sprintf("%s produced", figure.Count(l.Lambda.Produced+l.Driver.Produced))}
	if merged := l.Lambda.Passed - l.Driver.Received; merged > 0 {
		parts = append(parts, fmt.Sprintf("%s merged or sent by the function", figure.Count(merged)))
	}
	return strings.Join(append(parts, fmt.Sprintf("%s stored", figure.Count(stored)), fmt.Sprintf("%s lost", figure.Count(l.Lost()))), ", ")
}
