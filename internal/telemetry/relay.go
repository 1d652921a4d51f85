package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/bench"
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

// relay sends spans to the collector as they came. Nothing that makes load
// waits for it: what the collector doesn't take yet is kept, packed, up to
// maxQueued bytes.
type relay struct {
	exporter *exporter
	packer   *compressor
	stop     context.CancelFunc
	done     sync.WaitGroup

	mu       sync.Mutex
	wake     chan struct{} // closed when there is something to do
	queue    []parcel
	bytes    int
	sending  int   // parcels taken from the queue
	queued   int64 // spans in the queue or being sent
	hop      *bench.Hop
	failing  error // of the last export; nil when it went well
	failures int   // in a row
	everFail bool
	lostRows int64 // acknowledged rows whose spans were given up or refused
	// resentRows are acknowledged rows whose spans may have been taken once more than
	// told: in an export without an answer, or among those of which some were refused.
	resentRows int64
	traces     *traceBook
}

// parcel is a framed message of spans.
type parcel struct {
	data   []byte
	packed bool
	size   int // bytes, unpacked
	spans  int64
	rows   int64           // acknowledged rows of its statements
	each   int64           // rows of each of its statements; 0 when that isn't known
	run    string          // that its spans must be of, and of the first of traces; empty for the driver's own
	alone  bool            // to be sent by itself: the collector refused it in company
	traces []trace.TraceID // that its spans belong to
}

// startRelay counts in hop, which is guarded by the relay's lock.
func startRelay(e *exporter, c *compressor, hop *bench.Hop, traces *traceBook) *relay {
	ctx, stop := context.WithCancel(context.Background())
	r := &relay{exporter: e, packer: c, stop: stop, wake: make(chan struct{}), hop: hop, traces: traces}
	for range senders {
		r.done.Go(func() { r.send(ctx) })
	}
	return r
}

// add queues a parcel, or counts it as dropped when too much waits.
func (r *relay) add(p parcel, produced bool) {
	var err error
	if p.size = len(p.data); p.packed {
		p.size, err = sizeOf(p.data, maxChunk)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if produced {
		r.hop.Produced += p.spans
	} else {
		r.hop.Received += p.spans
	}
	switch {
	case err != nil:
		r.drop(p, reasonUnreadable)
	case r.bytes+len(p.data) > maxQueued:
		r.drop(p, reasonQueueFull)
	default:
		r.put(p)
	}
}

// drop gives a parcel up. It needs the lock.
func (r *relay) drop(p parcel, reason string) {
	r.hop.Drop(reason, p.spans)
	r.lose(p)
}

// lose notes whose spans don't reach the collector. It needs the lock.
func (r *relay) lose(p parcel) {
	r.lostRows += p.rows
	r.traces.damage(p.traces)
}

// put needs the lock.
func (r *relay) put(p parcel) {
	r.queue = append(r.queue, p)
	r.bytes += len(p.data)
	r.queued += p.spans
	r.signal()
}

// signal wakes whoever waits. It needs the lock.
func (r *relay) signal() {
	close(r.wake)
	r.wake = make(chan struct{})
}

// take answers what fits one export, waiting for it; nil when ctx ends.
func (r *relay) take(ctx context.Context) []parcel {
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

// fitting is how many of the first parcels fit one export. It needs the lock.
func (r *relay) fitting() (n int) {
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

func (r *relay) send(ctx context.Context) {
	for {
		batch := r.take(ctx)
		if batch == nil {
			return
		}
		pause := r.export(ctx, batch)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// export sends batch and accounts for it; it answers how long to wait after a
// failure.
func (r *relay) export(ctx context.Context, batch []parcel) time.Duration {
	messages := make([][]byte, 0, len(batch))
	var readable, unreadable []parcel
	var spans int64
	for _, p := range batch {
		data := p.data
		if p.packed {
			var err error
			if data, err = r.unpack(p); err != nil {
				unreadable = append(unreadable, p)
				continue
			}
		}
		messages, readable = append(messages, data), append(readable, p)
		spans += p.spans
	}
	var a answer
	var err error
	if len(messages) > 0 {
		a, err = r.exporter.sendSpans(ctx, messages)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.signal()
	r.sending -= len(batch)
	r.queued -= spans
	for _, p := range unreadable {
		r.queued -= p.spans
		r.drop(p, reasonUnreadable)
	}
	switch {
	case err == nil:
		rejected := a.refusals(spans)
		r.hop.Passed += spans - rejected
		r.hop.Refused += rejected
		if rejected > 0 {
			r.doubt(readable, rejected)
		}
		r.failing, r.failures = nil, 0
		return 0
	case a.final() && len(readable) > 1: // one of them may be what it doesn't want
		r.again(readable, true, a.unsure())
		return 0
	case a.final():
		r.hop.Refused += spans
		r.lose(readable[0])
		if a.unsure() {
			r.resentRows += readable[0].rows
		}
		r.failing, r.everFail = err, true
		return 0
	}
	r.again(readable, false, true)
	r.failing, r.everFail = err, true
	r.failures++
	return min(firstPause<<min(r.failures, 8), maxPause)
}

// drain waits until all is sent. When an export fails, or none succeeds for as
// long, it ends after drainDeadline.
func (r *relay) drain(ctx context.Context) {
	r.mu.Lock()
	r.everFail = r.failing != nil
	passed, since := r.hop.Passed, time.Now()
	r.mu.Unlock()
	for {
		r.mu.Lock()
		empty, failed := len(r.queue)+r.sending == 0, r.everFail
		if r.hop.Passed > passed && !failed {
			passed, since = r.hop.Passed, time.Now()
		}
		wake := r.wake
		r.mu.Unlock()
		left := drainDeadline - time.Since(since)
		if empty || left <= 0 || ctx.Err() != nil {
			break
		}
		select {
		case <-wake:
		case <-time.After(left):
		case <-ctx.Done():
		}
	}
	r.stop()
	r.done.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.queue {
		r.drop(p, reasonUnconfirmed)
	}
	r.queue, r.queued = nil, 0
}
