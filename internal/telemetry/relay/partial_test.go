package relay

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// played is an invocation of testPlan that tells of itself by partial answers.
type played struct {
	inv   bench.Invocation
	call  *Call
	o     *capture.Invocation
	done  int
	soFar *bench.Response
	sent  time.Time
}

func play(stage *Stage, l *capture.Lambda, i int) *played {
	p := &played{inv: stage.plan.Invocation(i), sent: time.Now()}
	p.call = stage.Invocation(&p.inv)
	p.call.Sent()
	p.o = l.Begin(telemetrytest.OnLambda(), p.inv, i == 0, telemetrytest.Query)
	n := int64(p.inv.Statements())
	p.soFar = &bench.Response{TotalInserts: p.inv.Rows(), ErrorCount: p.inv.Rows(), Statements: &bench.Account{Planned: n, NotStarted: n}}
	return p
}

// statements lets the next n end well, each at once.
func (p *played) statements(n int) {
	next, a := *p.soFar, *p.soFar.Statements
	next.Statements, next.Slowest = &a, slices.Clone(next.Slowest)
	for range n {
		at := time.Now()
		end := at.Add(time.Microsecond)
		e := telemetrytest.Quickly(p.done, bench.Failure{Outcome: bench.Acknowledged}, at, end, end)
		kept := p.o.Statement(e, true)
		iteration, row := p.inv.Place(p.done)
		next.Slowest = append(next.Slowest, bench.Statement{
			Invocation: p.inv.Index, Iteration: iteration, Row: row, StartedUs: at.UnixMicro(), LatencyUs: e.LatencyUs(), Attempts: 1, Outcome: bench.Acknowledged,
			Environment: "env-0001", TraceID: kept.TraceID, SpanID: kept.SpanID(), Phases: e.PhaseTimes(), Detailed: kept.Detailed,
		})
		p.done++
		a.Acknowledged, a.NotStarted = a.Acknowledged+1, a.NotStarted-1
		next.SuccessCount, next.ErrorCount = next.SuccessCount+1, next.ErrorCount-1
	}
	next.Timeline = append(next.Timeline, bench.Second{Unix: time.Now().Unix(), Statements: int64(n), Rows: int64(n)})
	p.soFar = &next
}

// tell passes a partial answer on.
func (p *played) tell() {
	p.soFar.Telemetry = p.o.SoFar(time.Now())
	p.call.Partial(p.soFar)
}

// dies ends the invocation without a reply.
func (p *played) dies() {
	const kind = "Runtime.ExitError"
	r := &bench.Result{Index: p.inv.Index, Outcome: bench.Unknown, ErrorKind: kind, Error: "it died", Sent: p.sent, Ended: time.Now()}
	if p.soFar.Statements.NotStarted < p.soFar.Statements.Planned {
		r.Partial, r.Response = true, p.soFar.Unanswered(1, kind, "it died")
	}
	p.call.End(r)
}

// replies ends the invocation with its reply.
func (p *played) replies() {
	reply := *p.soFar
	reply.Telemetry = p.o.End(false)
	p.call.End(&bench.Result{Index: p.inv.Index, Outcome: bench.Acknowledged, Response: &reply, Sent: p.sent, Ended: time.Now()})
}

// Whatever of an invocation was told is counted once, also when it dies: its spans, its rows and
// its slowest statements. Its other rows are unknown.
func TestPartialTelemetry(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address)
	d := openDriver(t, options(bench.TelemetryAuto))
	stage := d.Begin("individual", testPlan(3))
	l := lambdaWith(t)

	whole := play(stage, l, 0) // 6 statements
	whole.statements(2)
	whole.tell()
	whole.statements(3)
	whole.tell()
	whole.statements(1)
	whole.replies()

	cut := play(stage, l, 1) // 4 of 6
	cut.statements(1)
	cut.tell()
	cut.statements(3)
	cut.tell()
	cut.dies()

	silent := play(stage, l, 2)
	silent.dies()

	stage.End(time.Second)
	got := d.Close(context.Background(), bench.Incomplete)
	for what, h := range map[string]bench.Hop{
		"spans at the lambda": got.Spans.Lambda, "spans at the driver": got.Spans.Driver, "points at the lambda": got.Points.Lambda, "points at the driver": got.Points.Driver,
	} {
		if !h.Balanced() || h.Lost() != 0 {
			t.Errorf("%s: %+v", what, h)
		}
	}
	const ofStatement = 1 + 1 + 2 // with its attempt and phases
	const want = 2 + 3 + 1 + 10*ofStatement
	if n := len(b.Received()); n != want || got.Spans.Driver.Passed != want {
		t.Errorf("the collector has %d spans, the account %+v, want %d", n, got.Spans.Driver, want)
	}
	rows := map[string]int64{}
	for _, service := range []string{telemetry.LambdaService, telemetry.DriverService} {
		for series, n := range telemetrytest.LastOf(t, b.Points(), service, "dsqlload.rows") {
			rows[series] += n
		}
	}
	wantRows := map[string]int64{"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 10, "dsqlload.outcome=unknown,dsqlload.scenario=individual": 2 + 6}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows: %s", diff)
	}
	points := map[string]int{}
	for _, p := range slowPointsIn(b.Points()) {
		a := telemetrytest.Attributes(p.Attributes)
		points[a["dsqlload.invocation.index"]+" "+a["dsqlload.iteration"]+" "+a["dsqlload.row"]+" "+a["trace_id"]]++
	}
	if len(points) != 10 {
		t.Errorf("%d slow statements have a point, want 10: %v", len(points), points)
	}
	for of, n := range points {
		if n != 1 {
			t.Errorf("statement %s has %d points", of, n)
		}
	}
}
