package sum

import (
	"time"

	"dsql-load-test/internal/bench"
)

// calls holds the calls of the Invoke API, by the driver's clock.
type calls struct {
	sent        []passage
	throttled   []time.Time      // when each refused call was sent
	refused     map[string]int64 // those calls by reason
	first, last time.Time        // start of the first call and end of the last, with refused calls
	offset      time.Duration    // lower bound of the difference between the two clocks
	clocks      bool             // an answer reported the function's clock
	cold        int64            // known cold starts
}

// passage is one invocation that was sent.
type passage struct {
	sent, ended time.Time
	kept        bench.InvocationSample
}

func newCalls() calls { return calls{refused: map[string]int64{}} }

// add adds a result with the number of its acknowledged rows.
func (c *calls) add(r *bench.Result, rows int64) {
	for reason, n := range r.Throttles {
		addCount(c.refused, reason, int64(n))
	}
	for _, at := range r.ThrottledAt {
		c.throttled = append(c.throttled, at)
		c.span(at, at)
	}
	if yes(r.Cold()) {
		c.cold++
	}
	if r.Sent.IsZero() {
		return
	}
	c.span(r.Sent, r.Ended)
	p := passage{sent: r.Sent, ended: r.Ended, kept: bench.InvocationSample{
		Index: r.Index, LatencyMs: ms(r.Latency()), Rows: rows, Cold: r.Cold(), Outcome: r.Outcome,
	}}
	if r.Response != nil {
		p.kept.Environment = r.Response.EnvironmentID
		if !r.Partial {
			p.kept.DurationMs = r.Response.DurationMs
		}
		c.offset = max(c.offset, clockOffset(r))
		c.clocks = c.clocks || r.Response.StartedUs > 0
	}
	c.sent = append(c.sent, p)
}

func (c *calls) merge(o *calls) {
	c.sent = append(c.sent, o.sent...)
	c.throttled = append(c.throttled, o.throttled...)
	addCounts(c.refused, o.refused)
	if !o.first.IsZero() {
		c.span(o.first, o.last)
	}
	c.offset, c.clocks = max(c.offset, o.offset), c.clocks || o.clocks
	c.cold += o.cold
}

func (c *calls) span(from, to time.Time) {
	if c.first.IsZero() || from.Before(c.first) {
		c.first = from
	}
	if to.After(c.last) {
		c.last = to
	}
}

// clockOffset returns the largest offset, in ms; nil if no answer reports its clock.
func (c *calls) clockOffset() *float64 {
	if !c.clocks {
		return nil
	}
	return new(ms(c.offset))
}

// clockOffset returns how far the function's times lie outside of the call, which must
// contain them; 0 if the function doesn't report its clock.
func clockOffset(r *bench.Result) time.Duration {
	if r.Response.StartedUs == 0 {
		return 0
	}
	start := time.UnixMicro(r.Response.StartedUs)
	end := start.Add(time.Duration(r.Response.DurationMs * float64(time.Millisecond)))
	// Times are rounded to microseconds, so each side may be off by one.
	return max(0, r.Sent.Sub(start)-time.Microsecond, end.Sub(r.Ended)-time.Microsecond)
}

// latencies returns the latencies of all sent invocations, of cold starts, and of invocations in
// a warm environment.
func (c *calls) latencies() (all, cold, warm bench.Stats) {
	var ofAll, ofCold, ofWarm []float64
	for _, p := range c.sent {
		ofAll = append(ofAll, p.kept.LatencyMs)
		switch cold := p.kept.Cold; {
		case cold == nil:
		case *cold:
			ofCold = append(ofCold, p.kept.LatencyMs)
		default:
			ofWarm = append(ofWarm, p.kept.LatencyMs)
		}
	}
	return statsOf(ofAll), statsOf(ofCold), statsOf(ofWarm)
}
