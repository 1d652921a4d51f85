package relay

import (
	"context"
	"time"

	"dsql-load-test/internal/telemetry"
)

// send exports batches until ctx ends. After a failure it waits.
func (r *spanRelay) send(ctx context.Context) {
	for {
		taken := r.take(ctx)
		if taken == nil {
			return
		}
		e := r.unpackAll(taken)
		if len(e.messages) > 0 {
			e.answer, e.err = r.exporter.SendSpans(ctx, e.messages)
		}
		pause(ctx, r.settle(&e))
	}
}

// spanExport is one message to the collector and its answer.
type spanExport struct {
	messages             [][]byte // the content of readable
	readable, unreadable []parcel
	spans                int64 // in readable
	answer               telemetry.Answer
	err                  error
}

func (r *spanRelay) unpackAll(taken []parcel) (e spanExport) {
	for _, p := range taken {
		data, err := p.data, error(nil)
		if p.packed {
			data, err = r.unpack(p)
		}
		if err != nil {
			e.unreadable = append(e.unreadable, p)
			continue
		}
		e.messages, e.readable = append(e.messages, data), append(e.readable, p)
		e.spans += p.spans
	}
	return e
}

// unpack decompresses a parcel of a response and checks that it holds the spans it claims.
func (r *spanRelay) unpack(p parcel) ([]byte, error) {
	data, err := r.packer.Unpack(p.data, p.size)
	if err != nil {
		return nil, err
	}
	n, err := inspectSpans(data, p.run, p.traces, p.counts)
	if err == nil && n != p.spans {
		err = errCount
	}
	return data, err
}

// settle accounts for an export. It returns how long to wait before the next one.
func (r *spanRelay) settle(e *spanExport) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.signal()
	r.sending -= len(e.readable) + len(e.unreadable)
	r.queued -= e.spans
	for _, p := range e.unreadable {
		r.queued -= p.spans
		r.drop(p, telemetry.ReasonUnreadable)
	}
	if e.err == nil {
		r.taken(e)
		return 0
	}
	final, unsure := e.answer.Final(), e.answer.Unsure()
	if final && len(e.readable) > 1 { // the collector may refuse only one of them: send each alone
		r.requeue(e.readable, true, unsure)
		return 0
	}
	r.failing, r.everFail = e.err, true
	if final {
		r.driver.Refused += e.spans
		r.lose(e.readable[0])
		if unsure {
			r.resentRows += e.readable[0].rows
		}
		return 0
	}
	r.requeue(e.readable, false, true)
	r.failures++
	return min(firstPause<<min(r.failures, 8), maxPause)
}

// taken accounts for an export that the collector took, perhaps without some of the spans. It
// doesn't say which spans it refused: they may belong to any number of statements up to
// rejected, or to none. It needs the lock.
func (r *spanRelay) taken(e *spanExport) {
	rejected := e.answer.Refusals(e.spans)
	r.driver.Passed += e.spans - rejected
	r.driver.Refused += rejected
	r.failing, r.failures = nil, 0
	if rejected == 0 {
		return
	}
	var rows, each int64
	for _, p := range e.readable {
		r.traces.damage(p.traces)
		rows += p.rows
		if each = max(each, p.each); p.each == 0 {
			each = max(each, p.rows)
		}
	}
	rows = telemetry.AtMost(rows, rejected, each)
	r.lostRows += rows
	r.resentRows += rows
}

// requeue queues parcels whose export failed. alone: each goes in an export by itself. unsure:
// the collector may have counted their rows all the same. It needs the lock.
func (r *spanRelay) requeue(parcels []parcel, alone, unsure bool) {
	for _, p := range parcels {
		p.alone = p.alone || alone
		if unsure {
			r.resentRows += p.rows // each time
		}
		r.put(p)
	}
}

// drain waits until all spans are sent, or until drainDeadline after the last export that
// succeeded; from the first failure on, the deadline no longer moves. Then it stops the senders
// and drops what is left.
func (r *spanRelay) drain(ctx context.Context) {
	r.mu.Lock()
	r.everFail = r.failing != nil
	passed, since := r.driver.Passed, r.now()
	r.mu.Unlock()
	for {
		r.mu.Lock()
		empty, failed := len(r.queue)+r.sending == 0, r.everFail
		if r.driver.Passed > passed && !failed {
			passed, since = r.driver.Passed, r.now()
		}
		wake := r.wake
		r.mu.Unlock()
		left := drainDeadline - r.now().Sub(since)
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
