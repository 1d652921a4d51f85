package relay

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/telemetry"
)

// sendUnsent exports what the workers made, and what waits from before.
func (m *pointRelay) sendUnsent(ctx context.Context, last bool) bool {
	m.mu.Lock()
	for end := m.settled(last); m.set.Next < end; { // in messages of bounded size
		taken := m.set.Take(min(end, m.set.Next+maxSeconds))
		if n := telemetry.PointsIn(taken); n > 0 {
			m.made.Produced += n
			m.unsent = append(m.unsent, batch{m.worker, taken, false})
		}
	}
	if n := len(m.unsent) - maxUnsent; n > 0 {
		m.unsent = slices.DeleteFunc(m.unsent, func(b batch) bool {
			drop := n > 0 && !b.once
			if drop {
				n--
				m.made.Drop(telemetry.ReasonSuperseded, telemetry.PointsIn(b.points))
			}
			return drop
		})
	}
	batches := m.unsent
	m.mu.Unlock()
	for i, b := range batches {
		a, err := m.exporter.SendMetrics(ctx, &metricdata.ResourceMetrics{Resource: b.resource, ScopeMetrics: []metricdata.ScopeMetrics{b.points}})
		m.mu.Lock()
		if err != nil && !a.Final() {
			m.unsent = m.unsent[i:]
			m.mu.Unlock()
			return false
		}
		m.judge(telemetry.PointsIn(b.points), a, err)
		m.mu.Unlock()
	}
	m.mu.Lock()
	m.unsent = m.unsent[len(batches):]
	m.mu.Unlock()
	return true
}

// settled is the second before which no invocation in flight can have anything
// to tell. It needs the lock.
func (m *pointRelay) settled(last bool) int64 {
	now := m.now().Unix()
	if last {
		return max(now, m.set.Last()+1)
	}
	const clocks = 1 // seconds that the function's clock may differ
	end := now - clocks
	for _, began := range m.calls {
		end = min(end, began-clocks)
	}
	return end
}
