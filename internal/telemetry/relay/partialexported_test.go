package relay

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// A partial answer names the slowest statements so far. Their points name their spans, also where
// the function exports these itself and tells of them at its end.
func TestPartialSlowest(t *testing.T) {
	told := func() *bench.TelemetryReply {
		return &bench.TelemetryReply{Mode: bench.TelemetryOTLP, Spans: 3, AcceptedSpans: 3, Groups: []bench.GroupSpans{{Group: 1, Spans: 3}}}
	}
	for _, tc := range []struct {
		name    string
		partial *bench.TelemetryReply
		reply   bool // the function answers in the end
		want    bool // the point names the span
	}{
		{"told of at once", told(), true, true},
		{"told of at the end", nil, true, true},
		{"never told of", nil, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := telemetrytest.NewBackend(t, nil)
			environment(t, b.Address)
			d := openDriver(t, options(bench.TelemetryOTLP))
			stage := d.Begin("individual", testPlan(1))
			inv := stage.plan.Invocation(0)
			call := stage.Invocation(&inv)
			call.Sent()
			sent, id := time.Now(), telemetry.GroupTrace(call.span.TraceID(), 1).String()
			slowest := func() []bench.Statement {
				return []bench.Statement{{Rows: 1, StartedUs: sent.UnixMicro(), LatencyUs: 7000, Attempts: 1, Outcome: bench.Acknowledged, TraceID: id, SpanID: "0102030405060708"}}
			}
			account := &bench.Account{Planned: 6, Acknowledged: 6}
			call.Partial(&bench.Response{Statements: account, Slowest: slowest(), Telemetry: tc.partial})
			r := &bench.Result{Sent: sent, Ended: time.Now(), Outcome: bench.Acknowledged, Response: &bench.Response{Statements: account, Slowest: slowest()}}
			if tc.reply {
				r.Response.Telemetry = told()
			} else {
				r.Outcome, r.Partial = bench.Unknown, true
			}
			call.End(r)
			stage.End(time.Second)
			d.Close(context.Background(), bench.Complete)
			points := slowPointsIn(b.Points())
			if len(points) != 1 {
				t.Fatalf("%d points, want 1", len(points))
			}
			a := telemetrytest.Attributes(points[0].Attributes)
			if named := a["trace_id"] == id && a["span_id"] == "0102030405060708"; named != tc.want {
				t.Errorf("the point has %v; want the statement's span: %v", fmt.Sprint(a), tc.want)
			}
		})
	}
}
