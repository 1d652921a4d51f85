package relay

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/trace"
	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// environment makes the standard variables name address as the collector, and
// metricsURL as where its counters are.
func environment(t *testing.T, address, metricsURL string) {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address)
	t.Setenv("DSQLLOAD_COLLECTOR_METRICS_URL", metricsURL)
}

const nowhere = "http://127.0.0.1:1/metrics"

func options(mode bench.TelemetryMode) Options {
	return Options{
		RunID: telemetrytest.RunID, Target: bench.Local, FunctionName: "dsql-load-test", Region: "eu-central-1",
		Mode: mode, Detail: bench.DetailAll, Slow: 100 * time.Millisecond, Start: time.Now(), Getenv: os.Getenv,
	}
}

func openDriver(t *testing.T, o Options) *Driver {
	t.Helper()
	d, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// testPlan is of some invocations of six statements each.
func testPlan(invocations int) bench.Plan {
	return bench.Plan{
		RunID: telemetrytest.RunID, Scenario: bench.Individual, EventType: bench.CarCreated,
		Load: bench.Load{NumLambdas: invocations, Iterations: 3, Count: 2},
	}
}

// invoke plays one call: the driver's side, and the function's as l observes it.
// change is what the function makes of the request.
func invoke(t *testing.T, stage *Stage, i int, l *capture.Lambda, change ...func(*bench.TelemetryRequest)) *bench.Result {
	t.Helper()
	return invokeAnd(t, stage, i, l, func(*bench.Result) {}, change...)
}

// invokeAnd plays one call whose result changes on its way back.
func invokeAnd(t *testing.T, stage *Stage, i int, l *capture.Lambda, change func(*bench.Result), request ...func(*bench.TelemetryRequest)) *bench.Result {
	t.Helper()
	inv := stage.plan.Invocation(i)
	call := stage.Invocation(&inv)
	for _, c := range request {
		c(inv.Telemetry)
	}
	call.Sent()
	sent := time.Now()
	response := &bench.Response{Statements: &bench.Account{}}
	if l != nil {
		o := l.Begin(telemetrytest.OnLambda(), inv, i == 0, telemetrytest.Query)
		for n := range inv.Statements() {
			start := time.Now()
			now := time.Now()
			took := now.Sub(start)
			e := telemetrytest.Quickly(n, bench.Failure{Outcome: bench.Acknowledged}, start, now, now)
			kept := o.Statement(e, true)
			iteration, row := inv.Place(n)
			response.Slowest = append(response.Slowest, bench.Statement{
				Invocation: i, Iteration: iteration, Row: row, StartedUs: start.UnixMicro(), LatencyUs: took.Microseconds(), Attempts: 1, Outcome: bench.Acknowledged,
				Environment: "env-0001", TraceID: kept.TraceID, SpanID: kept.SpanID, Phases: e.PhaseTimes(), Detailed: kept.Detailed,
			})
		}
		response.Telemetry = o.End(false)
	}
	response.SuccessCount = inv.Rows()
	r := &bench.Result{Index: i, Outcome: bench.Acknowledged, Sent: sent, Ended: time.Now(), RequestID: "request-1", Response: response}
	change(r)
	call.End(r)
	return r
}

// spansOfInvocation is how many the driver and the function make of one.
const spansOfInvocation = 1 + 1 + 6*(1+1+2)

// told is checked: nothing was lost and every account balances.
func wantOK(t *testing.T, got bench.Telemetry, spans int64) {
	t.Helper()
	if !got.OK || got.Problem != "" {
		t.Errorf("problem: %s", got.Problem)
	}
	for name, h := range map[string]bench.Hop{
		"spans at the Lambda": got.Spans.Lambda, "spans at the driver": got.Spans.Driver,
		"points at the Lambda": got.Points.Lambda, "points at the driver": got.Points.Driver,
	} {
		if !h.Balanced() {
			t.Errorf("%s: %+v", name, h)
		}
	}
	if h := got.Spans.Driver; h.Received+h.Produced != spans || h.Passed != spans || h.Received != got.Spans.Lambda.Passed {
		t.Errorf("spans: %+v, want %d passed", got.Spans, spans)
	}
}

// A run: all spans and metrics reach the collector, and the account says so.
func TestDriver(t *testing.T) {
	const invocations = 5
	b := telemetrytest.NewBackend(t, nil)
	counters := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := len(b.Received())
		_, _ = fmt.Fprintf(w, "otelcol_receiver_accepted_spans 7%d\notelcol_exporter_sent_spans 7%d\n", n+1000, n+1000)
	}))
	defer counters.Close()
	environment(t, b.Address, counters.URL)
	d := openDriver(t, options(bench.TelemetryAuto))
	stage := d.Begin("individual", testPlan(invocations))
	l := lambdaWith(t)
	for i := range invocations {
		if r := invoke(t, stage, i, l); r.Response.Telemetry != nil {
			t.Error("the result still holds the telemetry")
		}
	}
	stage.End(time.Second)
	got := d.Close(context.Background(), bench.Complete)
	const want = 2 + invocations*spansOfInvocation
	wantOK(t, got, want)
	if got.Spans.Unknown != "" || got.Points.Collector != nil || !strings.Contains(got.Points.Unknown, "show 0 metric points taken") {
		t.Errorf("unknown of spans: %q, of points: %q", got.Spans.Unknown, got.Points.Unknown)
	}
	if c := got.Spans.Collector; c == nil || c.Received != want || c.Passed != want || got.LatePoints != 0 || got.UnreportedInvocations != 0 {
		t.Errorf("%+v, collector %+v", got, c)
	}
	spans := b.Received()
	if len(spans) != want {
		t.Errorf("the collector has %d spans, want %d", len(spans), want)
	}
	checkTraces(t, spans, d.TraceID(), invocations)
	checkResources(t, b)
	checkMetrics(t, b.Points(), invocations)
}

// Each of the slowest statements has a point, and its trace the spans below it,
// whoever sends those: the function, or the driver when the function kept none.
// What the sample says of a trace is what the collector took of it. The warm-up has
// no slowest statements.
func TestDriverSlowest(t *testing.T) {
	for detail, spansOfWarmUp := range map[bench.TraceDetail]int64{bench.DetailAll: spansOfInvocation, bench.DetailLogical: 1 + 1 + 6} {
		t.Run(string(detail), func(t *testing.T) {
			const invocations = 5
			b := telemetrytest.NewBackend(t, nil)
			environment(t, b.Address, nowhere)
			o := options(bench.TelemetryRelay)
			o.Detail = detail
			d := openDriver(t, o)
			l := lambdaWith(t)
			warmUp, stage := d.Begin(telemetry.WarmUp, testPlan(1)), d.Begin("individual", testPlan(invocations))
			invoke(t, warmUp, 0, l)
			warmUp.End(0)
			ids := map[string]bool{}
			for i := range invocations {
				for _, s := range invoke(t, stage, i, l).Response.Slowest {
					ids[s.TraceID+" "+s.SpanID] = true
				}
			}
			stage.End(time.Second)
			wantOK(t, d.Close(context.Background(), bench.Complete), 3+spansOfWarmUp+invocations*spansOfInvocation)
			took := map[string]map[string]bool{} // spans by trace
			for _, s := range b.Received() {
				id := fmt.Sprintf("%x", s.TraceId)
				if took[id] == nil {
					took[id] = map[string]bool{}
				}
				took[id][string(s.SpanId)] = true
			}
			sample := d.Sample()
			if len(sample.Chosen) != 1+invocations || len(sample.Slowest) != invocations || sample.Excused != 0 {
				t.Errorf("%d traces chosen, %d of the slowest, %d excused", len(sample.Chosen), len(sample.Slowest), sample.Excused)
			}
			for _, s := range slices.Concat(sample.Slowest, sample.Chosen) {
				if n := int64(len(took[s.ID])); n != s.Spans {
					t.Errorf("trace %s has %d spans, the sample says %d", s.ID, n, s.Spans)
				}
			}
			told := map[string]bool{}
			for _, p := range slowPointsIn(b.Points()) {
				a := telemetrytest.Attributes(p.Attributes)
				if id := a["trace_id"] + " " + a["span_id"]; told[id] || !ids[id] || a["dsqlload.scenario"] != "individual" {
					t.Errorf("a point too much: %v", a)
				} else {
					told[id] = true
				}
			}
			if len(told) != 6*invocations {
				t.Errorf("%d of %d statements have a point", len(told), 6*invocations)
			}
		})
	}
}

// A trace has the driver's own span, and what the function sent or answered of its
// spans. One whose function lost spans on its own way to the collector is excused.
func TestDriverSample(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address, nowhere)
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
			call := &Call{stage: stage, span: newRoot(), start: time.Now()}
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

// slowPointsIn are the points of slow statements, which the driver's are.
func slowPointsIn(all []*metricpb.ResourceMetrics) (points []*metricpb.NumberDataPoint) {
	for _, rm := range all {
		if telemetrytest.Attributes(rm.Resource.Attributes)["service.name"] != telemetry.DriverService {
			continue
		}
		for _, scope := range rm.ScopeMetrics {
			for _, m := range scope.Metrics {
				if m.Name == "dsqlload.slow_statement" && m.Unit == "s" {
					points = append(points, m.GetGauge().GetDataPoints()...)
				}
			}
		}
	}
	return points
}

// checkTraces wants one trace for each invocation, linked to the run.
func checkTraces(t *testing.T, spans []*tracepb.Span, runTrace string, invocations int) {
	t.Helper()
	run, stages, calls, handlers := telemetrytest.Named(spans, "run"), telemetrytest.Named(spans, "individual"), telemetrytest.Named(spans, "invoke dsql-load-test"), telemetrytest.Named(spans, "dsql-load-test")
	if len(run) != 1 || len(stages) != 1 || len(calls) != invocations || len(handlers) != invocations {
		t.Fatalf("%d runs, %d stages, %d calls, %d handlers", len(run), len(stages), len(calls), len(handlers))
	}
	if fmt.Sprintf("%x", run[0].TraceId) != runTrace || len(run[0].ParentSpanId) != 0 || string(stages[0].ParentSpanId) != string(run[0].SpanId) {
		t.Errorf("run %v in trace %s, stage %v", run[0], runTrace, stages[0])
	}
	traces := map[string]bool{}
	for _, c := range calls {
		traces[string(c.TraceId)] = true
		if len(c.ParentSpanId) != 0 || len(c.Links) != 1 || string(c.Links[0].SpanId) != string(run[0].SpanId) || string(c.Links[0].TraceId) != string(run[0].TraceId) {
			t.Errorf("an invocation's root isn't linked to the run: %v", c)
		}
		if !slices.ContainsFunc(handlers, func(h *tracepb.Span) bool {
			return string(h.TraceId) == string(c.TraceId) && string(h.ParentSpanId) == string(c.SpanId)
		}) {
			t.Errorf("no handler lies below %v", c)
		}
	}
	if len(traces) != invocations || traces[string(run[0].TraceId)] {
		t.Errorf("%d traces of %d invocations", len(traces), invocations)
	}
	for _, s := range append(run, stages...) {
		telemetrytest.Agree(t, s.Name, s.Attributes)
	}
	want := map[string]string{
		"faas.invoked_name": "dsql-load-test", "faas.invoked_provider": "aws", "faas.invoked_region": "eu-central-1", "aws.request_id": "request-1",
		"dsqlload.scenario": "individual", "dsqlload.invocation.index": "0", "dsqlload.throttles": "0", "dsqlload.outcome": "acknowledged",
	}
	first := slices.IndexFunc(calls, func(c *tracepb.Span) bool {
		return telemetrytest.Attributes(c.Attributes)["dsqlload.invocation.index"] == "0"
	})
	if first < 0 { // several senders export at a time, so any call's span may come first
		t.Fatalf("no call of invocation 0 in %v", calls)
	}
	if diff := cmp.Diff(want, telemetrytest.Attributes(calls[first].Attributes)); diff != "" {
		t.Error(diff)
	}
	want = map[string]string{"test.suite.name": "dsql-load-test", "test.suite.run.status": "success", "dsqlload.target": "local"}
	if diff := cmp.Diff(want, telemetrytest.Attributes(run[0].Attributes)); diff != "" {
		t.Error(diff)
	}
}

// checkResources wants spans and metrics to say whose they are.
func checkResources(t *testing.T, b *telemetrytest.Backend) {
	t.Helper()
	services := map[string]map[string]string{}
	for _, m := range b.Spans {
		a := telemetrytest.Attributes(m.Resource.Attributes)
		services["spans of "+a["service.name"]] = a
	}
	for _, m := range b.Metrics {
		a := telemetrytest.Attributes(m.Resource.Attributes)
		services["metrics of "+a["service.name"]] = a
	}
	driver := map[string]string{
		"service.name": "dsql-load-test-driver", "service.version": "devel", "service.instance.id": telemetrytest.RunID, "dsqlload.run.id": telemetrytest.RunID,
	}
	want := map[string]map[string]string{
		"spans of dsql-load-test-driver": driver, "metrics of dsql-load-test-driver": driver,
		"spans of dsql-load-test-lambda": {
			"service.name": "dsql-load-test-lambda", "service.version": "devel", "service.instance.id": "env-0001", "dsqlload.run.id": telemetrytest.RunID,
			"faas.name": "dsql-load-test", "faas.version": "7", "faas.instance": "env-0001", "faas.max_memory": "536870912",
			"cloud.provider": "aws", "cloud.platform": "aws_lambda", "cloud.region": "eu-central-1",
		},
		"metrics of dsql-load-test-lambda": {
			"service.name": "dsql-load-test-lambda", "service.version": "devel", "faas.name": "dsql-load-test", "dsqlload.run.id": telemetrytest.RunID,
		},
	}
	if diff := cmp.Diff(want, services); diff != "" {
		t.Error(diff)
	}
}

func checkMetrics(t *testing.T, all []*metricpb.ResourceMetrics, invocations int64) {
	t.Helper()
	for _, tc := range []struct {
		service, metric, labels string
		want                    int64
	}{
		{telemetry.LambdaService, "dsqlload.rows", "dsqlload.outcome=acknowledged,dsqlload.scenario=individual", 6 * invocations},
		{telemetry.LambdaService, "dsqlload.attempts", "dsqlload.scenario=individual", 6 * invocations},
		{telemetry.LambdaService, "dsqlload.phase.duration", "dsqlload.phase=query,dsqlload.scenario=individual", 6 * invocations},
		{telemetry.LambdaService, "faas.invoke_duration", "dsqlload.scenario=individual", invocations},
		{telemetry.LambdaService, "faas.coldstarts", "dsqlload.scenario=individual", 1},
		{telemetry.DriverService, "dsqlload.invocation.duration", "dsqlload.outcome=acknowledged,dsqlload.scenario=individual", invocations},
		{telemetry.DriverService, "dsqlload.invocations.in_flight", "dsqlload.scenario=individual", 0},
		{telemetry.DriverService, "dsqlload.planned_rows", "dsqlload.scenario=individual", 6 * invocations},
		{telemetry.DriverService, "dsqlload.telemetry.spans", "dsqlload.fate=relayed,dsqlload.hop=lambda", (spansOfInvocation - 1) * invocations},
	} {
		series := telemetrytest.LastOf(t, all, tc.service, tc.metric)
		if got, ok := series[tc.labels]; !ok || got != tc.want {
			t.Errorf("%s %s{%s} = %d, want %d; series: %v", tc.service, tc.metric, tc.labels, got, tc.want, series)
		}
	}
	doc, err := os.ReadFile("../../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rm := range all {
		for _, m := range rm.ScopeMetrics[0].Metrics {
			if !strings.Contains(string(doc), "| `"+m.Name+"` | ") {
				t.Errorf("docs/telemetry.md has no metric %s", m.Name)
			}
		}
	}
}

// The collector is away for a while: nothing is lost but points that later ones
// hold too.
func TestDriverCollectorRestarts(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address, nowhere)
	d := openDriver(t, options(bench.TelemetryRelay))
	stage := d.Begin("individual", testPlan(4))
	l := lambdaWith(t)
	invoke(t, stage, 0, l)
	telemetrytest.Until(t, "the first spans arrive", func() bool { return len(b.Received()) > 0 })
	b.Stop()
	invoke(t, stage, 1, l)
	invoke(t, stage, 2, l)
	telemetrytest.Until(t, "an export fails", func() bool { s := d.Snapshot(); return s.Problem != nil && s.Waiting > 0 })
	telemetrytest.Until(t, "points wait too", func() bool {
		d.points.mu.Lock()
		defer d.points.mu.Unlock()
		return len(d.points.unsent) > 0
	})
	b.Start()
	invoke(t, stage, 3, l)
	telemetrytest.Until(t, "all is sent", func() bool { s := d.Snapshot(); return s.Problem == nil && s.Waiting == 0 })
	stage.End(0)
	const want = 2 + 4*spansOfInvocation
	wantOK(t, d.Close(context.Background(), bench.Complete), want)
	ids := map[string]bool{}
	for _, s := range b.Received() {
		ids[string(s.TraceId)+string(s.SpanId)] = true
	}
	if len(ids) != want {
		t.Errorf("the collector has %d spans, want %d", len(ids), want)
	}
	rows := telemetrytest.LastOf(t, b.Points(), telemetry.LambdaService, "dsqlload.rows")
	if diff := cmp.Diff(map[string]int64{"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 24}, rows); diff != "" {
		t.Error(diff)
	}
}

// The collector takes connections and answers nothing: the run ends all the same.
func TestDriverCollectorHangs(t *testing.T) {
	b := telemetrytest.NewBackend(t, telemetrytest.Hang)
	environment(t, b.Address, nowhere)
	d := openDriver(t, options(bench.TelemetryAuto))
	b.Mu.Lock()
	b.Hangs = true
	b.Mu.Unlock()
	stage := d.Begin("individual", testPlan(1))
	invoke(t, stage, 0, lambdaWith(t))
	stage.End(0)
	start := time.Now()
	got := d.Close(context.Background(), bench.Complete)
	if took := time.Since(start); took > closing {
		t.Errorf("it took %v to end", took)
	}
	if h := got.Spans.Driver; !h.Balanced() || h.Dropped[telemetry.ReasonUnconfirmed] != 2+spansOfInvocation || !got.Points.Driver.Balanced() || got.OK {
		t.Errorf("spans %+v, points %+v, ok %v", h, got.Points.Driver, got.OK)
	}
}

// Nobody takes anything: the run ends all the same, and knows what it lost.
func TestDriverCollectorGone(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address, nowhere)
	d := openDriver(t, options(bench.TelemetryAuto))
	b.Stop()
	stage := d.Begin("individual", testPlan(1))
	invoke(t, stage, 0, lambdaWith(t))
	stage.End(0)
	start := time.Now()
	got := d.Close(context.Background(), bench.Interrupted)
	if took := time.Since(start); took > closing {
		t.Errorf("it took %v to end", took)
	}
	const want = 2 + spansOfInvocation
	if h := got.Spans.Driver; !h.Balanced() || h.Dropped[telemetry.ReasonUnconfirmed] != want || !got.Points.Driver.Balanced() {
		t.Errorf("spans %+v, points %+v", h, got.Points.Driver)
	}
	if got.OK || !strings.Contains(got.Problem, fmt.Sprintf("%d spans dropped at the driver: unconfirmed", want)) {
		t.Errorf("ok %v, problem %q", got.OK, got.Problem)
	}
}

func TestOpenWithoutCollector(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Options)
		vars   []string
		want   string // in the error; empty for none
	}{
		{"auto", nil, nil, "no collector answers at http://127.0.0.1:1 (Unavailable)"},
		{"relay", func(o *Options) { o.Mode = bench.TelemetryRelay }, nil, ""},
		{"relay, required", func(o *Options) { o.Mode, o.Required = bench.TelemetryRelay, true }, nil, "http://127.0.0.1:1"},
		{
			"another protocol", nil,
			[]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"},
			"OTEL_EXPORTER_OTLP_PROTOCOL = http/protobuf: must be grpc",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			environment(t, "127.0.0.1:1", nowhere)
			for i := 0; i < len(tc.vars); i += 2 {
				t.Setenv(tc.vars[i], tc.vars[i+1])
			}
			o := options(bench.TelemetryAuto)
			if tc.change != nil {
				tc.change(&o)
			}
			d, err := Open(context.Background(), o)
			if d != nil {
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // there is nothing to wait for
				d.Close(ctx, bench.Complete)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// Ways in which invocations end without telemetry.
func TestDriverUnreported(t *testing.T) {
	b := telemetrytest.NewBackend(t, nil)
	environment(t, b.Address, nowhere)
	d := openDriver(t, options(bench.TelemetryAuto))
	stage := d.Begin("individual", testPlan(4))
	end := func(i int, sent bool, r bench.Result) {
		inv := stage.plan.Invocation(i)
		call := stage.Invocation(&inv)
		if sent {
			call.Sent()
			r.Sent, r.Ended = time.Now(), time.Now().Add(time.Millisecond)
		}
		r.Index = i
		call.End(&r)
	}
	end(0, true, bench.Result{Outcome: bench.Unknown, ErrorKind: "Unhandled", TimedOut: true})
	end(1, false, bench.Result{Outcome: bench.NotStarted, ErrorKind: "interrupted"})
	end(2, true, bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{Statements: &bench.Account{}}})
	// A function of another suite observes nothing: its rows are counted by its word.
	end(4, true, bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{SuccessCount: 4, ErrorCount: 1, TotalInserts: 5}})
	end(3, true, bench.Result{Outcome: bench.Acknowledged, Response: &bench.Response{Statements: &bench.Account{}, Telemetry: &bench.TelemetryReply{
		Mode: bench.TelemetryRelay, Spans: 5, Points: 3, Metrics: []byte("no zstd"), Chunks: []bench.SpanChunk{{Spans: 5, Data: []byte("no zstd")}},
	}}})
	stage.End(0)
	got := d.Close(context.Background(), bench.Incomplete)
	if got.OK || got.UnreportedInvocations != 2 || got.Spans.Driver.Dropped[telemetry.ReasonUnreadable] != 5 || got.Points.Lambda.Dropped[telemetry.ReasonUnreadable] != 3 {
		t.Errorf("%+v", got)
	}
	for _, h := range []bench.Hop{got.Spans.Lambda, got.Spans.Driver, got.Points.Lambda, got.Points.Driver} {
		if !h.Balanced() {
			t.Errorf("%+v", h)
		}
	}
	rows := telemetrytest.LastOf(t, b.Points(), telemetry.DriverService, "dsqlload.rows")
	want := map[string]int64{
		"dsqlload.outcome=unknown,dsqlload.scenario=individual":      6 + 1,
		"dsqlload.outcome=not_started,dsqlload.scenario=individual":  6 + 1,
		"dsqlload.outcome=acknowledged,dsqlload.scenario=individual": 4,
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	inFlight := telemetrytest.LastOf(t, b.Points(), telemetry.DriverService, "dsqlload.invocations.in_flight")
	if diff := cmp.Diff(map[string]int64{"dsqlload.scenario=individual": 0}, inFlight); diff != "" {
		t.Error(diff)
	}
	run := telemetrytest.Named(b.Received(), "run")
	if len(run) != 1 || telemetrytest.Attributes(run[0].Attributes)["test.suite.run.status"] != "failure" || run[0].GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("run %v", run)
	}
}

// Without a driver nothing is observed, and everything works.
func TestNoDriver(t *testing.T) {
	t.Parallel()
	var d *Driver
	stage := d.Begin("individual", testPlan(1))
	inv := testPlan(1).Invocation(0)
	call := stage.Invocation(&inv)
	call.Sent()
	call.Refused("throttled")
	call.End(&bench.Result{})
	stage.End(0)
	if got := d.Close(context.Background(), bench.Complete); !got.OK || got.Mode != bench.TelemetryOff || d.TraceID() != "" {
		t.Errorf("%+v, trace %q", got, d.TraceID())
	}
	if inv.Telemetry != nil {
		t.Errorf("the invocation is told %+v", inv.Telemetry)
	}
}
