package relay

import (
	"maps"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// scenario is what the driver's points tell of a scenario, or of the warm-up. It is
// guarded by pointRelay.mu.
type scenario struct {
	name  string
	start time.Time
	rows  int64         // planned
	took  time.Duration // 0 while it lasts
	slow  *slowest      // nil for the warm-up
}

func (m *pointRelay) begin(name string, start time.Time, rows int64) *scenario {
	s := &scenario{name: name, start: start, rows: rows}
	if name != telemetry.WarmUp {
		s.slow = newSlowest(start)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.scenarios = append(m.scenarios, s)
	return s
}

// end notes how long a scenario took.
func (m *pointRelay) end(s *scenario, took time.Duration) {
	if s == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.took = max(took, time.Nanosecond)
}

// slowest takes in the slowest statements of an invocation, whose trace has so
// many spans.
func (m *pointRelay) slowest(s *scenario, of []bench.Statement, spans int64) {
	if s == nil || s.slow == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.slow.add(of, spans)
}

// slowestTraces are the slowest statements of all scenarios, and how many spans their
// traces had when they came.
func (m *pointRelay) slowestTraces() (slow []bench.Statement, spans map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	spans = map[string]int64{}
	for _, of := range m.scenarios {
		if s := of.slow; s != nil {
			slow = append(slow, s.kept...)
			maps.Copy(spans, s.spans)
		}
	}
	return slow, spans
}
