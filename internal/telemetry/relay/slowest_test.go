package relay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// telling is a scenario's slowest statements, and how often each was told.
type telling struct {
	*slowest
	t     *testing.T
	times map[place]int
}

func newTelling(t *testing.T) telling {
	return telling{newSlowest(telemetrytest.Epoch()), t, map[place]int{}}
}

// tell takes what is to be told after d, and wants it to keep to the budget.
func (s telling) tell(d time.Duration, ended bool) {
	s.t.Helper()
	for _, statement := range s.take(telemetrytest.Epoch().Add(d), ended) {
		s.times[placeOf(&statement)]++
	}
	limit := budget(d)
	if ended {
		limit += bench.SlowestKept
	}
	if len(s.times) > limit {
		s.t.Fatalf("%d statements told after %v, more than %d", len(s.times), d, limit)
	}
}

// end wants all of the slowest of all statements to be told in the end, and none
// twice.
func (s telling) end(d time.Duration, all []bench.Statement) {
	s.t.Helper()
	s.tell(d, true)
	for _, statement := range bench.Slowest(slices.Clone(all)) {
		if at := placeOf(&statement); s.times[at] != 1 {
			s.t.Fatalf("%+v, one of the slowest, was told %d times", at, s.times[at])
		}
	}
	for at, n := range s.times {
		if n != 1 {
			s.t.Fatalf("%+v was told %d times", at, n)
		}
	}
	if again := s.take(telemetrytest.Epoch().Add(d), true); len(again) > 0 {
		s.t.Fatalf("%d statements told after the end", len(again))
	}
}

// In whatever order invocations end, and whenever it is asked meanwhile: in the
// end each of the slowest statements was told, once.
func TestSlowestAreTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                    string
		invocations, statements int   // at most
		latencies               int64 // different ones
	}{
		{"many", 80, 300, 1_000_000},
		{"ties", 80, 300, 5},
		{"all alike", 20, 200, 1},
		{"a few short invocations", 8, 20, 50},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(12) {
				random := rand.New(rand.NewPCG(seed, 21))
				var all []bench.Statement
				lists := make([][]bench.Statement, 1+random.IntN(tc.invocations))
				for i := range lists {
					var own []bench.Statement
					for n := range random.IntN(tc.statements) {
						own = append(own, bench.Statement{
							Invocation: i, Iteration: n / 3, Row: n % 3, LatencyUs: 1 + random.Int64N(tc.latencies), TraceID: fmt.Sprint(i),
						})
					}
					all = append(all, own...)
					lists[i] = bench.Slowest(own)
				}
				s, now := newTelling(t), time.Duration(0)
				for _, i := range random.Perm(len(lists)) {
					s.add(lists[i], func(string) int64 { return int64(i) })
					if now += time.Duration(random.Int64N(int64(3 * time.Second))); random.IntN(3) == 0 {
						s.tell(now, false)
					}
				}
				s.end(now, all)
				for _, k := range s.kept {
					if n := s.spans[k.TraceID]; n != int64(k.Invocation) {
						t.Fatalf("seed %d: the trace of invocation %d has %d spans", seed, k.Invocation, n)
					}
				}
			}
		})
	}
}

// A statement is told as soon as it is among the slowest, while the budget lasts.
func TestSlowestAreToldAtOnce(t *testing.T) {
	t.Parallel()
	s := newTelling(t)
	three := func(string) int64 { return 3 }
	s.add([]bench.Statement{{Row: 1, LatencyUs: 10}, {Row: 2, LatencyUs: 30}}, three)
	s.tell(0, false)
	s.add([]bench.Statement{{Invocation: 1, LatencyUs: 20}}, three)
	if diff := cmp.Diff(map[place]int{{0, 0, 1}: 1, {0, 0, 2}: 1}, s.times); diff != "" {
		t.Errorf("at first: -want +got\n%s", diff)
	}
	s.tell(time.Second, false)
	if diff := cmp.Diff(map[place]int{{0, 0, 1}: 1, {0, 0, 2}: 1, {1, 0, 0}: 1}, s.times); diff != "" {
		t.Errorf("a second later: -want +got\n%s", diff)
	}
}

// Latency that grows for a day makes each second's statements the slowest so far.
// The points stay few, and yet some are told throughout.
func TestSlowestOfGrowingLatency(t *testing.T) {
	t.Parallel()
	const day, step = 24 * time.Hour, 10 * time.Second
	s := newTelling(t)
	var all []bench.Statement
	half := 0
	for d := time.Duration(0); d < day; d += step {
		var own []bench.Statement
		for row := range bench.SlowestKept {
			own = append(own, bench.Statement{Invocation: int(d / step), Row: row, LatencyUs: d.Microseconds() + int64(row)})
		}
		s.add(own, func(string) int64 { return 1 })
		s.tell(d, false)
		if d < day/2 {
			half = len(s.times)
		}
		all = own
	}
	live := len(s.times)
	s.end(day, all)
	if n := len(s.times); n >= 900 {
		t.Errorf("%d statements told in a day", n)
	}
	if n := live - half; n < bench.SlowestKept-5 {
		t.Errorf("%d statements told in the second half of the day", n)
	}
}

// A slow statement's point says all that the dashboards show of it.
func TestSlowPoint(t *testing.T) {
	t.Parallel()
	const traceID, spanID = "0102030405060708090a0b0c0d0e0f10", "a1a2a3a4a5a6a7a8"
	labels := func(pairs ...string) map[string]string {
		all := map[string]string{
			"dsqlload.scenario": "batch", "dsqlload.invocation.index": "3", "dsqlload.iteration": "4", "dsqlload.row": "5", "dsqlload.attempts": "1",
			"dsqlload.outcome": "acknowledged", "faas.coldstart": "false", "faas.instance": "env-1", "trace_id": traceID, "span_id": spanID,
		}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	for _, tc := range []struct {
		name   string
		change func(*bench.Statement)
		want   map[string]string
	}{
		{"acknowledged", func(s *bench.Statement) {
			s.Phases = []bench.PhaseTime{{Attempt: 1, Phase: "acquire", Ms: 0.25}, {Attempt: 1, Phase: "query", StartMs: 0.25, Ms: 1500}}
		}, labels("dsqlload.phase", "query")},
		{"in a cold start", func(s *bench.Statement) { s.ColdStart = true }, labels("faas.coldstart", "true")},
		{"failed by the database", func(s *bench.Statement) {
			s.Outcome, s.Error, s.SQLSTATE = bench.Failed, "40001", "40001"
		}, labels("dsqlload.outcome", "failed", "error.type", "40001", "db.response.status_code", "40001")},
		{"connection lost", func(s *bench.Statement) {
			s.Outcome, s.Error = bench.Unknown, "connection_lost"
		}, labels("dsqlload.outcome", "unknown", "error.type", "connection_lost")},
		{"tried again", func(s *bench.Statement) {
			s.Attempts = 2
			s.Phases = []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 300}, {Attempt: 2, Phase: "backoff", StartMs: 300, Ms: 900}, {Attempt: 2, Phase: "query", StartMs: 1200, Ms: 300}}
		}, labels("dsqlload.attempts", "2", "dsqlload.phase", "backoff")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := bench.Statement{
				Invocation: 3, Iteration: 4, Row: 5, StartedUs: telemetrytest.Epoch().UnixMicro(), LatencyUs: 1_500_000, Attempts: 1,
				Outcome: bench.Acknowledged, Environment: "env-1", TraceID: traceID, SpanID: spanID,
			}
			tc.change(&s)
			p := slowPoint("batch", &s)
			got := map[string]string{}
			for _, kv := range p.Attributes.ToSlice() {
				got[string(kv.Key)] = kv.Value.String()
				if on := telemetrytest.Documented(t)[string(kv.Key)]; !telemetrytest.MayHave(on, "dsqlload.slow_statement") {
					t.Errorf("docs/telemetry.md has %s on %q, not on the slow statements", kv.Key, on)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("labels: -want +got\n%s", diff)
			}
			if p.Value != 1.5 || !p.Time.Equal(telemetrytest.Epoch().Add(1500*time.Millisecond)) {
				t.Errorf("%v s at %v", p.Value, p.Time)
			}
		})
	}
}

// A point is placed where Prometheus takes it, whatever the function's clock says.
func TestStorable(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, tc := range []struct {
		name     string
		at, want time.Duration // before now
	}{
		{"a moment ago", time.Second, time.Second},
		{"at the end of a long invocation", 15 * time.Minute, 15 * time.Minute},
		{"too old", time.Hour, 25 * time.Minute},
		{"in the future", -time.Hour, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := storable(now.Add(-tc.at), now); !got.Equal(now.Add(-tc.want)) {
				t.Errorf("%v before now, want %v", now.Sub(got), tc.want)
			}
		})
	}
}

// Only the call's own traces are believed: another one would be completed, and
// looked for.
func TestOwnTrace(t *testing.T) {
	t.Parallel()
	c := newCall(&Stage{driver: &Driver{}}, time.Now())
	own := c.span.TraceID()
	c.count([]bench.GroupSpans{{Group: 0, Spans: 3}, {Group: 2, Spans: 3}}, 6)
	all := []bench.Statement{
		{TraceID: own.String(), SpanID: "1", Detailed: true},
		{TraceID: newRoot().TraceID().String(), SpanID: "2", Detailed: true},
		{TraceID: telemetry.GroupTrace(own, 2).String(), SpanID: "3", Detailed: true},
		{TraceID: telemetry.GroupTrace(own, 1).String(), SpanID: "4", Detailed: true}, // it has no span
		{TraceID: "no id", SpanID: "5"},
		{},
	}
	want := []bench.Statement{all[0], {}, all[2], {}, {}, {}}
	c.unlink(all)
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
