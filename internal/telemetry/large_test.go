package telemetry

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// maxResponse is Lambda's limit of a response's size in bytes.
const maxResponse = 6_291_556

// replySize is the size of a response with r, in the form in which the function
// answers: JSON text within JSON.
func replySize(t *testing.T, r *bench.TelemetryReply, failed bench.Ranges) int {
	t.Helper()
	body, err := json.Marshal(bench.ReplyBody{Success: true, Result: &bench.Response{Failed: failed, Telemetry: r}})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(bench.Reply{StatusCode: http.StatusOK, Body: string(body)})
	if err != nil {
		t.Fatal(err)
	}
	return len(payload)
}

// chunked is how many spans and acknowledged rows are in a reply's chunks.
func chunked(r *bench.TelemetryReply) (spans, rows int64) {
	for _, c := range r.Chunks {
		spans, rows = spans+c.Spans, rows+c.Rows
	}
	return spans, rows
}

// lost is how many spans were dropped.
func lost(r *bench.TelemetryReply) (n int64) {
	for _, d := range r.DroppedSpans {
		n += d
	}
	return n
}

// Largest invocations: the response stays within Lambda's limit, every span is
// accounted for, and the metrics are complete.
func TestLargeInvocation(t *testing.T) {
	for _, tc := range []struct {
		name       string
		statements int
		detail     bench.TraceDetail
		fail       int // every so many statements
		dropped    bool
	}{
		{"as usual", 100_000, bench.DetailAuto, 0, false},
		{"all detail", 100_000, bench.DetailAll, 0, true},
		{"every second one fails", 30_000, bench.DetailAuto, 2, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			inv := asked(tc.detail, func(inv *bench.Invocation) {
				inv.Count, inv.Iterations, inv.Telemetry.SampleEvery = 1000, tc.statements/1000, bench.Sampling(int64(tc.statements))
				inv.Telemetry.SlowUs = 100_000
			})
			o := testLambda(t).Begin(onLambda(), inv, true, testQuery)
			random := rand.New(rand.NewPCG(12, 13))
			var failed bench.Ranges
			var acknowledged int64
			at := epoch
			for n := range tc.statements {
				took := 200*time.Microsecond + time.Duration(random.ExpFloat64()*1e6)
				s := Statement{Number: n, Start: at, Took: took, Outcome: bench.Acknowledged}
				if tc.fail > 0 && n%tc.fail == 0 {
					s.Outcome, s.Kind, s.SQLSTATE = bench.Failed, "40001", "40001"
					failed.Append(n)
				} else {
					acknowledged++
				}
				o.Attempt()
				got := at.Add(time.Duration(random.Int64N(50_000)))
				o.phases.Add(o.phases.Attempt(), Timing{Phase: Acquire, Start: at, End: got}, Timing{Phase: Query, Start: got, End: at.Add(took)})
				o.Tried(at, at.Add(took), s.Kind, s.SQLSTATE)
				o.Statement(s)
				at = at.Add(took)
			}
			r := o.End(false)
			if size := replySize(t, r, failed); size > maxResponse {
				t.Errorf("a response of %d bytes", size)
			}
			spans, rows := chunked(r)
			if r.Spans != spans+lost(r) || (lost(r) > 0) != tc.dropped {
				t.Errorf("%d spans, %d of them in chunks, %v dropped", r.Spans, spans, r.DroppedSpans)
			}
			if rows+r.DroppedRows != acknowledged {
				t.Errorf("%d rows in chunks and %d dropped of %d acknowledged", rows, r.DroppedRows, acknowledged)
			}
			a := read(t, r)
			if n := counted(a.metrics, "db.client.operation.duration", ""); n != int64(tc.statements) {
				t.Errorf("%d statements measured", n)
			}
			if n := counted(a.metrics, "dsqlload.rows", "acknowledged"); n != acknowledged {
				t.Errorf("%d rows measured, %d acknowledged", n, acknowledged)
			}
			onlyKept(t, a)
		})
	}
}

// onlyKept wants every exemplar to point at a span that is there.
func onlyKept(t *testing.T, a answered) {
	t.Helper()
	there := map[string]bool{}
	for _, s := range a.spans {
		there[hex.EncodeToString(s.TraceId)+hex.EncodeToString(s.SpanId)] = true
	}
	if len(there) != len(a.spans) {
		t.Errorf("%d ids of %d spans", len(there), len(a.spans))
	}
	exemplars := 0
	for _, m := range a.metrics.ScopeMetrics[0].Metrics {
		for _, p := range m.GetExponentialHistogram().GetDataPoints() {
			for _, e := range p.Exemplars {
				exemplars++
				if !there[hex.EncodeToString(e.TraceId)+hex.EncodeToString(e.SpanId)] {
					t.Fatalf("an exemplar of %s, %v s, points at span %x, which isn't there", m.Name, e.GetAsDouble(), e.SpanId)
				}
			}
		}
	}
	if exemplars == 0 {
		t.Error("no exemplars")
	}
}

// Once the response is full, statements have no spans, and their measurements no
// exemplars.
func TestFullResponse(t *testing.T) {
	t.Parallel()
	quick := []step{{phase: Acquire, from: 0, to: 1}, {phase: Query, from: 1, to: 2}}
	for _, tc := range []struct {
		name    string
		packed  int
		spans   int64 // in chunks, with the handler's
		dropped int64
		rows    int64 // in chunks
	}{
		{"room for all", 0, 1 + 2*4, 0, 2},
		{"no room for detail", maxDetail, 1 + 1 + 4, 3, 2},
		{"no room", maxPacked, 1 + 4, 4, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := testLambda(t).Begin(context.Background(), asked(bench.DetailAll, nil), false, testQuery)
			send(o, 0, 2, quick, nil)
			o.post.packed = tc.packed
			_, id := send(o, 1, 64, quick, nil)
			r := o.End(false)
			spans, rows := chunked(r)
			if spans != tc.spans || r.DroppedSpans[reasonResponseSize] != tc.dropped || r.Spans != spans+tc.dropped {
				t.Errorf("%d spans, %d in chunks, %v dropped", r.Spans, spans, r.DroppedSpans)
			}
			if rows != tc.rows || r.DroppedRows != 2-tc.rows || (id == "") != (tc.rows == 1) {
				t.Errorf("%d rows in chunks, %d dropped, id %q", rows, r.DroppedRows, id)
			}
			a := read(t, r)
			if n := counted(a.metrics, "db.client.operation.duration", ""); n != 2 {
				t.Errorf("%d statements measured", n)
			}
			onlyKept(t, a)
		})
	}
}

func TestShrink(t *testing.T) {
	t.Parallel()
	if Shrink(nil) || Shrink(&bench.TelemetryReply{}) {
		t.Error("there was nothing to drop")
	}
	r := &bench.TelemetryReply{
		Spans: 100, DroppedRows: 1, DroppedSpans: map[string]int64{reasonResponseSize: 10},
		Chunks: []bench.SpanChunk{{Spans: 20, Rows: 20}, {Spans: 40, Detail: true}, {Spans: 25, Rows: 24}, {Spans: 5, Detail: true}},
	}
	if !Shrink(r) {
		t.Error("detail wasn't dropped")
	}
	want := &bench.TelemetryReply{
		Spans: 100, DroppedRows: 1, DroppedSpans: map[string]int64{reasonResponseSize: 55},
		Chunks: []bench.SpanChunk{{Spans: 20, Rows: 20}, {Spans: 25, Rows: 24}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if !Shrink(r) {
		t.Error("statements weren't dropped")
	}
	want = &bench.TelemetryReply{Spans: 100, DroppedRows: 45, DroppedSpans: map[string]int64{reasonResponseSize: 100}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if Shrink(r) {
		t.Error("nothing is left to drop")
	}
}
