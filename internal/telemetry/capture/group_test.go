package capture

import (
	"context"
	"encoding/hex"
	"fmt"
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

// grouping is an invocation of up to 1,000 statements that is asked for groups of so many.
func grouping(detail bench.TraceDetail, most int) bench.Invocation {
	return telemetrytest.Asked(detail, func(inv *bench.Invocation) {
		inv.Iterations, inv.Telemetry.StatementsPerTrace = 100, most
	})
}

// groupID is the trace id of a group of the tests' invocation.
func groupID(n int64) string { return telemetry.GroupTrace(telemetrytest.TraceID, n).String() }

// byTrace sorts spans by trace.
func byTrace(spans []*tracepb.Span) map[string][]*tracepb.Span {
	all := map[string][]*tracepb.Span{}
	for _, s := range spans {
		id := hex.EncodeToString(s.TraceId)
		all[id] = append(all[id], s)
	}
	return all
}

// groupsTold wants the groups of the chunks to be where the spans are.
func groupsTold(t *testing.T, r *bench.TelemetryReply) {
	t.Helper()
	for _, c := range r.Chunks {
		want := map[string]int64{}
		for _, s := range telemetrytest.Read(t, &bench.TelemetryReply{Chunks: []bench.SpanChunk{c}}).Spans {
			want[hex.EncodeToString(s.TraceId)]++
		}
		got := map[string]int64{}
		for _, g := range c.Groups {
			got[groupID(g.Group)] += g.Spans
		}
		if c.Groups == nil {
			got[groupID(0)] = c.Spans
		}
		ordered := slices.IsSortedFunc(c.Groups, func(a, b bench.GroupSpans) int { return int(a.Group - b.Group) })
		if diff := cmp.Diff(want, got); diff != "" || !ordered {
			t.Errorf("the groups of a chunk, in order %v: -there +told\n%s", ordered, diff)
		}
	}
}

// Further statements are in traces of their own, whose root is linked to the handler.
func TestGroups(t *testing.T) {
	t.Parallel()
	o := testLambda(t).Begin(telemetrytest.OnLambda(), grouping(bench.DetailLogical, 100), false, telemetrytest.Query)
	for n := range 250 {
		kept := send(o, n, 5, []telemetrytest.Step{{Phase: bench.Query, From: 0, To: 5}}, nil)
		if want := groupID(int64(n / 100)); kept.TraceID != want {
			t.Fatalf("statement %d is said to be in trace %s, want %s", n, kept.TraceID, want)
		}
	}
	r := o.End(false)
	groupsTold(t, r)
	a := telemetrytest.Read(t, r)
	onlyKept(t, a)
	handler := telemetrytest.Named(a.Spans, "dsql-load-test")[0]
	traces := byTrace(a.Spans)
	if len(traces) != 3 || hex.EncodeToString(handler.TraceId) != groupID(0) {
		t.Fatalf("%d traces, the handler in %x", len(traces), handler.TraceId)
	}
	for n := range int64(3) {
		statements, roots := telemetrytest.Named(traces[groupID(n)], telemetry.StatementName), telemetrytest.Named(traces[groupID(n)], telemetry.GroupName)
		root := handler
		if n > 0 {
			if len(roots) != 1 {
				t.Fatalf("group %d has %d roots", n, len(roots))
			}
			root = roots[0]
			rooted(t, root, handler, statements)
		}
		if want := []int{100, 100, 50}[n]; len(statements) != want {
			t.Errorf("group %d has %d statements, want %d", n, len(statements), want)
		}
		for _, s := range statements {
			if string(s.ParentSpanId) != string(root.SpanId) {
				t.Fatalf("a statement of group %d lies below %x, not below %s", n, s.ParentSpanId, root.Name)
			}
		}
	}
	second := telemetrytest.Attributes(telemetrytest.Named(traces[groupID(2)], telemetry.GroupName)[0].Attributes)
	want := map[string]string{
		"dsqlload.scenario": "individual", "dsqlload.invocation.index": "3", "dsqlload.statement.first": "200", "dsqlload.statement.last": "249",
	}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Error(diff)
	}
}

// rooted wants a group's root to cover its statements, and to be linked to the handler.
func rooted(t *testing.T, root, handler *tracepb.Span, statements []*tracepb.Span) {
	t.Helper()
	telemetrytest.Agree(t, "statements", root.Attributes)
	if len(root.ParentSpanId) != 0 || root.Kind != tracepb.Span_SPAN_KIND_INTERNAL || len(root.Links) != 1 {
		t.Fatalf("the root is %v", root)
	}
	if to := root.Links[0]; string(to.TraceId) != string(handler.TraceId) || string(to.SpanId) != string(handler.SpanId) {
		t.Errorf("the root is linked to %v", to)
	}
	first, last := statements[0], statements[len(statements)-1]
	if root.StartTimeUnixNano != first.StartTimeUnixNano || root.EndTimeUnixNano != last.EndTimeUnixNano {
		t.Errorf("the root lasts from %d to %d, its statements from %d to %d", root.StartTimeUnixNano, root.EndTimeUnixNano, first.StartTimeUnixNano, last.EndTimeUnixNano)
	}
}

// How many statements are in each trace.
func TestGroupSizes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		detail     bench.TraceDetail
		most       int
		statements int
		want       []int
	}{
		{"not asked for", bench.DetailLogical, 0, 350, []int{350}},
		{"less than none", bench.DetailLogical, -1, 350, []int{350}},
		{"one", bench.DetailLogical, 100, 1, []int{1}},
		{"just full", bench.DetailLogical, 100, 100, []int{100}},
		{"one more", bench.DetailLogical, 100, 101, []int{100, 1}},
		{"each alone", bench.DetailAll, 1, 3, []int{1, 1, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := testLambda(t).Begin(context.Background(), grouping(tc.detail, tc.most), false, telemetrytest.Query)
			for n := range tc.statements {
				send(o, n, 2, []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 2}}, nil)
			}
			r := o.End(false)
			groupsTold(t, r)
			spans := telemetrytest.Read(t, r).Spans
			var got []int
			for n := range int64(len(byTrace(spans))) {
				of := byTrace(spans)[groupID(n)]
				got = append(got, len(telemetrytest.Named(of, telemetry.StatementName)))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("statements: -want +got\n%s", diff)
			}
			if tc.most <= 0 && slices.ContainsFunc(r.Chunks, func(c bench.SpanChunk) bool { return c.Groups != nil }) {
				t.Error("groups are told that an older driver didn't ask for")
			}
		})
	}
}

// With spans below each statement, groups end before their JSON is too large.
func TestGroupsBySize(t *testing.T) {
	t.Parallel()
	const statements = 400
	o := testLambda(t).Begin(context.Background(), grouping(bench.DetailAll, 100), false, telemetrytest.Query)
	for n := range statements {
		send(o, n, 20, telemetrytest.Connecting(), nil)
	}
	r := o.End(false)
	groupsTold(t, r)
	traces, all := byTrace(telemetrytest.Read(t, r).Spans), 0
	for id, spans := range traces {
		of := len(telemetrytest.Named(spans, telemetry.StatementName))
		all += of
		size := 0
		for _, s := range spans {
			size += jsonSize(proto.Size(s))
		}
		const other = 2000 // the handler or the root
		if size > maxTrace+other || of > 30 || of < 20 && id != groupID(int64(len(traces)-1)) {
			t.Errorf("trace %s has %d statements with %d spans, about %d bytes", id, of, len(spans), size)
		}
	}
	if all != statements {
		t.Errorf("%d statements in %d traces, want %d", all, len(traces), statements)
	}
}

// A statement without a span is in no group, and a group's root covers statements that ended in
// another order than they began.
func TestGroupOfSome(t *testing.T) {
	t.Parallel()
	o := testLambda(t).Begin(context.Background(), grouping(bench.DetailLogical, 2), false, telemetrytest.Query)
	for n := range 9 {
		if o.post.packed = 0; n%2 == 1 {
			o.post.packed = maxReserved
		}
		start := telemetrytest.Epoch().Add(time.Duration(n) * time.Millisecond)
		e := telemetrytest.Quickly(n, bench.Failure{Outcome: bench.Acknowledged}, start, start, start.Add(time.Duration(100-9*n)*time.Millisecond))
		if kept := o.Statement(e, true); (kept.TraceID == "") != (n%2 == 1) {
			t.Errorf("statement %d: %+v", n, kept)
		}
	}
	var got []string
	for _, s := range telemetrytest.Named(telemetrytest.Read(t, o.End(false)).Spans, telemetry.GroupName) {
		a := telemetrytest.Attributes(s.Attributes)
		since := func(nanos uint64) time.Duration {
			return time.Duration(int64(nanos) - telemetrytest.Epoch().UnixNano())
		}
		got = append(got, fmt.Sprintf("%s to %s: %v to %v", a["dsqlload.statement.first"], a["dsqlload.statement.last"], since(s.StartTimeUnixNano), since(s.EndTimeUnixNano)))
	}
	want := []string{"4 to 6: 4ms to 68ms", "8 to 8: 8ms to 36ms"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Groups follow any driver's trace, also past the largest id.
func TestGroupsPastZero(t *testing.T) {
	t.Parallel()
	inv := grouping(bench.DetailLogical, 1)
	inv.Telemetry.TraceParent = "00-0102030405060708ffffffffffffffff-a1a2a3a4a5a6a7a8-01"
	o := testLambda(t).Begin(context.Background(), inv, false, telemetrytest.Query)
	var got []string
	for n := range 3 {
		got = append(got, send(o, n, 2, nil, nil).TraceID)
	}
	want := []string{"0102030405060708ffffffffffffffff", "01020304050607080000000000000001", "01020304050607080000000000000002"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, s := range telemetrytest.Read(t, o.End(false)).Spans {
		if id := trace.TraceID(s.TraceId); !slices.Contains(want, id.String()) {
			t.Errorf("%s is in trace %s", s.Name, id)
		}
	}
}
