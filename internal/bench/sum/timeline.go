package sum

import (
	"cmp"
	"slices"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
)

// sample returns at most SamplesKept of the sent invocations, evenly spread over their indices,
// with the first and the last.
func (c *calls) sample() []bench.InvocationSample {
	all := make([]bench.InvocationSample, len(c.sent))
	for i, p := range c.sent {
		all[i] = p.kept
		all[i].SentMs = ms(p.sent.Sub(c.first))
	}
	slices.SortFunc(all, func(a, b bench.InvocationSample) int { return cmp.Compare(a.Index, b.Index) })
	if len(all) <= bench.SamplesKept {
		return all
	}
	for i := range bench.SamplesKept {
		all[i] = all[i*(len(all)-1)/(bench.SamplesKept-1)] // the source is never before i, so no entry is overwritten before it is read
	}
	return slices.Clone(all[:bench.SamplesKept])
}

// timeline returns every second from the first call to the last answer. If the clock of a
// function places the end of a statement outside, the statement counts in the first or last
// second.
func (t *parts) timeline() []bench.TimelineSecond {
	c := &t.calls
	if c.first.IsZero() {
		return []bench.TimelineSecond{}
	}
	first := c.first.Unix()
	line := make([]bench.TimelineSecond, c.last.Unix()-first+1)
	at := func(unix int64) int { return int(min(max(unix-first, 0), int64(len(line)-1))) }
	sums := make([]bench.Second, len(line))
	for unix, second := range t.answers.seconds {
		addSecond(&sums[at(unix)], *second)
	}
	for i, sum := range sums {
		line[i] = timelineSecond(int64(i), sum, t.answers.histogram)
	}
	for _, p := range c.sent {
		line[at(p.sent.Unix())].Sent++
		line[at(p.ended.Unix())].Ended++
		if yes(p.kept.Cold) {
			*line[at(p.sent.Unix())].ColdStarts++
		}
	}
	for _, refused := range c.throttled {
		line[at(refused.Unix())].Throttled++
	}
	c.inFlight(func(from, to time.Time, n int64) {
		for i := at(from.Unix()); i <= at(to.Unix()); i++ {
			line[i].InFlight = max(line[i].InFlight, n)
		}
	})
	return line
}

// inFlight calls visit with each interval, in order, and the number of invocations in
// flight during it.
func (c *calls) inFlight(visit func(from, to time.Time, n int64)) {
	type change struct {
		at time.Time
		by int64
	}
	changes := make([]change, 0, 2*len(c.sent))
	for _, p := range c.sent {
		changes = append(changes, change{p.sent, 1}, change{p.ended, -1})
	}
	// At the same moment, ends come first: a lane sends its next invocation after the end.
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.by, b.by)) })
	n := int64(0)
	for i, change := range changes {
		n += change.by
		if i+1 < len(changes) && n > 0 {
			visit(change.at, changes[i+1].at, n)
		}
	}
}

// MostInFlight returns the largest number of invocations in flight at once.
func MostInFlight(results []bench.Result) int {
	c := calls{}
	for _, r := range results {
		if !r.Sent.IsZero() {
			c.sent = append(c.sent, passage{sent: r.Sent, ended: r.Ended})
		}
	}
	most := int64(0)
	c.inFlight(func(_, _ time.Time, n int64) { most = max(most, n) })
	return int(most)
}

// timelineSecond returns one second of the timeline. The latencies of a second are exact only to
// 0.1 percent, so it limits them to the smallest and the largest latency of the scenario.
func timelineSecond(at int64, s bench.Second, whole *latency.Histogram) bench.TimelineSecond {
	t := bench.TimelineSecond{
		Second: at, Statements: &s.Statements, Rows: &s.Rows, Errors: &s.Errors,
		ErrorKinds: s.ErrorKinds, Retried: s.Retried, ColdStarts: new(int64),
	}
	if len(s.Latency) > 0 {
		h := latency.New()
		h.MergeSparse(s.Latency)
		within := func(d time.Duration) *float64 {
			if whole.Count() > 0 { // false if no answer has a histogram
				d = min(max(d, whole.Min()), whole.Max())
			}
			return new(ms(d))
		}
		bench.Fill(&t.FewPercentiles, func(p float64) *float64 { return within(h.Percentile(p)) })
		t.Max = within(h.Max())
	}
	return t
}
