package relay

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/telemetry"
)

const (
	// maxSeconds is how many seconds of points one message holds.
	maxSeconds = 30
	// maxUnsent is how many messages of the workers' points may wait for the collector.
	maxUnsent = 600
	// maxBehind is how many seconds the points of an invocation are waited for, if partial
	// answers come. Points that come later count in a later second.
	maxBehind = 6
)

// sendUnsent exports the workers' new points and those that still wait. It reports whether
// the collector took all.
func (m *pointRelay) sendUnsent(ctx context.Context, last bool) bool {
	batches := m.collectUnsent(last)
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

// collectUnsent takes the complete seconds out of the set. When too many messages wait, it
// drops the oldest of those whose series have later points.
func (m *pointRelay) collectUnsent(last bool) []batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	for end := m.completeUntil(last); m.set.Next < end; {
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
	return m.unsent
}

// completeUntil returns the end (exclusive) of the seconds to which no invocation in flight can add
// points, or the end of all seconds if last is true. It needs the lock.
func (m *pointRelay) completeUntil(last bool) int64 {
	now := m.now().Unix()
	if last {
		return max(now, m.set.Last()+1)
	}
	const clocks = 1 // seconds by which the function's clock may differ
	end := now - clocks
	for _, from := range m.calls {
		end = min(end, from-clocks)
	}
	if m.streamed { // one invocation that hangs must not hold back the points of all others
		end = max(end, now-maxBehind)
	}
	return end
}

// judge accounts for an export of n points. It needs the lock.
func (m *pointRelay) judge(n int64, a telemetry.Answer, err error) {
	switch {
	case err == nil:
		rejected := a.Refusals(n)
		m.made.Passed += n - rejected
		m.made.Refused += rejected
	case a.Final():
		m.made.Refused += n
	default:
		m.made.Drop(telemetry.ReasonSuperseded, n) // the next points of the same series replace them
	}
}
