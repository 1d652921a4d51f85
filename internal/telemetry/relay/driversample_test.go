package relay

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/trace"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// A trace has the driver's own span, and what the function sent or answered of its
// spans. One whose function lost spans on its own way to the collector is excused.
func TestDriverSample(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryAuto))
	stage := d.Begin("individual", testPlan(1))
	lost := map[string]int64{telemetry.ReasonExport: 2}
	for _, tc := range []struct {
		name    string
		reply   *bench.TelemetryReply // nil when the invocation didn't answer
		spans   int64                 // 0 when the trace isn't to be opened
		excused int64
	}{
		{"in the response", &bench.TelemetryReply{Mode: bench.TelemetryRelay, Spans: 5, Chunks: []bench.SpanChunk{{Spans: 3}, {Spans: 2}}}, 6, 0},
		{"in the response, some dropped", &bench.TelemetryReply{Mode: bench.TelemetryRelay, Spans: 5, DroppedSpans: lost, Chunks: []bench.SpanChunk{{Spans: 3}}}, 4, 0},
		{"in the response, and unreadable", &bench.TelemetryReply{Mode: bench.TelemetryRelay, Spans: 3, Chunks: []bench.SpanChunk{{Spans: 3, Data: []byte("no zstd")}}}, 0, 1},
		{"sent by the function", &bench.TelemetryReply{Mode: bench.TelemetryOTLP, Spans: 5, AcceptedSpans: 5}, 6, 0},
		{"sent by the function, some lost", &bench.TelemetryReply{Mode: bench.TelemetryOTLP, Spans: 5, AcceptedSpans: 3, DroppedSpans: lost}, 0, 1},
		{"no answer", nil, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := d.Sample()
			call := newCall(stage, time.Now())
			r := &bench.Result{Outcome: bench.Unknown}
			if tc.reply != nil {
				for i := range tc.reply.Chunks {
					if c := &tc.reply.Chunks[i]; c.Data == nil {
						c.Data = chunkOf(t, telemetrytest.RunID, call.span.TraceID(), c.Spans)
					}
				}
				r.Response = &bench.Response{Statements: &bench.Account{}, Telemetry: tc.reply}
			}
			call.receive(r)
			after := d.Sample()
			var want []Trace
			if tc.spans > 0 {
				want = []Trace{{call.span.TraceID().String(), tc.spans}}
			}
			if diff := cmp.Diff(want, after.Chosen[len(before.Chosen):], cmpopts.EquateEmpty()); diff != "" || after.Excused-before.Excused != tc.excused {
				t.Errorf("%d excused, want %d; chosen: -want +got\n%s", after.Excused-before.Excused, tc.excused, diff)
			}
		})
	}
	d.Close(context.Background(), bench.Complete)
}

// chunkOf is a chunk of n spans of the run and the trace.
func chunkOf(t *testing.T, run string, of trace.TraceID, n int64) []byte {
	t.Helper()
	var e telemetry.Encoder
	for range n {
		e.Add(&telemetry.Span{Trace: of, ID: telemetry.NewSpanID(), Name: "query", Start: telemetrytest.Start, End: telemetrytest.Start})
	}
	framed, err := telemetry.Frame(nil, &resourcepb.Resource{Attributes: telemetry.KeyValues(telemetry.KeyRunID.String(run))}, "devel", e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return packing(t).Pack(framed)
}
