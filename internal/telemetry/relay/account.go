package relay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// account returns the ledger of all spans and points, and how many points the collector took
// from the function itself. Call it when everything has been drained.
func (m *pointRelay) account(a *spanAccount) (t bench.Telemetry, direct int64) {
	t = bench.Telemetry{Spans: a.ledger(), UnreportedInvocations: a.unanswered, DroppedRows: a.lostRows, ResentRows: a.resentRows, NotKeptRows: a.notKeptRows}
	if a.reported > 0 { // a function that never sends telemetry has none to lose
		t.UnreportedInvocations += a.unreported
		t.DroppedRows += a.unreportedRows
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t.Points, t.LatePoints = bench.Ledger{Lambda: copyOf(m.lambda), Driver: copyOf(m.made)}, m.set.Late
	return t, m.direct
}

// setVerdict sets Problem and OK: whether anything was lost, and where.
func setVerdict(t *bench.Telemetry) {
	var lost []string
	for _, h := range []struct {
		signal, hop string
		*bench.Hop
	}{
		{"spans", "lambda", &t.Spans.Lambda},
		{"spans", "driver", &t.Spans.Driver},
		{"spans", "collector", t.Spans.Collector},
		{"points", "lambda", &t.Points.Lambda},
		{"points", "driver", &t.Points.Driver},
		{"points", "collector", t.Points.Collector},
	} {
		if h.Hop == nil {
			continue
		}
		if h.Dropped == nil {
			h.Dropped = map[string]int64{} // {} in JSON, not null
		}
		if !h.Balanced() {
			lost = append(lost, fmt.Sprintf("the account of %s at the %s doesn't balance: %+v", h.signal, h.hop, *h.Hop))
		}
		if h.Refused > 0 {
			lost = append(lost, fmt.Sprintf("%d %s refused by what comes after the %s", h.Refused, h.signal, h.hop))
		}
		for _, reason := range slices.Sorted(maps.Keys(h.Dropped)) {
			if reason == telemetry.ReasonSuperseded {
				continue // a later point of the same series has the same total
			}
			lost = append(lost, fmt.Sprintf("%d %s dropped at the %s: %s", h.Dropped[reason], h.signal, h.hop, reason))
		}
	}
	if t.UnreportedInvocations > 0 {
		lost = append(lost, fmt.Sprintf("%d invocations ended without an answer, or answered without telemetry", t.UnreportedInvocations))
	}
	t.Problem = strings.Join(lost, "; ")
	t.OK = t.Problem == ""
}
