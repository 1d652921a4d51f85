package relay

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

func TestSnapshotOfNothing(t *testing.T) {
	if diff := cmp.Diff(Snapshot{}, (*Driver)(nil).Snapshot()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A snapshot follows the spans: they wait while the collector is busy, and are
// sent or dropped in the end.
func TestSnapshot(t *testing.T) {
	const invocations, rejected = 3, 2
	var open, told atomic.Bool
	b := telemetrytest.NewBackend(t, func(context.Context, int, int64) (int64, error) {
		switch {
		case !open.Load():
			return 0, status.Error(codes.Unavailable, "busy")
		case told.CompareAndSwap(false, true):
			return rejected, nil
		}
		return 0, nil
	})
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryRelay))
	stage := d.Begin("individual", testPlan(invocations))
	l := lambdaWith(t)
	for i := range invocations {
		invoke(t, stage, i, l)
	}
	newCall(stage, time.Now()).receive(&bench.Result{Response: &bench.Response{Telemetry: &bench.TelemetryReply{
		Spans: 11, AcceptedSpans: 4, DroppedSpans: map[string]int64{telemetry.ReasonQueueFull: 7},
	}}})
	const spans = invocations * spansOfInvocation
	telemetrytest.Until(t, "an export that fails", func() bool { return d.Snapshot().Problem != nil })
	s := d.Snapshot()
	s.Problem = nil
	if diff := cmp.Diff(Snapshot{Endpoint: "http://" + b.Address, Sent: 4, Waiting: spans, Dropped: 7}, s); diff != "" {
		t.Errorf("while the collector is busy (-want +got):\n%s", diff)
	}
	open.Store(true)
	telemetrytest.Until(t, "all spans sent", func() bool { return d.Snapshot().Waiting == 0 })
	want := Snapshot{Endpoint: "http://" + b.Address, Sent: 4 + spans - rejected, Dropped: 7 + rejected}
	if diff := cmp.Diff(want, d.Snapshot()); diff != "" {
		t.Errorf("when it takes spans again (-want +got):\n%s", diff)
	}
	stage.End(time.Second)
	d.Close(context.Background(), bench.Complete)
	want.Sent += 2 // the stage's and the run's
	if diff := cmp.Diff(want, d.Snapshot()); diff != "" {
		t.Errorf("at the end (-want +got):\n%s", diff)
	}
}
