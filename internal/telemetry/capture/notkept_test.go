package capture

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Which statements have a span if only one in SpanEvery is to have one. The invocation's index is 3.
func TestSpanEvery(t *testing.T) {
	t.Parallel()
	type statement struct {
		ms      int
		failed  bool
		again   bool
		slowest bool
	}
	quick := func(n int) []statement {
		return append([]statement{{ms: 9}}, slices.Repeat([]statement{{ms: 2}}, n-1)...)
	}
	with := func(all []statement, at int, s statement) []statement {
		all[at] = s
		return all
	}
	for _, tc := range []struct {
		name       string
		request    bench.TelemetryRequest
		statements []statement
		want       []int // with a span
	}{
		{"not asked", bench.TelemetryRequest{}, quick(5), []int{0, 1, 2, 3, 4}},
		{"all", bench.TelemetryRequest{SpanEvery: 1}, quick(5), []int{0, 1, 2, 3, 4}},
		{"the first is the slowest so far, and one in four", bench.TelemetryRequest{SpanEvery: 4}, quick(9), []int{0, 3, 7}},
		{"beyond the number of statements", bench.TelemetryRequest{SpanEvery: 1000}, quick(9), []int{0, 3}},
		{"a sampled one", bench.TelemetryRequest{SpanEvery: 100, SampleEvery: 5}, quick(9), []int{0, 3, 8}},
		{"a slow one", bench.TelemetryRequest{SpanEvery: 100, SlowUs: 5000}, with(quick(9), 5, statement{ms: 5}), []int{0, 3, 5}},
		{"a failed one", bench.TelemetryRequest{SpanEvery: 100}, with(quick(9), 5, statement{ms: 1, failed: true}), []int{0, 3, 5}},
		{"a retried one", bench.TelemetryRequest{SpanEvery: 100}, with(quick(9), 5, statement{ms: 2, again: true}), []int{0, 3, 5}},
		{"one among the slowest", bench.TelemetryRequest{SpanEvery: 100}, with(quick(9), 5, statement{ms: 3, slowest: true}), []int{0, 3, 5}},
		{"one that isn't among the slowest of the scenario", bench.TelemetryRequest{SpanEvery: 100, NotableUs: 3001}, with(quick(9), 5, statement{ms: 3, slowest: true}), []int{0, 3}},
		{"one that may be", bench.TelemetryRequest{SpanEvery: 100, NotableUs: 3000}, with(quick(9), 5, statement{ms: 3, slowest: true}), []int{0, 3, 5}},
		{"the slowest so far isn't", bench.TelemetryRequest{SpanEvery: 100, NotableUs: 9001}, quick(9), []int{3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inv := telemetrytest.Asked(bench.DetailAuto, func(inv *bench.Invocation) {
				tc.request.Mode, tc.request.Detail, tc.request.TraceParent = inv.Telemetry.Mode, inv.Telemetry.Detail, inv.Telemetry.TraceParent
				inv.Telemetry = &tc.request
			})
			o := testLambda(t).Begin(context.Background(), inv, false, telemetrytest.Query)
			var got []int
			for n, s := range tc.statements {
				ended := bench.Failure{Outcome: bench.Acknowledged}
				tries := []telemetrytest.Try{{To: s.ms}}
				if s.failed {
					ended = bench.Failure{Outcome: bench.Failed, Kind: "23505", SQLSTATE: "23505"}
				}
				if s.again {
					tries = []telemetrytest.Try{{To: 1, Kind: "40001"}, {From: 1, To: s.ms}}
				}
				kept := o.Statement(telemetrytest.Played(n, ended, tries...), s.slowest)
				if kept.TraceID != "" {
					got = append(got, n)
				} else if kept != (Kept{}) {
					t.Errorf("statement %d: %+v", n, kept)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			r := o.End(false)
			a := telemetrytest.Read(t, r)
			if n := len(telemetrytest.Named(a.Spans, telemetry.StatementName)); n != len(tc.want) {
				t.Errorf("%d spans, want %d", n, len(tc.want))
			}
			left := int64(len(tc.statements) - len(tc.want))
			if r.NotKeptSpans != left || r.NotKeptRows != left || r.Spans != int64(len(a.Spans)) || r.DroppedRows != 0 || lost(r) != 0 {
				t.Errorf("%d spans and %d rows not kept, want %d; %+v", r.NotKeptSpans, r.NotKeptRows, left, r)
			}
			if n := telemetrytest.Counted(a.Metrics, "db.client.operation.duration", ""); n != int64(len(tc.statements)) {
				t.Errorf("%d statements measured", n)
			}
			if len(a.Spans) > 1 {
				onlyKept(t, a)
			}
		})
	}
}

// Whatever an invocation does: rows on spans + rows not kept + rows dropped = rows acknowledged,
// and no figure depends on what is kept.
func TestNotKeptBalances(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		request := bench.TelemetryRequest{
			Mode: bench.TelemetryRelay, Detail: []bench.TraceDetail{bench.DetailAuto, bench.DetailAll, bench.DetailLogical}[random.IntN(3)],
			SpanEvery: random.IntN(20), SampleEvery: random.IntN(50), SlowUs: random.Int64N(5000), SlowAuto: random.IntN(2) == 0, NotableUs: random.Int64N(4000),
			NoSpans: random.IntN(10) == 0,
		}
		full := random.IntN(3) == 0
		play := func(every int) (*bench.TelemetryReply, int64, int64) {
			again := rand.New(rand.NewPCG(seed, 2))
			inv := telemetrytest.Asked(request.Detail, func(inv *bench.Invocation) {
				asked := request
				asked.SpanEvery, inv.Telemetry, inv.Scenario, inv.Count = every, &asked, bench.Batch, 7
			})
			o := testLambda(t).Begin(telemetrytest.OnLambda(), inv, true, telemetrytest.Query)
			var acknowledged, statements int64
			at := telemetrytest.Epoch()
			for n := range 500 {
				if full && n == 250 {
					o.post.packed = maxPacked // there is no more room, but for the slowest
				}
				ended := bench.Failure{Outcome: bench.Acknowledged}
				if again.IntN(20) == 0 {
					ended = bench.Failure{Outcome: bench.Unknown, Kind: "connection_lost"}
				} else {
					acknowledged += 7
				}
				took := time.Duration(again.ExpFloat64() * 1e6)
				o.Statement(telemetrytest.Quickly(n, ended, at, at.Add(took/3), at.Add(took)), again.IntN(10) == 0)
				at = at.Add(took)
				statements++
			}
			return o.End(false), acknowledged, statements
		}
		r, acknowledged, statements := play(request.SpanEvery)
		spans, rows := chunked(r)
		if request.NoSpans {
			acknowledged = 0
		}
		if rows+r.NotKeptRows+r.DroppedRows != acknowledged || r.Spans != spans+lost(r) {
			t.Errorf("seed %d: %d rows on spans + %d not kept + %d dropped of %d; %d spans of %d told, %v dropped", seed, rows, r.NotKeptRows, r.DroppedRows, acknowledged, spans, r.Spans, r.DroppedSpans)
		}
		if r.NotKeptSpans > statements || (request.SpanEvery < 2 || request.Detail == bench.DetailAll || request.NoSpans) && r.NotKeptSpans != 0 {
			t.Errorf("seed %d: %d spans not kept", seed, r.NotKeptSpans)
		}
		whole, _, _ := play(0)
		a, b := telemetrytest.Read(t, r), telemetrytest.Read(t, whole)
		for _, name := range []string{"db.client.operation.duration", "dsqlload.phase.duration", "dsqlload.rows", "dsqlload.attempts"} {
			for _, label := range []string{"", "true", "acknowledged", "connection_lost", "query"} {
				if x, y := telemetrytest.Counted(a.Metrics, name, label), telemetrytest.Counted(b.Metrics, name, label); x != y {
					t.Errorf("seed %d: %s %s: %d, and %d with all spans", seed, name, label, x, y)
				}
			}
		}
	}
}
