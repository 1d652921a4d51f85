package capture

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
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// maxResponse is Lambda's limit of a response's size in bytes.
const maxResponse = 6_291_556

// replySize is the size of the response, in the form in which the function
// answers: JSON text within JSON.
func replySize(t *testing.T, r *bench.Response) int {
	t.Helper()
	body, err := json.Marshal(bench.ReplyBody{Success: true, Result: r})
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
		fail       int  // every so many statements
		grows      bool // latency, so that each is the slowest so far
		dropped    bool
	}{
		{"as usual", 100_000, bench.DetailAuto, 0, false, false},
		{"all detail", 100_000, bench.DetailAll, 0, false, true},
		{"all detail, each slower than those before", 100_000, bench.DetailAll, 0, true, true},
		{"every second one fails", 30_000, bench.DetailAuto, 2, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			inv := telemetrytest.Asked(tc.detail, func(inv *bench.Invocation) {
				inv.Count, inv.Iterations, inv.Telemetry.SampleEvery = 1000, tc.statements/1000, bench.Sampling(int64(tc.statements))
				inv.Telemetry.SlowUs, inv.Telemetry.StatementsPerTrace = 100_000, bench.StatementsPerTrace
			})
			o := testLambda(t).Begin(telemetrytest.OnLambda(), inv, true, telemetrytest.Query)
			random := rand.New(rand.NewPCG(12, 13))
			var failed bench.Ranges
			var slowest []bench.Statement
			var acknowledged int64
			at := telemetrytest.Epoch()
			for n := range tc.statements {
				took := 200*time.Microsecond + time.Duration(random.ExpFloat64()*1e6)
				if tc.grows {
					took += time.Duration(n) * time.Microsecond
				}
				ended := bench.Failure{Outcome: bench.Acknowledged}
				if tc.fail > 0 && n%tc.fail == 0 {
					ended = bench.Failure{Outcome: bench.Failed, Kind: "40001", SQLSTATE: "40001"}
					failed.Append(n)
				} else {
					acknowledged++
				}
				got := at.Add(time.Duration(random.Int64N(50_000)))
				e := telemetrytest.Quickly(n, ended, at, got, at.Add(took))
				o.Statement(e, tc.grows)
				if n < bench.SlowestKept { // as many are reported, whichever
					slowest = append(slowest, bench.Statement{Iteration: n, LatencyUs: took.Microseconds(), Phases: e.PhaseTimes()})
				}
				at = at.Add(took)
			}
			r := o.End(false)
			if size := replySize(t, &bench.Response{Failed: failed, Slowest: slowest, Telemetry: r}); size > maxResponse {
				t.Errorf("a response of %d bytes", size)
			}
			spans, rows := chunked(r)
			if r.Spans != spans+lost(r) || (lost(r) > 0) != tc.dropped {
				t.Errorf("%d spans, %d of them in chunks, %v dropped", r.Spans, spans, r.DroppedSpans)
			}
			if rows+r.DroppedRows != acknowledged {
				t.Errorf("%d rows in chunks and %d dropped of %d acknowledged", rows, r.DroppedRows, acknowledged)
			}
			a := telemetrytest.Read(t, r)
			if n := telemetrytest.Counted(a.Metrics, "db.client.operation.duration", ""); n != int64(tc.statements) {
				t.Errorf("%d statements measured", n)
			}
			if n := telemetrytest.Counted(a.Metrics, "dsqlload.rows", "acknowledged"); n != acknowledged {
				t.Errorf("%d rows measured, %d acknowledged", n, acknowledged)
			}
			onlyKept(t, a)
		})
	}
}

// onlyKept wants every exemplar to point at a span that is there.
func onlyKept(t *testing.T, a telemetrytest.Answered) {
	t.Helper()
	there := map[string]bool{}
	for _, s := range a.Spans {
		there[hex.EncodeToString(s.TraceId)+hex.EncodeToString(s.SpanId)] = true
	}
	if len(there) != len(a.Spans) {
		t.Errorf("%d ids of %d spans", len(there), len(a.Spans))
	}
	exemplars := 0
	for _, m := range a.Metrics.ScopeMetrics[0].Metrics {
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
// exemplars. The slowest have some room more for their own spans.
func TestFullResponse(t *testing.T) {
	t.Parallel()
	quick := []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 2}}
	for _, tc := range []struct {
		name    string
		packed  int
		slowest bool
		spans   int64 // in chunks, with the handler's
		dropped int64
		rows    int64 // in chunks
	}{
		{"room for all", 0, false, 1 + 2*4, 0, 2},
		{"the last room for detail", maxDetail - 1, false, 1 + 2*4, 0, 2},
		{"no room for detail", maxDetail, false, 1 + 1 + 4, 3, 2},
		{"no room for detail, even of the slowest", maxDetail, true, 1 + 1 + 4, 3, 2},
		{"the last room", maxPacked - 1, false, 1 + 1 + 4, 3, 2},
		{"no room", maxPacked, false, 1 + 4, 4, 1},
		{"no room but for the slowest", maxPacked, true, 1 + 1 + 4, 3, 2},
		{"the last room for the slowest", maxReserved - 1, true, 1 + 1 + 4, 3, 2},
		{"no room even for the slowest", maxReserved, true, 1 + 4, 4, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := testLambda(t).Begin(context.Background(), telemetrytest.Asked(bench.DetailAll, nil), false, telemetrytest.Query)
			send(o, 0, 2, quick, nil)
			o.post.packed = tc.packed
			kept := o.Statement(telemetrytest.Played(1, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{To: 64, Steps: quick}), tc.slowest)
			r := o.End(false)
			spans, rows := chunked(r)
			if spans != tc.spans || r.DroppedSpans[telemetry.ReasonResponseSize] != tc.dropped || r.Spans != spans+tc.dropped {
				t.Errorf("%d spans, %d in chunks, %v dropped", r.Spans, spans, r.DroppedSpans)
			}
			if rows != tc.rows || r.DroppedRows != 2-tc.rows || (kept.SpanID() == "") != (tc.rows == 1) || kept.Detailed != (tc.dropped == 0) {
				t.Errorf("%d rows in chunks, %d dropped, kept %+v", rows, r.DroppedRows, kept)
			}
			a := telemetrytest.Read(t, r)
			if n := telemetrytest.Counted(a.Metrics, "db.client.operation.duration", ""); n != 2 {
				t.Errorf("%d statements measured", n)
			}
			onlyKept(t, a)
		})
	}
}

// Detail goes first, then all spans. The slowest statements name no span that is
// gone.
func TestShrink(t *testing.T) {
	t.Parallel()
	if Shrink(&bench.Response{}) || Shrink(&bench.Response{Telemetry: &bench.TelemetryReply{}}) {
		t.Error("there was nothing to drop")
	}
	phases := []bench.PhaseTime{{Attempt: 1, Phase: "query", Ms: 1}}
	response := &bench.Response{
		Slowest: []bench.Statement{{Row: 1, TraceID: "a", SpanID: "b", Detailed: true, Phases: phases}, {Row: 2, TraceID: "a", SpanID: "c", Phases: phases}},
		Telemetry: &bench.TelemetryReply{
			Spans: 100, DroppedRows: 1, DroppedSpans: map[string]int64{telemetry.ReasonResponseSize: 10},
			Chunks: []bench.SpanChunk{{Spans: 20, Rows: 20}, {Spans: 40, Detail: true}, {Spans: 25, Rows: 24}, {Spans: 5, Detail: true}},
		},
	}
	for _, step := range []struct {
		name string
		want *bench.Response
	}{
		{"detail", &bench.Response{
			Slowest: []bench.Statement{{Row: 1, TraceID: "a", SpanID: "b", Phases: phases}, {Row: 2, TraceID: "a", SpanID: "c", Phases: phases}},
			Telemetry: &bench.TelemetryReply{
				Spans: 100, DroppedRows: 1, DroppedSpans: map[string]int64{telemetry.ReasonResponseSize: 55},
				Chunks: []bench.SpanChunk{{Spans: 20, Rows: 20}, {Spans: 25, Rows: 24}},
			},
		}},
		{"all spans", &bench.Response{
			Slowest:   []bench.Statement{{Row: 1, Phases: phases}, {Row: 2, Phases: phases}},
			Telemetry: &bench.TelemetryReply{Spans: 100, DroppedRows: 45, DroppedSpans: map[string]int64{telemetry.ReasonResponseSize: 100}},
		}},
	} {
		if !Shrink(response) {
			t.Errorf("%s: nothing was dropped", step.name)
		}
		if diff := cmp.Diff(step.want, response); diff != "" {
			t.Errorf("%s: -want +got\n%s", step.name, diff)
		}
	}
	if Shrink(response) {
		t.Error("nothing is left to drop")
	}
}
