package relay

import (
	"go.opentelemetry.io/otel/attribute"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// bars returns two latencies in microseconds for the next invocation of a scenario: from which on
// a statement counts as slow, and from which on it may be among the slowest of the scenario.
func (m *pointRelay) bars(of *scenario) (slow, notable int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if of != nil && of.slow != nil {
		notable = of.slow.bar
	}
	return m.slowUs(of), notable
}

// slowUs returns the latency from which on a statement counts as slow. With bench.AutoSlow, a
// function knows better once it has its own median. It needs the lock.
func (m *pointRelay) slowUs(of *scenario) int64 {
	if m.options.Slow.Auto() && of != nil && of.slowUs > 0 {
		return of.slowUs
	}
	return m.options.Slow.Duration().Microseconds()
}

// medians renews slowUs of the scenarios, with bench.AutoSlow. It needs the lock.
func (m *pointRelay) medians() {
	if !m.options.Slow.Auto() {
		return
	}
	for _, s := range m.scenarios {
		if s.slow == nil {
			continue
		}
		h := m.set.Sum(telemetry.OperationDuration, func(of *attribute.Set) bool {
			name, _ := of.Value(telemetry.KeyScenario)
			return name.AsString() == s.name && !of.HasValue(telemetry.KeyErrorType) // acknowledged
		})
		if h.Count >= bench.SlowLeast {
			s.slowUs = bench.SlowUs(telemetry.Duration(h.Median()))
		}
	}
}
