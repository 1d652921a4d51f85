package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelmetric "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/semconv/v1.43.0"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
)

// metrics are the run's: the driver's own, and the workers' merged.
type metrics struct {
	driver   *Driver
	meter    *meter
	worker   *resource.Resource
	own      *resource.Resource // the driver's
	start    time.Time
	quit     chan struct{}      // closed to end the loop
	stop     context.CancelFunc // cuts its export off
	loopDone sync.WaitGroup

	mu     sync.Mutex // guards what follows
	set    *Set
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

func startMetrics(ctx context.Context, d *Driver, res *resource.Resource) (*metrics, error) {
	m := &metrics{driver: d, own: res, start: d.options.Start, set: NewSet(d.options.Start), calls: map[*Call]int64{}, quit: make(chan struct{})}
	m.set.known = definitionsByName()
	var err error
	if m.meter, err = newMeter(res, Version(), m.observe); err != nil {
		return nil, err
	}
	m.worker, err = resource.New(ctx, resource.WithAttributes(semconv.ServiceName(lambdaService), semconv.ServiceVersion(Version()),
		semconv.FaaSName(d.options.FunctionName), keyRunID.String(d.options.RunID)))
	if err != nil {
		return nil, err
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	m.loopDone.Go(func() { m.loop(loop) })
	return m, nil
}

func (m *metrics) join(c *Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[c] = c.start.Unix()
}

func (m *metrics) leave(c *Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, c)
}

func (m *metrics) sent(scenario string, n int64) {
	m.meter.inFlight.Add(context.Background(), n, otelmetric.WithAttributes(keyScenario.String(scenario)))
}

func (m *metrics) refused(scenario, reason string) {
	m.meter.throttles.Add(context.Background(), 1, otelmetric.WithAttributes(keyScenario.String(scenario), keyReason.String(reason)))
}

func (m *metrics) invocation(ctx context.Context, s *Stage, r *bench.Result) {
	m.meter.invocation(ctx, s.name, r, r.Rows(s.plan.Invocation(r.Index)))
}

// receive merges what an invocation measured. Nil points can't be read, or aren't as
// many as told.
func (m *metrics) receive(points *metricpb.ResourceMetrics, t *bench.TelemetryReply) {
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
		m.lambda.Drop(reasonUnreadable, told-accepted) // of these the function doesn't say what became of them
		return
	}
	if points == nil {
		if told == 0 && len(t.Metrics) > 0 { // there must have been something
			told = 1
			m.lambda.Produced++
		}
		m.lambda.Drop(reasonUnreadable, told)
		return
	}
	unreadable := m.set.unreadable
	m.set.Merge(points)
	unreadable = m.set.unreadable - unreadable
	m.lambda.Drop(reasonUnreadable, unreadable)
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
func (m *metrics) slowest(s *Stage, of []bench.Statement, spans int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.slow != nil {
		s.slow.add(of, spans)
	}
}

func (m *metrics) begin(s *Stage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stages = append(m.stages, &stageTime{stage: s})
}

func (m *metrics) end(s *Stage, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.stages {
		if t.stage == s {
			t.took = max(took, time.Nanosecond)
		}
	}
}

// observe tells the collection what is asked for at its time.
func (m *metrics) observe(o *observed, to otelmetric.Observer) {
	spans, queued := m.driver.spanLedger()
	m.driver.mu.Lock()
	direct := m.driver.accepted
	m.driver.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	to.ObserveInt64(o.queue, queued)
	to.ObserveFloat64(o.start, seconds(m.start))
	to.ObserveFloat64(o.slow, m.driver.options.Slow.Seconds())
	if m.ended.IsZero() {
		to.ObserveInt64(o.info, 1, otelmetric.WithAttributes(keyTarget.String(string(m.driver.options.Target))))
	} else {
		to.ObserveFloat64(o.end, seconds(m.ended))
	}
	for _, t := range m.stages {
		scenario := otelmetric.WithAttributes(keyScenario.String(t.stage.name))
		took := t.took
		if took == 0 {
			took = time.Since(t.stage.start)
		}
		to.ObserveFloat64(o.scenarioDuration, took.Seconds(), scenario)
		to.ObserveInt64(o.planned, t.stage.plan.Rows(), scenario)
	}
	tell(to, o.spans, spans, direct)
	tell(to, o.points, bench.Ledger{Lambda: m.lambda, Driver: m.made}, m.direct)
}

// tell observes a ledger, one series for each fate and reason. direct is what
// the collector took from the Lambda itself.
func tell(to otelmetric.Observer, counter otelmetric.Int64Observable, l bench.Ledger, direct int64) {
	for name, hop := range map[string]*bench.Hop{"lambda": &l.Lambda, "driver": &l.Driver} {
		at := func(fate, reason string, n int64) {
			attributes := []attribute.KeyValue{keyHop.String(name), keyFate.String(fate)}
			if reason != "" {
				attributes = append(attributes, keyReason.String(reason))
			}
			to.ObserveInt64(counter, n, otelmetric.WithAttributes(attributes...))
		}
		at("produced", "", hop.Produced)
		if name == "driver" {
			at("accepted", "", hop.Passed)
		} else {
			at("relayed", "", hop.Passed-direct)
			at("accepted", "", direct)
		}
		at("refused", "", hop.Refused)
		for reason, n := range hop.Dropped {
			at("dropped", reason, n)
		}
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
