package invoke

import (
	"errors"
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/latency"
)

// told is what the partial answers of an invocation told. A thousand invocations may tell for 15
// minutes, so it keeps their seconds packed, and adding one takes as long as what is new in it.
type told struct {
	last      *bench.Response // the last partial answer; nil before the first
	sums      check.Told
	seconds   []bench.Second // without their latencies
	latencies [][]byte       // of the seconds, packed
	recent    []bench.Second // the last recentSeconds
	failed    bench.Ranges
	unknown   bench.Ranges
	slowest   []bench.Statement
}

// recentSeconds is how many seconds of an invocation the views of a running scenario get. None
// looks back further (screen.WindowSeconds is 10).
const recentSeconds = 12

// add adds the next partial answer.
func (t *told) add(r *bench.Response) {
	t.last = r
	t.sums.Add(r)
	for _, s := range r.Timeline {
		t.latencies = append(t.latencies, s.Latency.Pack())
		s.Latency = nil
		t.seconds = append(t.seconds, s)
	}
	recent := slices.Concat(t.recent, r.Timeline)
	t.recent = recent[max(0, len(recent)-recentSeconds):]
	t.failed, t.unknown = append(t.failed, r.Failed...), append(t.unknown, r.Unknown...)
	t.slowest = bench.Slowest(slices.Concat(t.slowest, r.Slowest))
}

// view returns what views of a running scenario need: the counts so far, the last seconds, and the
// slowest statements. Nobody changes it.
func (t *told) view() *bench.Response {
	v := *t.last
	v.Timeline, v.Slowest, v.Failed, v.Unknown, v.Telemetry = t.recent, t.slowest, t.failed, t.unknown, nil
	return &v
}

// whole returns all that was told, as one Response.
func (t *told) whole() *bench.Response {
	all := *t.last
	all.Timeline = slices.Clone(t.seconds)
	for i := range all.Timeline {
		all.Timeline[i].Latency = latency.Unpack(t.latencies[i])
	}
	all.Failed, all.Unknown = bench.Ranges(nil).Join(t.failed), bench.Ranges(nil).Join(t.unknown)
	all.Slowest, all.Telemetry = slices.Clone(t.slowest), nil
	return &all
}

// contradicts returns why the reply can't follow what was told.
func (t *told) contradicts(reply *bench.Response) error {
	if t.last == nil {
		return nil
	}
	is := reply.Statements
	if is == nil {
		return errors.New("it has no account of its statements, of which the invocation told before")
	}
	ended := int(t.sums.Statements)
	if is.Planned-is.NotStarted < t.sums.Statements || reply.Attempts < t.last.Attempts ||
		!slices.Equal(before(reply.Failed, ended), bench.Ranges(nil).Join(t.failed)) ||
		!slices.Equal(before(reply.Unknown, ended), bench.Ranges(nil).Join(t.unknown)) {
		return fmt.Errorf("it contradicts what the invocation told before of its first %d statements", ended)
	}
	return nil
}

// before returns the numbers of r below n.
func before(r bench.Ranges, n int) (first bench.Ranges) {
	for _, span := range r {
		if span[0] < n {
			first = append(first, [2]int{span[0], min(span[1], n)})
		}
	}
	return first
}
