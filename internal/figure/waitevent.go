package figure

import (
	"strings"

	"dsql-load-test/internal/bench"
)

// Sessions prints a number of average active sessions.
func Sessions(n float64) string {
	if n >= 100 {
		return Whole(n)
	}
	return Fixed(n, 2)
}

// WaitShare prints an event's share of all sessions of w.
func WaitShare(w *bench.WaitEvents, e *bench.WaitEvent) string {
	total := w.Sessions()
	if total <= 0 {
		return Absent
	}
	return Share(new(e.Sessions/total), 1)
}

// Phases prints where the time of the slowest statements of s went: "query 91.0 %, acquire 9.0 %".
// It is empty if none was observed.
func Phases(s *bench.Summary) string {
	shares, _ := s.SlowestPhases()
	parts := make([]string, len(shares))
	for i, p := range shares {
		name := p.Phase
		if name == bench.Between {
			name = "in no phase"
		}
		parts[i] = name + " " + Share(&p.Share, 1)
	}
	return strings.Join(parts, ", ")
}
