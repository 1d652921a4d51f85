package relay

import (
	"context"
	"time"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"dsql-load-test/internal/telemetry"
)

func startSpanRelay(e sender, c *telemetry.Compressor, own *resourcepb.Resource, traces *traceBook) *spanRelay {
	ctx, stop := context.WithCancel(context.Background())
	r := &spanRelay{exporter: e, packer: c, stop: stop, wake: make(chan struct{}), resource: own, traces: traces}
	for range senders {
		r.done.Go(func() { r.send(ctx) })
	}
	return r
}

func (r *spanRelay) send(ctx context.Context) {
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

// export sends batch and accounts for it; it returns how long to wait after a
// failure.
func (r *spanRelay) export(ctx context.Context, batch []parcel) time.Duration {
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
	var a telemetry.Answer
	var err error
	if len(messages) > 0 {
		a, err = r.exporter.SendSpans(ctx, messages)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.signal()
	r.sending -= len(batch)
	r.queued -= spans
	for _, p := range unreadable {
		r.queued -= p.spans
		r.drop(p, telemetry.ReasonUnreadable)
	}
	switch {
	case err == nil:
		rejected := a.Refusals(spans)
		r.driver.Passed += spans - rejected
		r.driver.Refused += rejected
		if rejected > 0 {
			r.doubt(readable, rejected)
		}
		r.failing, r.failures = nil, 0
		return 0
	case a.Final() && len(readable) > 1: // one of them may be what it doesn't want
		r.again(readable, true, a.Unsure())
		return 0
	case a.Final():
		r.driver.Refused += spans
		r.lose(readable[0])
		if a.Unsure() {
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
func (r *spanRelay) drain(ctx context.Context) {
	r.mu.Lock()
	r.everFail = r.failing != nil
	passed, since := r.driver.Passed, time.Now()
	r.mu.Unlock()
	for {
		r.mu.Lock()
		empty, failed := len(r.queue)+r.sending == 0, r.everFail
		if r.driver.Passed > passed && !failed {
			passed, since = r.driver.Passed, time.Now()
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
		r.drop(p, telemetry.ReasonUnconfirmed)
	}
	r.queue, r.queued = nil, 0
}
