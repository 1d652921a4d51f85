package relay

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// interval is how often points are made and sent: a second, the resolution of the workers'
// points.
const interval = time.Second

// start makes the instruments and starts to send.
func (m *pointRelay) start(ctx context.Context) (err error) {
	m.set, m.calls, m.quit = telemetry.NewSet(m.options.Start), map[trace.SpanID]int64{}, make(chan struct{})
	m.status, m.known = bench.Running, make(chan struct{})
	if m.meter, err = newMeter(m.own, telemetry.Version(), m.observe); err != nil {
		return err
	}
	m.worker, err = resource.New(ctx, resource.WithAttributes(semconv.ServiceName(telemetry.LambdaService), semconv.ServiceVersion(telemetry.Version()),
		semconv.FaaSName(m.options.FunctionName), telemetry.KeyRunID.String(m.options.RunID)))
	if err != nil {
		return err
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	m.loopDone.Go(func() { m.loop(loop) })
	return nil
}

// loop sends every second until quit is closed. The end of ctx cuts an export off.
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

// send exports the driver's points of now and the workers' points of the complete seconds, or
// of all seconds if these are the last points. It reports whether the collector took all.
func (m *pointRelay) send(ctx context.Context, last bool) bool {
	m.spans.flush()
	m.emitSlowest(last)
	if m.off.Metrics {
		return true
	}
	if last { // the driver's last points include the ledger of all others
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
	telemetry.DropGaugeStarts(rm.ScopeMetrics...)
	n := telemetry.PointsIn(rm.ScopeMetrics...)
	a, err := m.exporter.SendMetrics(ctx, &rm)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made.Produced += n
	m.judge(n, a, err)
	m.uncounted = 0
	if err == nil {
		m.first()
		m.uncounted = n
	}
	if err == nil || a.Final() {
		m.failed = 0
		return true
	}
	m.failed = n
	return false
}

// emitSlowest makes points of the statements that have become some of the slowest, and
// completes their traces.
func (m *pointRelay) emitSlowest(last bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.scenarios {
		if t.slow == nil {
			continue
		}
		now := m.now()
		slow := t.slow.take(now, last || t.took > 0)
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
		m.unsent = append(m.unsent, batch{m.own, slowPoints(t.name, slow, now), true})
	}
}

// close stops the loop and sends the last points, all within the given time. status is how the
// run ended.
func (m *pointRelay) close(ctx context.Context, status bench.Status, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// An export that is cut off may reach the collector after newer points, so it gets half
	// of the time to end by itself.
	close(m.quit)
	defer context.AfterFunc(ctx, m.stop)()
	cut := time.AfterFunc(within/2, m.stop)
	m.loopDone.Wait()
	cut.Stop()
	m.stop()
	m.mu.Lock()
	m.ended, m.status = m.now(), status
	m.mu.Unlock()
	for !m.send(ctx, true) && pause(ctx, firstPause) {
		continue // the collector may come back
	}
	m.mu.Lock()
	if m.failed > 0 { // no later points replaced them
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
