package relay

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
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// completing is a driver that sends nothing: what it would send stays in the
// relay's queue.
func completing() *pointRelay {
	return &pointRelay{
		options: Options{RunID: telemetrytest.RunID, FunctionName: "dsql-load-test"}, spans: &spanRelay{wake: make(chan struct{}), traces: newTraceBook(rand.Int64N)},
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
		if n := int64(len(telemetrytest.SpansOf(&m))); n != p.spans {
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
		a := telemetrytest.Attributes(s.Attributes)
		return s.Name + a["dsqlload.attempt"] + " " + a["dsqlload.phase"]
	}
	for _, s := range spans {
		if s.Name == telemetry.StatementName || s.Kind != tracepb.Span_SPAN_KIND_INTERNAL {
			continue
		}
		place := named(s)
		for up := hex.EncodeToString(s.ParentSpanId); up != statement; up = hex.EncodeToString(byID[up].ParentSpanId) {
			if byID[up] == nil {
				t.Fatalf("%s lies below %s, which isn't there", place, up)
			}
			place = named(byID[up]) + "/" + place
		}
		ms := func(nanos uint64) float64 {
			return math.Round(float64(int64(nanos)-telemetrytest.Epoch().UnixNano())/1e4) / 100
		}
		lines = append(lines, fmt.Sprintf("%s %v to %v %v in %x", place, ms(s.StartTimeUnixNano), ms(s.EndTimeUnixNano), s.GetStatus().GetCode(), s.TraceId))
	}
	slices.Sort(lines)
	return lines
}

// twoAttempts are of a statement that had to connect, met a conflict and was
// refused in the end.
func twoAttempts() []telemetrytest.Try {
	return []telemetrytest.Try{
		{To: 20, Kind: "40001", SQLSTATE: "40001", Steps: telemetrytest.Connecting()},
		{From: 26, To: 40, Kind: "54000", SQLSTATE: "54000", Steps: []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 14, Failed: true}}},
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
		tries []telemetrytest.Try
		spans int64
	}{
		{"one attempt", bench.Failure{Outcome: bench.Acknowledged}, []telemetrytest.Try{{To: 20, Steps: telemetrytest.Connecting()}}, 10},
		{"a conflict, then a refusal", refused, twoAttempts(), 1 + 9 + 1 + 1 + 2},
		{
			"three attempts, the first without a phase",
			bench.Failure{Outcome: bench.Acknowledged},
			[]telemetrytest.Try{{To: 5, Kind: "connect_failed"}, {From: 7, To: 9, Kind: "40001", Steps: []telemetrytest.Step{{Phase: bench.Query, From: 0, To: 2, Failed: true}}}, {From: 13, To: 20, Steps: []telemetrytest.Step{{Phase: bench.Query, From: 0, To: 7}}}},
			3 + 2 + 2,
		},
		{
			"two addresses dialled",
			bench.Failure{Outcome: bench.Acknowledged},
			[]telemetrytest.Try{{To: 9, Steps: []telemetrytest.Step{{Phase: bench.Dial, From: 1, To: 3, Failed: true}, {Phase: bench.Dial, From: 3, To: 4}, {Phase: bench.Connect, From: 0, To: 5}, {Phase: bench.Acquire, From: 0, To: 5}, {Phase: bench.Query, From: 5, To: 9}}}},
			6,
		},
		{"never came to a connection", refused, []telemetrytest.Try{{To: 5, Kind: "connect_failed", Steps: []telemetrytest.Step{{Phase: bench.Dial, From: 0, To: 5, Failed: true}}}}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := lambdaWith(t).Begin(telemetrytest.OnLambda(), telemetrytest.Asked(bench.DetailAll, nil), true, telemetrytest.Query)
			e := telemetrytest.Played(0, tc.ended, tc.tries...)
			kept := o.Statement(e, false)
			s := bench.Statement{
				StartedUs: telemetrytest.Epoch().UnixMicro(), LatencyUs: int64(tc.tries[len(tc.tries)-1].To) * 1000, Attempts: len(tc.tries), Outcome: tc.ended.Outcome,
				Error: tc.ended.Kind, SQLSTATE: tc.ended.SQLSTATE, Environment: "env-0001", TraceID: kept.TraceID, SpanID: kept.SpanID(), Phases: e.PhaseTimes(),
			}
			want := outline(t, telemetrytest.Read(t, o.End(false)).Spans, kept.SpanID())
			d := completing()
			d.complete(&s)
			got := outline(t, telemetrytest.SpansOf(added(t, d)...), kept.SpanID())
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
			from := telemetrytest.Epoch().Add(start)
			s := bench.Statement{
				StartedUs: from.UnixMicro(), LatencyUs: took.Round(time.Microsecond).Microseconds(), Attempts: 2, TraceID: telemetrytest.TraceID.String(), SpanID: telemetrytest.SpanID.String(),
			}
			ms := float64(took.Round(time.Microsecond)) / float64(time.Millisecond)
			s.Phases = []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: ms / 3}, {Attempt: 2, Phase: "backoff", StartMs: ms / 3, Ms: ms / 3}, {Attempt: 2, Phase: "query", StartMs: 2 * ms / 3, Ms: ms}}
			d := completing()
			d.complete(&s)
			spans := telemetrytest.SpansOf(added(t, d)...)
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
		StartedUs: telemetrytest.Epoch().UnixMicro(), LatencyUs: 9000, Attempts: 2, Outcome: bench.Failed, Error: "54000", Environment: "env-0001",
		TraceID: telemetrytest.TraceID.String(), SpanID: telemetrytest.SpanID.String(),
		Phases: []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 2}, {Attempt: 2, Phase: "backoff", StartMs: 2, Ms: 3}, {Attempt: 2, Phase: "query", StartMs: 5, Ms: 4, Failed: true}},
	})
	messages := added(t, d)
	if len(messages) != 1 {
		t.Fatalf("%d messages, want one", len(messages))
	}
	want := map[string]string{
		"service.name": "dsql-load-test-lambda", "service.version": "devel", "service.instance.id": "env-0001",
		"faas.name": "dsql-load-test", "faas.instance": "env-0001", "dsqlload.run.id": telemetrytest.RunID,
	}
	if diff := cmp.Diff(want, telemetrytest.Attributes(messages[0].Resource.Attributes)); diff != "" {
		t.Errorf("resource: -want +got\n%s", diff)
	}
	got := map[string][]map[string]string{}
	for _, s := range telemetrytest.SpansOf(messages...) {
		got[s.Name] = append(got[s.Name], telemetrytest.Attributes(s.Attributes))
		telemetrytest.Agree(t, s.Name, s.Attributes)
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
				StartedUs: telemetrytest.Epoch().UnixMicro(), LatencyUs: 1000, Attempts: 1, TraceID: telemetrytest.TraceID.String(), SpanID: telemetrytest.SpanID.String(),
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
	b := telemetrytest.NewBackend(t, nil)
	d := completing()
	d.spans = startSpanRelay(exportingTo(t, b.Address), packing(t), nil, newTraceBook(rand.Int64N), time.Now)
	d.spans.traces.end(telemetrytest.TraceID, 5)
	s := bench.Statement{
		LatencyUs: 1000, Attempts: 1, TraceID: telemetrytest.TraceID.String(), SpanID: telemetrytest.SpanID.String(), Phases: []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 1}},
		Environment: "\xff", // text in OTLP must be UTF-8
	}
	d.complete(&s)
	relaying{d.spans}.end(t)
	if diff := cmp.Diff(bench.Hop{Produced: 2, Dropped: map[string]int64{telemetry.ReasonUnreadable: 2}}, d.spans.driver); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	got := d.spans.traces.sample([]bench.Statement{s}, map[string]int64{s.TraceID: 5})
	if diff := cmp.Diff(TraceSample{Excused: 1}, got); diff != "" {
		t.Errorf("sample: -want +got\n%s", diff)
	}
}
