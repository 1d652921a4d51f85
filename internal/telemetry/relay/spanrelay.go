package relay

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"dsql-load-test/internal/telemetry"
)

const (
	senders       = 4
	maxParcels    = 1024      // in one export
	maxExport     = 4096      // spans in one export
	maxBytes      = 7 << 19   // in one export; gRPC's usual limit is 4 MB
	maxQueued     = 256 << 20 // bytes of packed spans that may wait for the collector
	firstPause    = 200 * time.Millisecond
	maxPause      = 3 * time.Second
	drainDeadline = 8 * time.Second
)

// spanRelay sends spans to the collector without decoding them, and keeps the account of all
// spans. The load never waits for it: spans that the collector hasn't taken yet stay queued,
// compressed, up to maxQueued bytes. It is safe for concurrent use.
type spanRelay struct {
	exporter sender
	packer   *telemetry.Compressor
	now      func() time.Time
	stop     context.CancelFunc // ends the senders
	done     sync.WaitGroup

	mu       sync.Mutex        // guards what follows
	wake     chan struct{}     // closed and replaced when something changes
	own      telemetry.Encoder // the driver's own spans, not queued yet
	ownOf    []trace.TraceID
	resource *resourcepb.Resource // of own
	queue    []parcel
	bytes    int
	sending  int   // parcels taken from the queue
	queued   int64 // spans in the queue or being sent
	failing  error // of the last export; nil when it went well
	failures int   // in a row
	everFail bool  // an export has failed since the drain began
	traces   *traceBook
	spanAccount
}

func startSpanRelay(e sender, c *telemetry.Compressor, own *resourcepb.Resource, traces *traceBook, now func() time.Time) *spanRelay {
	ctx, stop := context.WithCancel(context.Background())
	r := &spanRelay{exporter: e, packer: c, now: now, stop: stop, wake: make(chan struct{}), resource: own, traces: traces}
	for range senders {
		r.done.Go(func() { r.send(ctx) })
	}
	return r
}

// parcel is one ResourceSpans message.
type parcel struct {
	data   []byte
	packed bool // data is compressed
	size   int  // bytes after decompression
	spans  int64
	rows   int64           // acknowledged rows of its statements
	each   int64           // rows of each of its statements; 0 if unknown
	run    string          // its spans must belong to this run, and to traces; empty for the driver's own
	alone  bool            // goes in an export by itself, because the collector refused it with others
	traces []trace.TraceID // the traces of its spans
	counts []int64         // how many are in each of them, by its response; nil for the driver's own
}

// emit encodes one of the driver's own spans.
func (r *spanRelay) emit(s *telemetry.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own.Add(s)
	r.ownOf = append(r.ownOf, s.Trace)
	if len(r.own.Raw) >= telemetry.ChunkBytes {
		r.flushOwn()
	}
}

// flush queues the driver's own spans.
func (r *spanRelay) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flushOwn()
}

// flushOwn needs the lock.
func (r *spanRelay) flushOwn() {
	if r.own.Spans > 0 {
		r.queueOwn(ownParcel(r.resource, &r.own, r.ownOf))
	}
	r.own, r.ownOf = telemetry.Encoder{}, nil
}

// ownParcel makes a parcel of the driver's own spans.
func ownParcel(of *resourcepb.Resource, spans *telemetry.Encoder, traces []trace.TraceID) parcel {
	p := parcel{spans: spans.Spans, traces: traces}
	var err error
	if p.data, err = telemetry.Frame(nil, of, telemetry.Version(), spans.Raw); err != nil {
		p.data, p.packed = []byte{0}, true // enqueue counts it as unreadable
	}
	return p
}

// complete queues spans of the driver for a trace that has ended.
func (r *spanRelay) complete(p parcel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queueOwn(p)
	r.traces.grew(p.traces[0], p.spans)
}

// queueOwn needs the lock.
func (r *spanRelay) queueOwn(p parcel) {
	r.driver.Produced += p.spans
	r.enqueue(p)
}

// add queues a parcel that came in a response.
func (r *spanRelay) add(p parcel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.driver.Received += p.spans
	r.enqueue(p)
}

// enqueue queues a parcel. It drops it if the size is missing, or if the queue is full. It needs
// the lock.
func (r *spanRelay) enqueue(p parcel) {
	var err error
	if p.size = len(p.data); p.packed {
		p.size, err = telemetry.SizeOf(p.data, telemetry.MaxChunk)
	}
	switch {
	case err != nil:
		r.drop(p, telemetry.ReasonUnreadable)
	case r.bytes+len(p.data) > maxQueued:
		r.drop(p, telemetry.ReasonQueueFull)
	default:
		r.put(p)
	}
}

// drop gives up a parcel. It needs the lock.
func (r *spanRelay) drop(p parcel, reason string) {
	r.driver.Drop(reason, p.spans)
	r.lose(p)
}

// lose records whose spans don't reach the collector. It needs the lock.
func (r *spanRelay) lose(p parcel) {
	r.lostRows += p.rows
	r.traces.damage(p.traces)
}

// put needs the lock.
func (r *spanRelay) put(p parcel) {
	r.queue = append(r.queue, p)
	r.bytes += len(p.data)
	r.queued += p.spans
	r.signal()
}

// signal wakes all that wait. It needs the lock.
func (r *spanRelay) signal() {
	close(r.wake)
	r.wake = make(chan struct{})
}

// take waits for parcels and returns as many as fit in one export; nil when ctx ends.
func (r *spanRelay) take(ctx context.Context) []parcel {
	for ctx.Err() == nil {
		r.mu.Lock()
		n := r.fitting()
		for _, p := range r.queue[:n] {
			r.bytes -= len(p.data)
		}
		batch := r.queue[:n:n]
		r.queue = r.queue[n:]
		r.sending += n
		wake := r.wake
		r.mu.Unlock()
		if n > 0 {
			return batch
		}
		select {
		case <-wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// fitting returns how many of the first parcels fit in one export. It needs the lock.
func (r *spanRelay) fitting() (n int) {
	spans, size := int64(0), 0
	for i, p := range r.queue[:min(len(r.queue), maxParcels)] {
		spans, size = spans+p.spans, size+p.size
		if i > 0 && (p.alone || r.queue[i-1].alone || spans > maxExport || size > maxBytes) {
			return i
		}
		n = i + 1
	}
	return n
}
