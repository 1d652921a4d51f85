package relay

import (
	"context"
	"maps"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// pointRelay merges the points of all invocations, makes the driver's own points, sends both
// and keeps their account. It is safe for concurrent use.
type pointRelay struct {
	options  Options
	exporter sender
	off      telemetry.Signals
	spans    *spanRelay
	meter    *meter
	now      func() time.Time
	worker   *resource.Resource // of the merged points
	own      *resource.Resource // of the driver's points
	quit     chan struct{}      // closed to end the loop
	stop     context.CancelFunc // cuts off the export of the loop
	loopDone sync.WaitGroup
	known    chan struct{} // closed when the collector has taken the driver's first points

	mu        sync.Mutex // guards what follows
	set       *telemetry.Set
	calls     map[trace.SpanID]int64 // those in flight, and the first second to which they may still add points
	streamed  bool                   // partial answers come
	scenarios []*scenario
	ended     time.Time // of the run; zero while it lasts
	status    bench.Status
	unsent    []batch
	lambda    bench.Hop // delta points, made by the workers
	direct    int64     // the part of lambda that the collector took from the workers
	made      bench.Hop // points made here
	failed    int64     // points of the last collection that the collector didn't take
	uncounted int64     // points of the last collection that it took; they can't count themselves
}

// batch is one message of points.
type batch struct {
	resource *resource.Resource
	points   metricdata.ScopeMetrics
	once     bool // no later point of the same series has these values too
}

// join records that an invocation is in flight, leave that it ended. In between it may still
// add points to its seconds.
func (m *pointRelay) join(call trace.SpanID, start time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[call] = start.Unix()
}

// advance records that an invocation in flight adds no more points to the seconds before until.
func (m *pointRelay) advance(call trace.SpanID, until int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[call], m.streamed = max(m.calls[call], until), true
}

func (m *pointRelay) leave(call trace.SpanID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, call)
}

// receive merges the points of an invocation. points is nil if they can't be read, or aren't
// as many as the response claims.
func (m *pointRelay) receive(points *metricpb.ResourceMetrics, t *bench.TelemetryReply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lambda.Produced += t.Points
	for reason, n := range t.DroppedPoints {
		m.lambda.Drop(reason, n)
	}
	claimed := max(0, t.Points-bench.Total(t.DroppedPoints))
	if t.Mode == bench.TelemetryOTLP {
		accepted := min(t.AcceptedPoints, claimed)
		m.lambda.Passed += accepted
		m.direct += accepted
		m.lambda.Drop(telemetry.ReasonUnreadable, claimed-accepted) // the function doesn't account for these
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

// scenario is the state of a scenario, or of the warm-up, for the driver's points. It is
// guarded by pointRelay.mu.
type scenario struct {
	name  string
	start time.Time
	rows  int64         // planned
	took  time.Duration // 0 while it lasts
	slow  *slowest      // nil for the warm-up
	// slowUs is bench.SlowFactor x the median of the acknowledged statements so far, in
	// microseconds; 0 while it isn't known.
	slowUs int64
	// figures returns the figures of the scenario; nil if nobody shows them. It isn't called
	// under the lock.
	figures func() Figures
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

// end records how long a scenario took.
func (m *pointRelay) end(s *scenario, took time.Duration) {
	if s == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.took = max(took, time.Nanosecond)
}

// addSlowest adds the slowest statements of an invocation. spans returns the number of spans in a
// trace.
func (m *pointRelay) addSlowest(s *scenario, of []bench.Statement, spans func(trace string) int64) {
	if s == nil || s.slow == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.slow.add(of, spans)
}

// slowestTraces returns the slowest statements of all scenarios, and by trace id how many spans
// their traces had when they arrived.
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
