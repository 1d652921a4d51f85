package relay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// account returns what became of all spans and points, and how many points the collector
// took from the function itself. Everything must have been drained.
func (m *pointRelay) account(a *spanAccount) (t bench.Telemetry, direct int64) {
	t = bench.Telemetry{Spans: a.ledger(), UnreportedInvocations: a.unanswered, DroppedRows: a.lostRows, ResentRows: a.resentRows}
	if a.reported > 0 { // a function that never has telemetry has none to lose
		t.UnreportedInvocations += a.unreported
		t.DroppedRows += a.unreportedRows
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t.Points, t.LatePoints = bench.Ledger{Lambda: copyOf(m.lambda), Driver: copyOf(m.made)}, m.set.Late
	return t, m.direct
}

// settle says whether anything was lost.
func settle(t *bench.Telemetry) {
	for _, hop := range []*bench.Hop{&t.Spans.Lambda, &t.Spans.Driver, &t.Points.Lambda, &t.Points.Driver, t.Spans.Collector, t.Points.Collector} {
		if hop != nil && hop.Dropped == nil {
			hop.Dropped = map[string]int64{} // {} in JSON, not null
		}
	}
	t.Problem = problem(t)
	t.OK = t.Problem == ""
}

// problem says what was lost, and where.
func problem(t *bench.Telemetry) string {
	var lost []string
	add := func(what, hop string, h *bench.Hop) {
		if h == nil {
			return
		}
		if !h.Balanced() {
			lost = append(lost, fmt.Sprintf("the account of %s at the %s doesn't balance: %+v", what, hop, *h))
		}
		if h.Refused > 0 {
			lost = append(lost, fmt.Sprintf("%d %s refused by what comes after the %s", h.Refused, what, hop))
		}
		for _, reason := range slices.Sorted(maps.Keys(h.Dropped)) {
			if reason == telemetry.ReasonSuperseded {
				continue // a later point of the same series holds it
			}
			lost = append(lost, fmt.Sprintf("%d %s dropped at the %s: %s", h.Dropped[reason], what, hop, reason))
		}
	}
	add("spans", "lambda", &t.Spans.Lambda)
	add("spans", "driver", &t.Spans.Driver)
	add("spans", "collector", t.Spans.Collector)
	add("points", "lambda", &t.Points.Lambda)
	add("points", "driver", &t.Points.Driver)
	add("points", "collector", t.Points.Collector)
	if t.UnreportedInvocations > 0 {
		lost = append(lost, fmt.Sprintf("%d invocations ended without an answer, or answered without telemetry", t.UnreportedInvocations))
	}
	return strings.Join(lost, "; ")
}
