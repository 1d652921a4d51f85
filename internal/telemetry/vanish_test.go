package telemetry

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/judge"
)

// vanish is one way in which spans or points can vanish or be counted twice. Two
// invocations of six rows each are played.
type vanish struct {
	name     string
	Mode     bench.TelemetryMode // relay when empty
	away     bool                // the function's own collector is
	hasty    time.Duration       // the function's own patience; 0 for enough
	spans    func(n int, all []*tracepb.ResourceSpans) (taken []*tracepb.ResourceSpans, rejected int64, err error)
	points   func(n int, all []*metricpb.ResourceMetrics) (taken []*metricpb.ResourceMetrics, rejected int64, err error)
	repeated bool                                           // the second answer holds the first one's telemetry
	change   func(t *testing.T, d *Driver, r *bench.Result) // the second answer, on its way back
	// lostSpans and lostPoints are what the collector counts. Of the points' rows, less
	// don't come to Prometheus.
	lostSpans, lostPoints loss
	restarted             bool
	less                  int64

	told            string // in the ledger's problem; empty when nothing is lost
	dropped, resent int64  // rows
	most            int64  // of them dropped, where it depends on what is in one export; 0 for as many
	short           bool   // a count is null for it
	unknown         bool   // what the collector did is
}

// Vanish is a row of TestVanishing.
type Vanish = vanish

// Name is what vanishes.
func (v vanish) Name() string { return v.name }

// Play plays a row, and wants the loss to be told at the right place. It returns the
// run's record and the Prometheus that has its counts.
func (v vanish) Play(t *testing.T) (record *bench.Record, prometheus string) {
	t.Helper()
	b := newBackend(t, nil)
	b.decide, b.decidePoints, b.late = v.spans, v.points, v.hasty > 0
	if v.Mode == "" {
		v.Mode = bench.TelemetryRelay
	}
	d := driverTo(t, b.address, counting(t, b, v.lostSpans, v.lostPoints, v.restarted), v.Mode)
	stage := d.Begin("individual", testPlan(2))
	l := v.lambda(t, b)
	var rows bench.Account
	var first *bench.TelemetryReply
	for i := range 2 {
		change := func(r *bench.Result) {
			switch {
			case i == 0:
				reply := *r.Response.Telemetry
				first = &reply
			case v.repeated:
				r.Response.Telemetry = first
			case v.change != nil:
				v.change(t, d, r)
			}
		}
		r := invokeAnd(t, stage, i, l, change)
		rows.Planned += 6
		if r.Response == nil {
			rows.Unknown += 6
			continue
		}
		rows.Acknowledged += r.Response.SuccessCount
	}
	stage.End(soon)
	got := d.Close(context.Background(), bench.Complete)
	v.checkLedger(t, &got)
	truth := rowsOnSpans(b.spans)
	if least := rows.Acknowledged - got.DroppedRows; truth < least || truth > least+got.ResentRows+rows.Unknown {
		t.Errorf("the collector has %d rows; %d acknowledged, %d dropped and %d sent again don't bound them", truth, rows.Acknowledged, got.DroppedRows, got.ResentRows)
	}
	return &bench.Record{
		Run: bench.Run{ID: testRun, StartedAt: time.Now(), Status: bench.Complete}, Telemetry: &got,
		Scenario1:    &bench.Summary{Rows: rows, Statements: &bench.Account{}, StatementLatency: bench.StatementLatency{Count: 10_000}},
		Verification: &bench.Verification{Mode: bench.VerifyFull, OK: true, IDsAsked: 12, AcknowledgedPresent: rows.Acknowledged},
	}, answering(t, b, v.less)
}

// lambda is the environment that the invocations run in.
func (v vanish) lambda(t *testing.T, b *backend) *Lambda {
	if v.Mode != bench.TelemetryOTLP {
		return testLambda(t)
	}
	l := lambdaTo(t, b.address)
	if v.away {
		l = lambdaTo(t, "127.0.0.1:1")
	}
	if v.hasty > 0 {
		l.direct.timeout = v.hasty
	}
	return l
}

func (v vanish) checkLedger(t *testing.T, got *bench.Telemetry) {
	t.Helper()
	for name, h := range map[string]*bench.Hop{
		"spans at the Lambda": &got.Spans.Lambda, "spans at the driver": &got.Spans.Driver, "spans at the collector": got.Spans.Collector,
		"points at the Lambda": &got.Points.Lambda, "points at the driver": &got.Points.Driver, "points at the collector": got.Points.Collector,
	} {
		if h == nil {
			continue
		}
		for reason, n := range h.Dropped {
			if n < 0 {
				t.Errorf("%s: %d dropped as %s", name, n, reason)
			}
		}
		if !h.Balanced() || min(h.Received, h.Produced, h.Passed, h.Refused) < 0 {
			t.Errorf("%s: %+v", name, *h)
		}
	}
	if got.OK != (v.told == "") || !strings.Contains(got.Problem, v.told) {
		t.Errorf("ok %v, problem %q, want %q", got.OK, got.Problem, v.told)
	}
	if got.DroppedRows < v.dropped || got.DroppedRows > max(v.dropped, v.most) || got.ResentRows < v.resent || v.resent == 0 && got.ResentRows != 0 {
		t.Errorf("%d rows dropped and %d sent again, want %d and %d", got.DroppedRows, got.ResentRows, v.dropped, v.resent)
	}
	if unknown := got.Spans.Unknown+got.Points.Unknown != ""; unknown != v.unknown {
		t.Errorf("unknown: %q, %q", got.Spans.Unknown, got.Points.Unknown)
	}
}

// CheckVerdict wants the accounts never to part, and the verdict to name the loss.
func (v vanish) CheckVerdict(t *testing.T, r *bench.Record) {
	t.Helper()
	if a := r.Accounts; !a.Agree || a.Short != v.short {
		t.Errorf("accounts: short %v, missing %q, problem %q", a.Short, a.Missing, a.Problem)
	}
	verdict := judge.Record(r)
	var codes []string
	for _, reason := range verdict.Reasons {
		codes = append(codes, string(reason.Severity)+" "+reason.Code)
	}
	want := bench.Valid
	if v.told != "" || v.short {
		want = bench.Suspect
	}
	if lost := slices.Contains(codes, "SUSPECT telemetry_lost"); verdict.Word != want || lost != (want == bench.Suspect) {
		t.Errorf("%s %q, want %s", verdict.Word, codes, want)
	}
	if noted := slices.Contains(codes, "NOTE telemetry_unknown"); noted != v.unknown {
		t.Errorf("%q", codes)
	}
}

// once does something with the first export that it is meant for.
type once struct{ done atomic.Bool }

func (o *once) now(meant bool) bool { return meant && o.done.CompareAndSwap(false, true) }
