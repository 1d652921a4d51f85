package relay

import (
	"context"
	"maps"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
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

	mu     sync.Mutex // guards what follows
	set    *telemetry.Set
	calls  map[*Call]int64 // those in flight, to the second in which they began
	stages []*stageTime
	ended  time.Time // of the run; zero while it lasts
	unsent []batch
	lambda bench.Hop // delta points, made by the workers
	direct int64     // of those, what the collector took from them
	made   bench.Hop // points made here
	failed int64     // those of the last collection that the collector didn't take
}

// batch is one message of points.
type batch struct {
	resource *resource.Resource
	points   metricdata.ScopeMetrics
	once     bool // no later point of the same series holds what these do
}

// stageTime is how long a scenario takes.
type stageTime struct {
	stage *Stage
	took  time.Duration // 0 while it lasts
}

func startPointRelay(ctx context.Context, d *Driver, res *resource.Resource) (*pointRelay, error) {
	m := &pointRelay{
		options: d.options, exporter: d.exporter, off: d.off, spans: d.spans, now: d.now, own: res, quit: make(chan struct{}),
		set: telemetry.NewSet(d.options.Start, telemetry.MetricsOf(telemetry.ByLambda)), calls: map[*Call]int64{},
	}
	var err error
	if m.meter, err = newMeter(res, telemetry.Version(), m.observe); err != nil {
		return nil, err
	}
	m.worker, err = resource.New(ctx, resource.WithAttributes(semconv.ServiceName(telemetry.LambdaService), semconv.ServiceVersion(telemetry.Version()),
		semconv.FaaSName(d.options.FunctionName), telemetry.KeyRunID.String(d.options.RunID)))
	if err != nil {
		return nil, err
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	m.loopDone.Go(func() { m.loop(loop) })
	return m, nil
}

func (m *pointRelay) join(c *Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[c] = c.start.Unix()
}

func (m *pointRelay) leave(c *Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, c)
}

// receive merges what an invocation measured. Nil points can't be read, or aren't as
// many as told.
func (m *pointRelay) receive(points *metricpb.ResourceMetrics, t *bench.TelemetryReply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lambda.Produced += t.Points
	for reason, n := range t.DroppedPoints {
		m.lambda.Drop(reason, n)
	}
	told := max(0, t.Points-sumOf(t.DroppedPoints))
	if t.Mode == bench.TelemetryOTLP {
		accepted := min(t.AcceptedPoints, told)
		m.lambda.Passed += accepted
		m.direct += accepted
		m.lambda.Drop(telemetry.ReasonUnreadable, told-accepted) // of these the function doesn't say what became of them
		return
	}
	if points == nil {
		if told == 0 && len(t.Metrics) > 0 { // there must have been something
			told = 1
			m.lambda.Produced++
		}
		m.lambda.Drop(telemetry.ReasonUnreadable, told)
		return
	}
	unreadable := m.set.Merge(points)
	m.lambda.Drop(telemetry.ReasonUnreadable, unreadable)
	m.lambda.Passed += told - unreadable
}

func sumOf(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// slowest takes in the slowest statements of an invocation, whose trace has so
// many spans.
func (m *pointRelay) slowest(s *Stage, of []bench.Statement, spans int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.slow != nil {
		s.slow.add(of, spans)
	}
}

func (m *pointRelay) begin(s *Stage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stages = append(m.stages, &stageTime{stage: s})
}

func (m *pointRelay) end(s *Stage, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.stages {
		if t.stage == s {
			t.took = max(took, time.Nanosecond)
		}
	}
}

// state is the account at one moment, for the ledger.
func (m *pointRelay) state() (l bench.Ledger, late, direct int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bench.Ledger{Lambda: copyOf(m.lambda), Driver: copyOf(m.made)}, m.set.Late, m.direct
}

// slowestTraces are the slowest statements of all scenarios, and how many spans their
// traces had when they came.
func (m *pointRelay) slowestTraces() (slow []bench.Statement, spans map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	spans = map[string]int64{}
	for _, t := range m.stages {
		if s := t.stage.slow; s != nil {
			slow = append(slow, s.kept...)
			maps.Copy(spans, s.spans)
		}
	}
	return slow, spans
}
