package relay

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"dsql-load-test/internal/telemetry"
)

// maxSeconds is how many seconds one message holds.
const maxSeconds = 30

// maxUnsent is how many messages of the workers' points wait for the collector.
const maxUnsent = 600

// loop sends every second what there is, until quit; ctx ends an export.
func (m *pointRelay) loop(ctx context.Context) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		m.send(ctx, false)
		select {
		case <-tick.C:
		case <-m.quit:
			return
		}
	}
}

// send exports the driver's points of now and the workers' of all seconds that
// nobody can add to any more, or of all when they are the last. It reports
// whether all was taken.
func (m *pointRelay) send(ctx context.Context, last bool) bool {
	m.spans.flush()
	m.tellSlowest(last)
	if m.off.Metrics {
		return true
	}
	if last { // the driver's last points tell what became of all others
		return m.sendUnsent(ctx, last) && m.sendOwn(ctx)
	}
	own := m.sendOwn(ctx)
	return m.sendUnsent(ctx, last) && own
}

func (m *pointRelay) sendOwn(ctx context.Context) bool {
	var rm metricdata.ResourceMetrics
	if err := m.meter.reader.Collect(ctx, &rm); err != nil {
		return false // ctx ended
	}
	n := telemetry.PointsIn(rm.ScopeMetrics...)
	a, err := m.exporter.SendMetrics(ctx, &rm)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made.Produced += n
	m.judge(n, a, err)
	if err == nil || a.Final() {
		m.failed = 0
		return true
	}
	m.failed = n
	return false
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
		m.made.Drop(telemetry.ReasonSuperseded, n) // by the same series' next points
	}
}

// tellSlowest makes points of statements that are among the slowest now, and
// completes their traces.
func (m *pointRelay) tellSlowest(last bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.stages {
		if t.stage.slow == nil {
			continue
		}
		now := m.now()
		slow := t.stage.slow.take(now, last || t.took > 0)
		if len(slow) == 0 {
			continue
		}
		for i := range slow {
			m.complete(&slow[i])
		}
		if m.off.Metrics {
			continue
		}
		m.made.Produced += int64(len(slow))
		m.unsent = append(m.unsent, batch{m.own, slowPoints(t.stage.name, slow, now), true})
	}
}

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

// pause waits; false when ctx ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// close sends the last points, within the time given.
func (m *pointRelay) close(ctx context.Context, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// An export that is cut off may still reach the collector, after newer points:
	// it gets half of the time.
	close(m.quit)
	defer context.AfterFunc(ctx, m.stop)()
	cut := time.AfterFunc(within/2, m.stop)
	m.loopDone.Wait()
	cut.Stop()
	m.stop()
	m.mu.Lock()
	m.ended = m.now()
	m.mu.Unlock()
	for !m.send(ctx, true) && pause(ctx, firstPause) {
		continue // the collector may be about to come back
	}
	m.mu.Lock()
	if m.failed > 0 { // nothing came after them
		m.made.Dropped[telemetry.ReasonSuperseded] -= m.failed
		m.made.Drop(telemetry.ReasonUnconfirmed, m.failed)
	}
	for _, b := range m.unsent {
		m.made.Drop(telemetry.ReasonUnconfirmed, telemetry.PointsIn(b.points))
	}
	m.unsent = nil
	m.mu.Unlock()
	_ = m.meter.provider.Shutdown(ctx) // the reader is manual: it holds nothing
}
