package telemetry

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
)

// completing is a driver that sends nothing: what it would send stays in the
// relay's queue.
func completing() *pointRelay {
	return &pointRelay{
		options: Options{RunID: testRun, FunctionName: "dsql-load-test"}, spans: &spanRelay{wake: make(chan struct{}), traces: newTraceBook(rand.Int64N)},
	}
}

// added are the messages that the driver would send.
func added(t *testing.T, d *pointRelay) (all []*tracepb.ResourceSpans) {
	t.Helper()
	for _, p := range d.spans.queue {
		var m tracepb.ResourceSpans
		if err := proto.Unmarshal(p.data, &m); err != nil || p.packed {
			t.Fatalf("packed %v, %v", p.packed, err)
		}
		if n := int64(len(spansOf(&m))); n != p.spans {
			t.Errorf("%d spans told, %d there", p.spans, n)
		}
		all = append(all, &m)
	}
	return all
}

// outline describes each span below the statement's: its place, its time since
// the statement's start, in hundredths of a millisecond, and whether it failed.
func outline(t *testing.T, spans []*tracepb.Span, statement string) (lines []string) {
	t.Helper()
	byID := map[string]*tracepb.Span{}
	for _, s := range spans {
		id := hex.EncodeToString(s.SpanId)
		if byID[id] != nil {
			t.Errorf("two spans have the id %s: %s and %s", id, byID[id].Name, s.Name)
		}
		byID[id] = s
	}
	named := func(s *tracepb.Span) string {
		a := attributesIn(s.Attributes)
		return s.Name + a["dsqlload.attempt"] + " " + a["dsqlload.phase"]
	}
	for _, s := range spans {
		if s.Name == statementName || s.Kind != tracepb.Span_SPAN_KIND_INTERNAL {
			continue
		}
		place := named(s)
		for up := hex.EncodeToString(s.ParentSpanId); up != statement; up = hex.EncodeToString(byID[up].ParentSpanId) {
			if byID[up] == nil {
				t.Fatalf("%s lies below %s, which isn't there", place, up)
			}
			place = named(byID[up]) + "/" + place
		}
		ms := func(nanos uint64) float64 { return math.Round(float64(int64(nanos)-epoch().UnixNano())/1e4) / 100 }
		lines = append(lines, fmt.Sprintf("%s %v to %v %v in %x", place, ms(s.StartTimeUnixNano), ms(s.EndTimeUnixNano), s.GetStatus().GetCode(), s.TraceId))
	}
	slices.Sort(lines)
	return lines
}

// twoAttempts are of a statement that had to connect, met a conflict and was
// refused in the end.
func twoAttempts() []try {
	return []try{
		{to: 20, kind: "40001", sqlstate: "40001", steps: connecting()},
		{from: 26, to: 40, kind: "54000", sqlstate: "54000", steps: []step{{phase: bench.Acquire, from: 0, to: 1}, {phase: bench.Query, from: 1, to: 14, failed: true}}},
	}
}

// What the driver adds to a statement's trace is what the function would have
// sent, had it known that the statement is one of the slowest.
func TestCompletedAsByFunction(t *testing.T) {
	t.Parallel()
	refused := bench.Failure{Outcome: bench.Failed, Kind: "54000", SQLSTATE: "54000"}
	for _, tc := range []struct {
		name  string
		ended bench.Failure
		tries []try
		spans int64
	}{
		{"one attempt", bench.Failure{Outcome: bench.Acknowledged}, []try{{to: 20, steps: connecting()}}, 10},
		{"a conflict, then a refusal", refused, twoAttempts(), 1 + 9 + 1 + 1 + 2},
		{
			"three attempts, the first without a phase",
			bench.Failure{Outcome: bench.Acknowledged},
			[]try{{to: 5, kind: "connect_failed"}, {from: 7, to: 9, kind: "40001", steps: []step{{phase: bench.Query, from: 0, to: 2, failed: true}}}, {from: 13, to: 20, steps: []step{{phase: bench.Query, from: 0, to: 7}}}},
			3 + 2 + 2,
		},
		{
			"two addresses dialled",
			bench.Failure{Outcome: bench.Acknowledged},
			[]try{{to: 9, steps: []step{{phase: bench.Dial, from: 1, to: 3, failed: true}, {phase: bench.Dial, from: 3, to: 4}, {phase: bench.Connect, from: 0, to: 5}, {phase: bench.Acquire, from: 0, to: 5}, {phase: bench.Query, from: 5, to: 9}}}},
			6,
		},
		{"never came to a connection", refused, []try{{to: 5, kind: "connect_failed", steps: []step{{phase: bench.Dial, from: 0, to: 5, failed: true}}}}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := lambdaWith(t).Begin(onLambda(), asked(bench.DetailAll, nil), true, testQuery)
			e := played(0, tc.ended, tc.tries...)
			kept := o.Statement(e, false)
			s := bench.Statement{
				StartedUs: epoch().UnixMicro(), LatencyUs: int64(tc.tries[len(tc.tries)-1].to) * 1000, Attempts: len(tc.tries), Outcome: tc.ended.Outcome,
				Error: tc.ended.Kind, SQLSTATE: tc.ended.SQLSTATE, Environment: "env-0001", TraceID: kept.TraceID, SpanID: kept.SpanID, Phases: e.PhaseTimes(),
			}
			want := outline(t, read(t, o.End(false)).spans, kept.SpanID)
			d := completing()
			d.complete(&s)
			got := outline(t, spansOf(added(t, d)...), kept.SpanID)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-function +driver\n%s", diff)
			}
			id, err := trace.TraceIDFromHex(kept.TraceID)
			if err != nil {
				t.Fatal(err)
			}
			if d.spans.driver.Produced != tc.spans || d.spans.traces.more[id] != tc.spans || int64(len(got)) != tc.spans {
				t.Errorf("%d spans told, %d in the trace, %d there, want %d", d.spans.driver.Produced, d.spans.traces.more[id], len(got), tc.spans)
			}
		})
	}
}

// What is told of a statement is in whole microseconds. Its added spans lie within
// its own all the same.
func TestCompletedWithinStatement(t *testing.T) {
	t.Parallel()
	for _, start := range []time.Duration{0, 1, 499, 500, 999} { // nanoseconds after a whole microsecond
		for _, took := range []time.Duration{0, 400, 1_500, 1_499_500, 1_499_999, 1_500_000, 1_500_499} {
			from := epoch().Add(start)
			s := bench.Statement{
				StartedUs: from.UnixMicro(), LatencyUs: took.Round(time.Microsecond).Microseconds(), Attempts: 2, TraceID: testTrace.String(), SpanID: testID.String(),
			}
			ms := float64(took.Round(time.Microsecond)) / float64(time.Millisecond)
			s.Phases = []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: ms / 3}, {Attempt: 2, Phase: "backoff", StartMs: ms / 3, Ms: ms / 3}, {Attempt: 2, Phase: "query", StartMs: 2 * ms / 3, Ms: ms}}
			d := completing()
			d.complete(&s)
			spans := spansOf(added(t, d)...)
			for _, below := range spans {
				begun, ended := time.Unix(0, int64(below.StartTimeUnixNano)), time.Unix(0, int64(below.EndTimeUnixNano))
				late := ended.Sub(from.Add(took))
				if took < 3*time.Microsecond {
					late -= 3 * time.Microsecond // too short for any span to lie within
				}
				if begun.Before(from) || ended.Before(begun) || late > 0 {
					t.Errorf("%v after a microsecond, %v long: %s from %v to %v", start, took, below.Name, begun.Sub(from), ended.Sub(from))
				}
			}
			if len(spans) != 5 {
				t.Errorf("%d spans", len(spans))
			}
		}
	}
}

// The added spans say whose they are, and what they are of.
func TestCompletedAttributes(t *testing.T) {
	t.Parallel()
	d := completing()
	d.complete(&bench.Statement{
		StartedUs: epoch().UnixMicro(), LatencyUs: 9000, Attempts: 2, Outcome: bench.Failed, Error: "54000", Environment: "env-0001",
		TraceID: testTrace.String(), SpanID: testID.String(),
		Phases: []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 2}, {Attempt: 2, Phase: "backoff", StartMs: 2, Ms: 3}, {Attempt: 2, Phase: "query", StartMs: 5, Ms: 4, Failed: true}},
	})
	messages := added(t, d)
	if len(messages) != 1 {
		t.Fatalf("%d messages, want one", len(messages))
	}
	want := map[string]string{
		"service.name": "dsql-load-test-lambda", "service.version": "devel", "service.instance.id": "env-0001",
		"faas.name": "dsql-load-test", "faas.instance": "env-0001", "dsqlload.run.id": testRun,
	}
	if diff := cmp.Diff(want, attributesIn(messages[0].Resource.Attributes)); diff != "" {
		t.Errorf("resource: -want +got\n%s", diff)
	}
	got := map[string][]map[string]string{}
	for _, s := range spansOf(messages...) {
		got[s.Name] = append(got[s.Name], attributesIn(s.Attributes))
		agree(t, s.Name, s.Attributes)
	}
	phase := func(name string) map[string]string { return map[string]string{"dsqlload.phase": name} }
	wantSpans := map[string][]map[string]string{
		"attempt": {{"dsqlload.attempt": "1"}, {"dsqlload.attempt": "2", "error.type": "54000"}},
		"query":   {phase("query"), phase("query")}, "backoff": {phase("backoff")},
	}
	if diff := cmp.Diff(wantSpans, got); diff != "" {
		t.Errorf("spans: -want +got\n%s", diff)
	}
}

// A trace that is complete, or that can't be completed, is left as it is.
func TestNotCompleted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*bench.Statement)
	}{
		{"its detail was sent", func(s *bench.Statement) { s.Detailed = true }},
		{"without phases", func(s *bench.Statement) { s.Phases = nil }},
		{"without a trace", func(s *bench.Statement) { s.TraceID, s.SpanID = "", "" }},
		{"broken trace id", func(s *bench.Statement) { s.TraceID = "0102" }},
		{"broken span id", func(s *bench.Statement) { s.SpanID = "x1a2a3a4a5a6a7a8" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := bench.Statement{
				StartedUs: epoch().UnixMicro(), LatencyUs: 1000, Attempts: 1, TraceID: testTrace.String(), SpanID: testID.String(),
				Phases: []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 1}},
			}
			tc.change(&s)
			d := completing()
			d.complete(&s)
			if len(d.spans.queue) != 0 || d.spans.driver.Produced != 0 || len(d.spans.traces.more) != 0 {
				t.Errorf("%d messages, %+v, spans of traces %v", len(d.spans.queue), d.spans.driver, d.spans.traces.more)
			}
		})
	}
}

// Added spans that can't be encoded are lost, so their trace isn't looked for.
func TestCompletedUnreadable(t *testing.T) {
	t.Parallel()
	b := newBackend(t, nil)
	d := completing()
	d.spans = startSpanRelay(exportingTo(t, b.address), packing(t), nil, newTraceBook(rand.Int64N))
	d.spans.traces.end(testTrace, 5)
	s := bench.Statement{
		LatencyUs: 1000, Attempts: 1, TraceID: testTrace.String(), SpanID: testID.String(), Phases: []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 1}},
		Environment: "\xff", // text in OTLP must be UTF-8
	}
	d.complete(&s)
	relaying{d.spans}.end(t)
	if diff := cmp.Diff(bench.Hop{Produced: 2, Dropped: map[string]int64{reasonUnreadable: 2}}, d.spans.driver); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	got := d.spans.traces.sample([]bench.Statement{s}, map[string]int64{s.TraceID: 5})
	if diff := cmp.Diff(TraceSample{Excused: 1}, got); diff != "" {
		t.Errorf("sample: -want +got\n%s", diff)
	}
}
