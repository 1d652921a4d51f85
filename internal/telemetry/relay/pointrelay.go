package relay

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// pointRelay merges the points of all invocations, makes the driver's own, sends both
// and keeps the account of them. It is safe for concurrent use.
type pointRelay struct {
	options  Options
	exporter sender
	off      telemetry.Signals
	spans    *spanRelay
	meter    *meter
	now      func() time.Time
	worker   *resource.Resource
	own      *resource.Resource // the driver's
	quit     chan struct{}      // closed to end the loop
	stop     context.CancelFunc // cuts its export off
	loopDone sync.WaitGroup

	mu        sync.Mutex // guards what follows
	set       *telemetry.Set
	calls     map[trace.SpanID]int64 // those in flight, to the second in which they began
	scenarios []*scenario
	ended     time.Time // of the run; zero while it lasts
	unsent    []batch
	lambda    bench.Hop // delta points, made by the workers
	direct    int64     // of those, what the collector took from them
	made      bench.Hop // points made here
	failed    int64     // those of the last collection that the collector didn't take
}

// batch is one message of points.
type batch struct {
	resource *resource.Resource
	points   metricdata.ScopeMetrics
	once     bool // no later point of the same series holds what these do
}

// join notes that an invocation is in flight, and leave that it ended: points of the
// seconds between may come of it.
func (m *pointRelay) join(call trace.SpanID, start time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[call] = start.Unix()
}

func (m *pointRelay) leave(call trace.SpanID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, call)
}

// receive merges what an invocation measured. Nil points can't be read, or aren't as
// many as the response says.
func (m *pointRelay) receive(points *metricpb.ResourceMetrics, t *bench.TelemetryReply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lambda.Produced += t.Points
	for reason, n := range t.DroppedPoints {
		m.lambda.Drop(reason, n)
	}
	claimed := max(0, t.Points-sumOf(t.DroppedPoints))
	if t.Mode == bench.TelemetryOTLP {
		accepted := min(t.AcceptedPoints, claimed)
		m.lambda.Passed += accepted
		m.direct += accepted
		m.lambda.Drop(telemetry.ReasonUnreadable, claimed-accepted) // of these the function doesn't say what became of them
		return
	}
	if points == nil {
		if claimed == 0 && len(t.Metrics) > 0 { // there must have been something
			claimed = 1
			m.lambda.Produced++
		}
		m.lambda.Drop(telemetry.ReasonUnreadable, claimed)
		return
	}
	unreadable := m.set.Merge(points)
	m.lambda.Drop(telemetry.ReasonUnreadable, unreadable)
	m.lambda.Passed += claimed - unreadable
}

func sumOf(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}
