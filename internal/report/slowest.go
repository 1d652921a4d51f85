package report

import (
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/figure"
)

// slowestShown is how many of the slowest statements the text report names.
const slowestShown = 3

// slowest prints the slowest statements, a line each.
func (t *text) slowest(s *bench.Summary) {
	for i, statement := range s.Slowest[:min(len(s.Slowest), slowestShown)] {
		name := ""
		if i == 0 {
			name = "Slowest:"
		}
		trace := ""
		if statement.TraceURL != "" {
			trace = "  " + statement.TraceURL
		}
		latency := float64(statement.LatencyUs) / 1000
		t.line("  %-26s %s  Lambda %d, iteration %d%s%s", name, figure.Ms(&latency), statement.Invocation, statement.Iteration, dominantPhase(&statement), trace)
	}
}

// dominantPhase says in which phase a statement spent most time; empty if its phases
// weren't observed.
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
