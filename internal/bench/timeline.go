package bench

import (
	"cmp"
	"slices"
	"time"

	"dsql-load-test/internal/latency"
)

// course gathers when what happened in a scenario.
type course struct {
	seconds     map[int64]*Second // by Unix second, by the functions' clocks
	sent        []passage
	throttled   []time.Time // when each refused call was sent
	first, last time.Time   // of all calls, refused ones too
	offset      time.Duration
	clocks      bool // an answer told of the function's clock
}

// passage is one invocation that was sent.
type passage struct {
	sent, ended time.Time
	kept        InvocationSample
}

func (c *course) add(r *Result, asked Invocation) {
	for _, at := range r.ThrottledAt {
		c.throttled = append(c.throttled, at)
		c.span(at, at)
	}
	if r.Sent.IsZero() {
		return
	}
	c.span(r.Sent, r.Ended)
	p := passage{sent: r.Sent, ended: r.Ended, kept: InvocationSample{
		Index: r.Index, LatencyMs: ms(r.Latency()), Rows: r.Rows(asked).Acknowledged, Cold: r.Cold(), Outcome: r.Outcome,
	}}
	if r.Response != nil {
		p.kept.DurationMs, p.kept.Environment = r.Response.DurationMs, r.Response.EnvironmentID
		c.offset = max(c.offset, clockOffset(r))
		c.clocks = c.clocks || r.Response.StartedUs > 0
	}
	c.sent = append(c.sent, p)
	c.addUnanswered(r, asked)
}

// addUnanswered counts the statements of an invocation without an answer, which
// all share its outcome, in the second in which it ended.
func (c *course) addUnanswered(r *Result, asked Invocation) {
	if r.Response != nil || r.Outcome != Failed && r.Outcome != Unknown {
		return
	}
	n := int64(asked.Statements())
	c.addSecond(Second{
		Unix: r.Ended.Unix(), Statements: n, Errors: n,
		ErrorKinds: map[string]int64{cmp.Or(r.ErrorKind, string(r.Outcome)): n},
	})
}

func (c *course) span(from, to time.Time) {
	if c.first.IsZero() || from.Before(c.first) {
		c.first = from
	}
	if to.After(c.last) {
		c.last = to
	}
}

// clockOffset is the largest of them, in ms; nil when no answer tells.
func (c *course) clockOffset() *float64 {
	if !c.clocks {
		return nil
	}
	return msOf(c.offset)
}

// clockOffset is how far the function's time lies outside of the call that it
// must lie within; 0 from a function that doesn't tell.
func clockOffset(r *Result) time.Duration {
	if r.Response.StartedUs == 0 {
		return 0
	}
	start := time.UnixMicro(r.Response.StartedUs)
	end := start.Add(time.Duration(r.Response.DurationMs * float64(time.Millisecond)))
	// A microsecond is what rounding may put it off.
	return max(0, r.Sent.Sub(start)-time.Microsecond, end.Sub(r.Ended)-time.Microsecond)
}

func (c *course) addSecond(t Second) {
	sum := c.seconds[t.Unix]
	if sum == nil {
		sum = &Second{}
		c.seconds[t.Unix] = sum
	}
	sum.add(t)
}

// latencies are those of all invocations sent, of cold starts, and of those that
// met a warm environment.
func (c *course) latencies() (all, cold, warm Stats) {
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

// sample is SamplesKept invocations at most, evenly spread over those sent, the
// first and the last among them.
func (c *course) sample() []InvocationSample {
	all := make([]InvocationSample, len(c.sent))
	for i, p := range c.sent {
		all[i] = p.kept
		all[i].SentMs = ms(p.sent.Sub(c.first))
	}
	slices.SortFunc(all, func(a, b InvocationSample) int { return cmp.Compare(a.Index, b.Index) })
	if len(all) <= SamplesKept {
		return all
	}
	for i := range SamplesKept {
		all[i] = all[i*(len(all)-1)/(SamplesKept-1)] // never from before i
	}
	return slices.Clone(all[:SamplesKept])
}

// timeline has every second from the first call to the last answer. A function
// whose clock puts the end of a statement outside of that counts at its edge.
// whole are the latencies of the scenario.
func (c *course) timeline(whole *latency.Histogram) []TimelineSecond {
	if c.first.IsZero() {
		return []TimelineSecond{}
	}
	first := c.first.Unix()
	line := make([]TimelineSecond, c.last.Unix()-first+1)
	at := func(unix int64) int { return int(min(max(unix-first, 0), int64(len(line)-1))) }
	sums := make([]Second, len(line))
	for unix, second := range c.seconds {
		sums[at(unix)].add(*second)
	}
	for i, sum := range sums {
		line[i] = timelineSecond(int64(i), sum, whole)
	}
	for _, p := range c.sent {
		line[at(p.sent.Unix())].Sent++
		line[at(p.ended.Unix())].Ended++
		*line[at(p.sent.Unix())].ColdStarts += oneIfKnown(p.kept.Cold)
	}
	for _, t := range c.throttled {
		line[at(t.Unix())].Throttled++
	}
	c.inFlight(func(from, to time.Time, n int64) {
		for i := at(from.Unix()); i <= at(to.Unix()); i++ {
			line[i].InFlight = max(line[i].InFlight, n)
		}
	})
	return line
}

// inFlight tells, in order, from when to when how many invocations were in
// flight.
func (c *course) inFlight(tell func(from, to time.Time, n int64)) {
	type change struct {
		at time.Time
		by int64
	}
	changes := make([]change, 0, 2*len(c.sent))
	for _, p := range c.sent {
		changes = append(changes, change{p.sent, 1}, change{p.ended, -1})
	}
	// Of those at the same moment the ends come first: a lane sends after it ended.
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.by, b.by)) })
	n := int64(0)
	for i, change := range changes {
		n += change.by
		if i+1 < len(changes) && n > 0 {
			tell(change.at, changes[i+1].at, n)
		}
	}
}

// MostInFlight is the largest number of invocations in flight at once.
func MostInFlight(results []Result) int {
	c := course{}
	for _, r := range results {
		if !r.Sent.IsZero() {
			c.sent = append(c.sent, passage{sent: r.Sent, ended: r.Ended})
		}
	}
	most := int64(0)
	c.inFlight(func(_, _ time.Time, n int64) { most = max(most, n) })
	return int(most)
}

// timelineSecond keeps a second's latencies, which it knows only within 0.1
// percent, within what the whole scenario is known to have had.
func timelineSecond(at int64, s Second, whole *latency.Histogram) TimelineSecond {
	t := TimelineSecond{
		Second: at, Statements: &s.Statements, Rows: &s.Rows, Errors: &s.Errors,
		ErrorKinds: s.ErrorKinds, Retried: s.Retried, ColdStarts: new(int64),
	}
	if len(s.Latency) > 0 {
		h := latency.New()
		h.MergeSparse(s.Latency)
		within := func(d time.Duration) *float64 {
			if whole.Count() > 0 { // an answer may lack its histogram
				d = min(max(d, whole.Min()), whole.Max())
			}
			return msOf(d)
		}
		Fill(&t.FewPercentiles, func(p float64) *float64 { return within(h.Percentile(p)) })
		t.Max = within(h.Max())
	}
	return t
}
