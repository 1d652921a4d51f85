package capture

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

// flushTimeout limits the wait for the collector at the end of an invocation, unless
// OTEL_EXPORTER_OTLP_TIMEOUT is set.
const flushTimeout = 2 * time.Second

// downTime is how long no export is tried after one without an answer. Otherwise an invocation
// could spend all of its time on a dead collector.
const downTime = 10 * time.Second

// direct exports from an execution environment straight to a collector.
type direct struct {
	exporter *telemetry.Exporter
	resource *resource.Resource
	timeout  time.Duration
	now      func() time.Time

	mu   sync.Mutex
	runs map[string]*telemetry.Set // by run: the cumulative metrics of the environment
	down atomic.Int64              // Unix nanoseconds; no export is tried before
	last time.Time                 // time of the last points
}

func newDirect(ctx context.Context, getenv func(string) string, of *resource.Resource, now func() time.Time) (*direct, error) {
	e, err := telemetry.NewExporter(ctx, getenv, telemetry.Timeouts{Traces: flushTimeout, Metrics: flushTimeout})
	if err != nil {
		return nil, err
	}
	return &direct{exporter: e, resource: of, runs: map[string]*telemetry.Set{}, timeout: e.Patience, now: now}, nil
}

// flight is the export of one invocation. It sends while the statements run. If the queue is
// full, the invocation waits between two statements.
type flight struct {
	direct   *direct
	run      string
	each     int64 // rows of a statement
	began    time.Time
	queue    chan flightChunk
	done     chan struct{}
	sent     int64
	lost     map[string]int64
	lostRows int64 // acknowledged rows of statements whose spans are, or may be, lost
}

type flightChunk struct {
	message []byte
	spans   int64
	rows    int64
}

func (d *direct) start(inv *bench.Invocation, began time.Time) *flight {
	f := &flight{direct: d, run: inv.RunID, each: int64(inv.RowsPerStatement()), began: began, queue: make(chan flightChunk, 4), done: make(chan struct{})}
	go f.send()
	return f
}

var errDown = errors.New("the collector didn't answer a moment ago")

// try calls send within the time-out, unless the collector has just failed to answer. A refusal
// is an answer.
func (d *direct) try(send func(context.Context) (telemetry.Answer, error)) (telemetry.Answer, error) {
	if d.now().UnixNano() < d.down.Load() {
		return telemetry.Answer{}, errDown
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.timeout)
	defer cancel()
	a, err := send(ctx)
	if err != nil && !a.Final() {
		d.down.Store(d.now().Add(downTime).UnixNano())
	}
	return a, err
}

// send exports the queue. It ends when finish closes the queue.
func (f *flight) send() {
	defer close(f.done)
	for c := range f.queue {
		a, err := f.direct.try(func(ctx context.Context) (telemetry.Answer, error) {
			return f.direct.exporter.SendSpans(ctx, [][]byte{c.message})
		})
		if err != nil {
			count(&f.lost, telemetry.ReasonExport, c.spans)
			f.lostRows += c.rows
			continue
		}
		rejected := a.Refusals(c.spans)
		f.sent += c.spans - rejected
		count(&f.lost, telemetry.ReasonRejected, rejected)
		f.lostRows += telemetry.AtMost(c.rows, rejected, f.each) // the collector doesn't say which ones it refused
	}
}

func (f *flight) spans(message []byte, spans, rows int64) {
	f.queue <- flightChunk{message, spans, rows}
}

// finish waits for the spans, sends the metrics, and adds the account of both to r.
func (f *flight) finish(m *metricpb.ResourceMetrics, r *bench.TelemetryReply) {
	close(f.queue)
	<-f.done
	r.AcceptedSpans = f.sent
	r.DroppedRows += f.lostRows
	for reason, n := range f.lost {
		count(&r.DroppedSpans, reason, n)
	}
	if len(m.ScopeMetrics[0].Metrics) == 0 {
		return
	}
	points, a, err := f.direct.export(f.run, f.began, m)
	r.Points = points
	if err != nil {
		count(&r.DroppedPoints, telemetry.ReasonExport, points)
		return
	}
	rejected := a.Refusals(points)
	r.AcceptedPoints = points - rejected
	count(&r.DroppedPoints, telemetry.ReasonRejected, rejected)
}

// export adds an invocation's metrics to the environment's cumulative metrics and sends these. It
// holds the lock while it sends, so that the points stay in order.
func (d *direct) export(run string, began time.Time, m *metricpb.ResourceMetrics) (points int64, a telemetry.Answer, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	set := d.runs[run]
	if set == nil {
		set = telemetry.NewSet(began)
		clear(d.runs) // an environment serves one run at a time
		d.runs[run] = set
	}
	set.Merge(m)
	d.last = after(d.now(), d.last)
	scope := set.TakeNow(d.last)
	points = telemetry.PointsIn(scope)
	res, err := resource.Merge(d.resource, resource.NewSchemaless(telemetry.KeyRunID.String(run)))
	if err != nil {
		return points, a, err
	}
	a, err = d.try(func(ctx context.Context) (telemetry.Answer, error) {
		return d.exporter.SendMetrics(ctx, &metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{scope}})
	})
	return points, a, err
}

// after returns now, moved if necessary to a millisecond after the last points and after the
// last full second. Backends don't distinguish smaller steps.
func after(now, last time.Time) time.Time {
	for _, taken := range []time.Time{last, now.Truncate(time.Second)} {
		if now.UnixMilli() <= taken.UnixMilli() {
			now = taken.Add(time.Millisecond)
		}
	}
	return now
}

// count adds n to a reason's count. It makes the map when it is first needed.
func count(to *map[string]int64, reason string, n int64) {
	h := bench.Hop{Dropped: *to}
	h.Drop(reason, n)
	*to = h.Dropped
}
