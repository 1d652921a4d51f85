package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// manyPlan is of invocations of 250 statements each.
func manyPlan(invocations int) bench.Plan {
	p := testPlan(invocations)
	p.Load.Iterations = 125
	return p
}

// Every group of an invocation is a trace of the run, with exactly as many spans as the sample
// says; the slowest statements name theirs. A function of an older version has one trace.
func TestDriverGroups(t *testing.T) {
	const invocations = 2
	for _, tc := range []struct {
		name   string
		mode   bench.TelemetryMode
		detail bench.TraceDetail
		change func(*bench.TelemetryRequest)
		traces int // of an invocation; 0 if it depends on sizes
	}{
		{"in the response", bench.TelemetryRelay, bench.DetailLogical, nil, 3},
		{"in the response, with all detail", bench.TelemetryRelay, bench.DetailAll, nil, 0},
		{"sent by the function", bench.TelemetryOTLP, bench.DetailLogical, nil, 3},
		{"sent by the function, with all detail", bench.TelemetryOTLP, bench.DetailAll, nil, 0},
		{"of an older version", bench.TelemetryRelay, bench.DetailLogical, func(r *bench.TelemetryRequest) { r.StatementsPerTrace = 0 }, 1},
		{"of an older version, sent by the function", bench.TelemetryOTLP, bench.DetailLogical, func(r *bench.TelemetryRequest) { r.StatementsPerTrace = 0 }, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := telemetrytest.NewBackend(t, nil)
			environment(t, b.Address)
			o := options(tc.mode)
			o.Detail = tc.detail
			d := openDriver(t, o)
			l := lambdaWith(t)
			if tc.mode == bench.TelemetryOTLP {
				l = lambdaTo(t, b.Address, telemetrytest.Patience)
			}
			stage := d.Begin("individual", manyPlan(invocations))
			var slowest []bench.Statement
			for i := range invocations {
				r := invoke(t, stage, i, l, func(r *bench.TelemetryRequest) {
					if tc.change != nil {
						tc.change(r)
					}
				})
				slowest = append(slowest, r.Response.Slowest...)
			}
			stage.End(time.Second)
			if got := d.Close(context.Background(), bench.Complete); !got.OK {
				t.Error(got.Problem)
			}
			took := tracesIn(b)
			sample := d.Sample()
			if n := len(sample.Chosen); n != invocations*tc.traces && tc.traces > 0 || n != len(took)-1 || sample.Excused != 0 { // less the run's own
				t.Errorf("%d traces chosen, %d there, %d excused", n, len(took), sample.Excused)
			}
			for _, s := range slices.Concat(sample.Slowest, sample.Chosen) {
				if n := int64(len(took[s.ID])); n != s.Spans {
					t.Errorf("trace %s has %d spans, the sample says %d", s.ID, n, s.Spans)
				}
			}
			for _, s := range slowest {
				if !took[s.TraceID][s.SpanID] {
					t.Fatalf("statement %d, %d isn't in the trace that it names, %q", s.Iteration, s.Row, s.TraceID)
				}
			}
			for _, p := range slowPointsIn(b.Points()) {
				if a := telemetrytest.Attributes(p.Attributes); !took[a["trace_id"]][a["span_id"]] {
					t.Fatalf("a point names a span that isn't there: %v", a)
				}
			}
		})
	}
}

// tracesIn are the ids of the spans that b took, by trace.
func tracesIn(b *telemetrytest.Backend) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, s := range b.Received() {
		id := fmt.Sprintf("%x", s.TraceId)
		if all[id] == nil {
			all[id] = map[string]bool{}
		}
		all[id][fmt.Sprintf("%x", s.SpanId)] = true
	}
	return all
}

// messageOf is a message with spans of these traces, in this order.
func messageOf(t *testing.T, of ...trace.TraceID) []byte {
	t.Helper()
	var e telemetry.Encoder
	for _, id := range of {
		e.Add(&telemetry.Span{Trace: id, ID: telemetry.NewSpanID(), Name: "query", Start: telemetrytest.Start, End: telemetrytest.Start})
	}
	framed, err := telemetry.Frame(nil, &resourcepb.Resource{Attributes: telemetry.KeyValues(telemetry.KeyRunID.String(telemetrytest.RunID))}, "devel", e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return framed
}

// A chunk holds spans of the groups that it names, as many of each, and no others.
func TestInspectGroups(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]trace.TraceID{
		"usual": telemetrytest.TraceID, "about to wrap around": {1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe},
	} {
		group := func(n int64) trace.TraceID { return telemetry.GroupTrace(of, n) }
		foreign := group(2)
		foreign[0]++
		zero := group(2)
		clear(zero[8:])
		for _, tc := range []struct {
			name   string
			spans  []trace.TraceID
			groups []bench.GroupSpans
			want   error
		}{
			{"the call's own", []trace.TraceID{of, of}, nil, nil},
			{"some groups, in any order", []trace.TraceID{group(2), group(5), group(5), group(2), of, group(5)}, []bench.GroupSpans{{Group: 0, Spans: 1}, {Group: 2, Spans: 2}, {Group: 5, Spans: 3}}, nil},
			{"only a later one", []trace.TraceID{group(7)}, []bench.GroupSpans{{Group: 7, Spans: 1}}, nil},
			{"one that isn't named", []trace.TraceID{group(2), group(3)}, []bench.GroupSpans{{Group: 2, Spans: 2}}, errOther},
			{"one before", []trace.TraceID{group(1), group(2)}, []bench.GroupSpans{{Group: 2, Spans: 2}}, errOther},
			{"the call's own, not named", []trace.TraceID{of, group(2)}, []bench.GroupSpans{{Group: 2, Spans: 2}}, errOther},
			{"one without any being named", []trace.TraceID{of, group(1)}, nil, errOther},
			{"far away", []trace.TraceID{group(2), group(1 << 62)}, []bench.GroupSpans{{Group: 2, Spans: 2}}, errOther},
			{"of another call", []trace.TraceID{group(2), foreign}, []bench.GroupSpans{{Group: 2, Spans: 2}}, errOther},
			{"zero", []trace.TraceID{group(2), zero}, []bench.GroupSpans{{Group: 2, Spans: 2}}, errOther},
			{"fewer of one and more of another", []trace.TraceID{group(2), group(3), group(3)}, []bench.GroupSpans{{Group: 2, Spans: 2}, {Group: 3, Spans: 1}}, errCount},
			{"none of one", []trace.TraceID{group(2)}, []bench.GroupSpans{{Group: 2, Spans: 1}, {Group: 3, Spans: 1}}, errCount},
		} {
			t.Run(name+", "+tc.name, func(t *testing.T) {
				c := newCall(nil, time.Now())
				c.span = trace.NewSpanContext(trace.SpanContextConfig{TraceID: of, SpanID: telemetrytest.SpanID})
				traces, counts := c.count(tc.groups, int64(len(tc.spans)))
				n, err := inspectSpans(messageOf(t, tc.spans...), telemetrytest.RunID, traces, counts)
				if !errors.Is(err, tc.want) || err == nil && n != int64(len(tc.spans)) {
					t.Errorf("%d spans, %v; want %d and %v", n, err, len(tc.spans), tc.want)
				}
			})
		}
	}
}

// The spans of a call's traces may come in several steps. Each trace ends once.
func TestSpansAreAdded(t *testing.T) {
	t.Parallel()
	r := newRelay(t, telemetrytest.NewBackend(t, nil).Address)
	c := newCall(nil, time.Now())
	own := c.span.TraceID()
	c.count(nil, 10)
	c.count([]bench.GroupSpans{{Group: 0, Spans: 2}, {Group: 1, Spans: 5}}, 7)
	c.count([]bench.GroupSpans{{Group: 1, Spans: 3}, {Group: 2, Spans: 4}}, 7)
	r.ended(c.spans, false)
	got := map[string]int64{}
	for _, s := range r.sample(nil, nil).Chosen {
		got[s.ID] += s.Spans
	}
	want := map[string]int64{own.String(): 1 + 12, telemetry.GroupTrace(own, 1).String(): 8, telemetry.GroupTrace(own, 2).String(): 4}
	if diff := cmp.Diff(want, got); diff != "" || r.traces.ended != 3 {
		t.Errorf("%d ended: -want +got\n%s", r.traces.ended, diff)
	}
	r.ended(map[trace.TraceID]int64{traceOf(1): 1, traceOf(2): 1}, true)
	if s := r.sample(nil, nil); s.Excused != 2 || len(s.Chosen) != 3 {
		t.Errorf("%d traces excused, %d chosen", s.Excused, len(s.Chosen))
	}
	r.end(t)
}

// A chunk that is lost damages the traces of all its groups, and no other.
func TestGroupsAreDamaged(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryRelay))
	call := newCall(d.Begin("individual", manyPlan(1)), time.Now())
	own := call.span.TraceID()
	group := func(n int64) trace.TraceID { return telemetry.GroupTrace(own, n) }
	chunk := func(groups []bench.GroupSpans, of ...trace.TraceID) bench.SpanChunk {
		return bench.SpanChunk{Spans: int64(len(of)), Groups: groups, Data: packing(t).Pack(messageOf(t, of...))}
	}
	call.receive(&bench.Result{Response: &bench.Response{Statements: &bench.Account{}, Telemetry: &bench.TelemetryReply{
		Mode: bench.TelemetryRelay, Spans: 7, Chunks: []bench.SpanChunk{
			chunk([]bench.GroupSpans{{Group: 0, Spans: 1}, {Group: 1, Spans: 1}}, own, group(1)),
			chunk([]bench.GroupSpans{{Group: 1, Spans: 1}, {Group: 2, Spans: 2}}, group(1), group(2), traceOf(9)), // not a trace of the call
			chunk([]bench.GroupSpans{{Group: 3, Spans: 2}}, group(3), group(3)),
		},
	}}})
	d.Close(context.Background(), bench.Complete)
	sample := d.Sample()
	got := map[string]int64{}
	for _, s := range sample.Chosen {
		got[s.ID] = s.Spans
	}
	want := map[string]int64{own.String(): 2, group(3).String(): 2}
	if diff := cmp.Diff(want, got); diff != "" || sample.Excused != 2 {
		t.Errorf("%d excused: -want +got\n%s", sample.Excused, diff)
	}
	if _, there := tracesIn(b)[traceOf(9).String()]; there {
		t.Error("a span of another trace was passed on")
	}
}
