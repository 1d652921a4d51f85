package capture

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
	"dsql-load-test/internal/telemetry/telemetrytest"
)

// Which statements have spans below their own.
func TestDetail(t *testing.T) {
	t.Parallel()
	quick := []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 2}}
	failed := func(s *bench.Failure) { s.Kind, s.SQLSTATE, s.Outcome = "40001", "40001", bench.Failed }
	type statement struct {
		took   int // ms
		change func(*bench.Failure)
		again  bool // it took a second attempt
	}
	sequence := func(took ...int) (all []statement) {
		for _, ms := range took {
			all = append(all, statement{took: ms})
		}
		return all
	}
	for _, tc := range []struct {
		name       string
		detail     bench.TraceDetail
		slowUs     int64
		every      int
		statements []statement
		want       []int // number of the statement of each attempt in detail
	}{
		{"all", bench.DetailAll, 0, 0, sequence(5, 4, 3, 2), []int{0, 1, 2, 3}},
		{"logical, even slow, failed and sampled ones", bench.DetailLogical, 1000, 1, []statement{{took: 5}, {took: 9, change: failed}, {took: 9, again: true}}, nil},
		{"slowest so far", bench.DetailAuto, 0, 0, sequence(5, 4, 6, 6, 7, 1), []int{0, 2, 4}},
		{"slow", bench.DetailAuto, 3000, 0, sequence(9, 2, 3, 4, 1), []int{0, 2, 3}},
		{"no bound for slow", bench.DetailAuto, 0, 0, sequence(9, 8, 8), []int{0}},
		{"failed", bench.DetailAuto, 0, 0, []statement{{took: 9}, {took: 1}, {took: 1, change: failed}, {took: 1}}, []int{0, 2}},
		{"tried again", bench.DetailAuto, 0, 0, []statement{{took: 9}, {took: 4, again: true}, {took: 1}}, []int{0, 1, 1}},
		{"sample of one in four, the index apart", bench.DetailAuto, 0, 4, sequence(9, 1, 1, 1, 1, 1, 1, 1, 1), []int{0, 3, 7}},
		{"sample of all", bench.DetailAuto, 0, 1, sequence(9, 1, 1), []int{0, 1, 2}},
		{"not said", "", 0, 0, sequence(5, 4, 6), []int{0, 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inv := telemetrytest.Asked(tc.detail, func(inv *bench.Invocation) {
				inv.Telemetry.SlowUs, inv.Telemetry.SampleEvery = tc.slowUs, tc.every
			})
			o := testLambda(t).Begin(context.Background(), inv, false, telemetrytest.Query)
			ids := map[string]int{}
			for n, s := range tc.statements {
				var kept Kept
				if s.again {
					kept = sendAgain(o, n, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{To: 2, Kind: "40001", Steps: quick}, telemetrytest.Try{From: 2, To: s.took, Steps: quick})
				} else {
					kept = send(o, n, s.took, quick, s.change)
				}
				ids[kept.SpanID()] = n
				if kept.Detailed != slices.Contains(tc.want, n) {
					t.Errorf("statement %d: detailed %v", n, kept.Detailed)
				}
			}
			r := o.End(false)
			spans := telemetrytest.Read(t, r).Spans
			var got []int
			for _, s := range telemetrytest.Named(spans, "attempt") {
				got = append(got, ids[hex.EncodeToString(s.ParentSpanId)])
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if n := len(telemetrytest.Named(spans, telemetry.StatementName)); n != len(tc.statements) || len(ids) != n {
				t.Errorf("%d spans and %d ids of %d statements", n, len(ids), len(tc.statements))
			}
			want := int64(1 + len(tc.statements) + 3*len(tc.want) + len(telemetrytest.Named(spans, "backoff")))
			if r.Spans != want || int64(len(spans)) != want {
				t.Errorf("%d spans told, %d there, want %d", r.Spans, len(spans), want)
			}
			if len(r.DroppedSpans)+len(r.DroppedPoints) != 0 || r.DroppedRows != 0 {
				t.Errorf("dropped: %+v", r)
			}
		})
	}
}

// Every span lies below the right one and within it.
func TestStructure(t *testing.T) {
	t.Parallel()
	o := testLambda(t).Begin(telemetrytest.OnLambda(), telemetrytest.Asked(bench.DetailAll, nil), true, telemetrytest.Query)
	first := send(o, 0, 20, telemetrytest.Connecting(), nil)
	traceID := first.TraceID
	second := send(o, 1, 3, []telemetrytest.Step{{Phase: bench.Acquire, From: 0, To: 1}, {Phase: bench.Query, From: 1, To: 3}}, nil)
	if traceID != "0102030405060708090a0b0c0d0e0f10" {
		t.Errorf("trace %s", traceID)
	}
	spans := telemetrytest.Read(t, o.End(false)).Spans
	byID := map[string]*tracepb.Span{}
	for _, s := range spans {
		id := hex.EncodeToString(s.SpanId)
		if byID[id] != nil {
			t.Errorf("two spans have the id %s", id)
		}
		byID[id] = s
		if hex.EncodeToString(s.TraceId) != traceID || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s: trace %x, %d to %d", s.Name, s.TraceId, s.StartTimeUnixNano, s.EndTimeUnixNano)
		}
	}
	var got []string
	for _, s := range spans {
		path := s.Name
		for at := s; ; {
			up := byID[hex.EncodeToString(at.ParentSpanId)]
			if up == nil {
				path = fmt.Sprintf("%x/%s", at.ParentSpanId, path)
				break
			}
			if up.Kind == tracepb.Span_SPAN_KIND_INTERNAL && (at.StartTimeUnixNano < up.StartTimeUnixNano || at.EndTimeUnixNano > up.EndTimeUnixNano) {
				t.Errorf("%s isn't within %s", at.Name, up.Name)
			}
			path, at = up.Name+"/"+path, up
		}
		got = append(got, fmt.Sprintf("%s %v", path, s.Kind))
	}
	slices.Sort(got)
	const root = "a1a2a3a4a5a6a7a8/dsql-load-test"
	const statement = root + "/INSERT business_events"
	const internal = " SPAN_KIND_INTERNAL"
	want := []string{root + " SPAN_KIND_SERVER", statement + " SPAN_KIND_CLIENT", statement + " SPAN_KIND_CLIENT"}
	for _, path := range []string{
		"", "/acquire", "/acquire/connect", "/acquire/connect/token", "/acquire/connect/dns", "/acquire/connect/dial", "/acquire/connect/tls",
		"/acquire/connect/startup", "/prepare", "/query", "", "/acquire", "/query",
	} {
		want = append(want, statement+"/attempt"+path+internal)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for id, tookMs := range map[string]uint64{first.SpanID(): 20, second.SpanID(): 3} {
		if s := byID[id]; s == nil || s.Name != telemetry.StatementName || s.EndTimeUnixNano-s.StartTimeUnixNano != tookMs*1e6 {
			t.Errorf("the id told, %s, is that of %v", id, s)
		}
	}
}

// A statement whose attempt never came to a connection has its phases all the same.
func TestStructureWithoutParents(t *testing.T) {
	t.Parallel()
	o := testLambda(t).Begin(context.Background(), telemetrytest.Asked(bench.DetailAll, nil), false, telemetrytest.Query)
	send(o, 0, 5, []telemetrytest.Step{{Phase: bench.Dial, From: 0, To: 5, Failed: true}}, nil)
	spans := telemetrytest.Read(t, o.End(false)).Spans
	attempt, dial := telemetrytest.Named(spans, "attempt"), telemetrytest.Named(spans, "dial")
	if len(attempt) != 1 || len(dial) != 1 || string(dial[0].ParentSpanId) != string(attempt[0].SpanId) {
		t.Fatalf("attempt %v, dial %v", attempt, dial)
	}
	if dial[0].GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Error("the dial didn't fail")
	}
}

// Attempts and the waits between them lie side by side below the statement.
func TestStructureOfAttempts(t *testing.T) {
	t.Parallel()
	o := testLambda(t).Begin(context.Background(), telemetrytest.Asked(bench.DetailAuto, nil), false, telemetrytest.Query)
	e := telemetrytest.Played(0, bench.Failure{Outcome: bench.Failed, Kind: "23505", SQLSTATE: "23505"},
		telemetrytest.Try{From: 0, To: 5, Kind: "connect_failed", Steps: []telemetrytest.Step{{Phase: bench.Dial, From: 1, To: 5, Failed: true}}},
		telemetrytest.Try{From: 7, To: 9, Kind: "40001", SQLSTATE: "40001", Steps: []telemetrytest.Step{{Phase: bench.Query, From: 0, To: 2, Failed: true}}},
		telemetrytest.Try{From: 13, To: 20, Kind: "23505", SQLSTATE: "23505"})
	o.Statement(e, false)
	wantPhases := []bench.PhaseTime{
		{Attempt: 1, Phase: "dial", StartMs: 1, Ms: 4, Failed: true},
		{Attempt: 2, Phase: "backoff", StartMs: 5, Ms: 2},
		{Attempt: 2, Phase: "query", StartMs: 7, Ms: 2, Failed: true},
		{Attempt: 3, Phase: "backoff", StartMs: 9, Ms: 4},
	}
	if diff := cmp.Diff(wantPhases, e.PhaseTimes()); diff != "" {
		t.Error(diff)
	}
	e = telemetrytest.Played(1, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{To: 2})
	o.Statement(e, false) // the attempts of the statement before aren't told again
	if got := e.PhaseTimes(); got != nil {
		t.Errorf("phases %v of a statement without any", got)
	}
	r := o.End(false)
	spans := telemetrytest.Read(t, r).Spans
	var got []string
	for _, s := range telemetrytest.Named(spans, telemetry.StatementName) {
		got = append(got, fmt.Sprintf("%s: %s", s.Name, telemetrytest.Attributes(s.Attributes)["dsqlload.attempts"]))
		start := s.StartTimeUnixNano
		for _, below := range spans {
			if string(below.ParentSpanId) == string(s.SpanId) {
				a := telemetrytest.Attributes(below.Attributes)
				got = append(got, fmt.Sprintf("%s %d to %d: %s %s", below.Name,
					(below.StartTimeUnixNano-start)/1e6, (below.EndTimeUnixNano-start)/1e6, a["dsqlload.attempt"], a["error.type"]))
			}
		}
	}
	want := []string{
		"INSERT business_events: 3", "attempt 0 to 5: 1 connect_failed", "backoff 5 to 7:  ", "attempt 7 to 9: 2 40001", "backoff 9 to 13:  ",
		"attempt 13 to 20: 3 23505", "INSERT business_events: 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Spans != int64(len(spans)) {
		t.Errorf("%d spans told, %d there", r.Spans, len(spans))
	}
}

// A statement that was never tried has a span and nothing below it.
func TestNoAttempt(t *testing.T) {
	t.Parallel()
	o := testLambda(t).Begin(context.Background(), telemetrytest.Asked(bench.DetailAll, nil), false, telemetrytest.Query)
	o.Statement(&bench.Execution{Failure: bench.Failure{Outcome: bench.Failed, Kind: "timeout"}}, false)
	o.post.packed = maxPacked // there is no more room
	o.Statement(&bench.Execution{Number: 1, Failure: bench.Failure{Outcome: bench.Acknowledged}}, false)
	r := o.End(false)
	if n := int64(len(telemetrytest.Read(t, r).Spans)); n != 2 || r.Spans != 3 || r.DroppedSpans["response_size"] != 1 || r.DroppedRows != 1 {
		t.Errorf("%d spans there, %d told, %v dropped with %d rows, want 2, 3, 1 and 1", n, r.Spans, r.DroppedSpans, r.DroppedRows)
	}
}

// Without a driver's span the handler is the root of a trace of its own.
func TestTraceParent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, traceparent string
		trace, parent     string // empty trace: any
	}{
		{"the driver's", telemetrytest.TraceParent, "0102030405060708090a0b0c0d0e0f10", "a1a2a3a4a5a6a7a8"},
		{"none", "", "", ""},
		{"garbage", "00-xyz", "", ""},
		{"all zero", "00-00000000000000000000000000000000-0000000000000000-01", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inv := telemetrytest.Asked(bench.DetailAuto, func(inv *bench.Invocation) { inv.Telemetry.TraceParent = tc.traceparent })
			root := telemetrytest.Read(t, testLambda(t).Begin(context.Background(), inv, false, telemetrytest.Query).End(false)).Spans[0]
			trace := hex.EncodeToString(root.TraceId)
			if tc.trace != "" && trace != tc.trace || len(root.TraceId) != 16 || trace == "00000000000000000000000000000000" {
				t.Errorf("trace %s", trace)
			}
			if parent := hex.EncodeToString(root.ParentSpanId); parent != tc.parent {
				t.Errorf("parent %s, want %s", parent, tc.parent)
			}
		})
	}
}

func TestMode(t *testing.T) {
	t.Parallel()
	relaying := testLambda(t)
	exporting := testLambda(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	for _, tc := range []struct {
		name   string
		lambda *Lambda
		asked  *bench.TelemetryRequest
		want   bench.TelemetryMode
	}{
		{"disabled", testLambda(t, "OTEL_SDK_DISABLED", "true"), &bench.TelemetryRequest{Mode: bench.TelemetryRelay}, bench.TelemetryOff},
		{"off", exporting, &bench.TelemetryRequest{Mode: bench.TelemetryOff}, bench.TelemetryOff},
		{"nobody asks", relaying, nil, bench.TelemetryOff},
		{"nobody asks, an endpoint of its own", exporting, nil, bench.TelemetryOTLP},
		{"auto", relaying, &bench.TelemetryRequest{Mode: bench.TelemetryAuto}, bench.TelemetryRelay},
		{"auto, an endpoint of its own", exporting, &bench.TelemetryRequest{Mode: bench.TelemetryAuto}, bench.TelemetryOTLP},
		{"relay, an endpoint of its own", exporting, &bench.TelemetryRequest{Mode: bench.TelemetryRelay}, bench.TelemetryRelay},
		{"otlp without an endpoint", relaying, &bench.TelemetryRequest{Mode: bench.TelemetryOTLP}, bench.TelemetryOff},
		{"otlp", exporting, &bench.TelemetryRequest{Mode: bench.TelemetryOTLP}, bench.TelemetryOTLP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.lambda.mode(tc.asked); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// What isn't observed may be called all the same.
func TestUnobserved(t *testing.T) {
	t.Parallel()
	var l *Lambda
	o := l.Begin(context.Background(), telemetrytest.Asked(bench.DetailAll, nil), true, telemetrytest.Query)
	kept := o.Statement(&bench.Execution{}, true)
	if o != nil || kept != (Kept{}) || o.End(true) != nil {
		t.Errorf("observed: %v, %+v", o, kept)
	}
}

// An invocation's metrics are complete and of the right second.
func TestInvocationMetrics(t *testing.T) {
	t.Parallel()
	l := testLambda(t)
	l.Opened(5 * time.Millisecond)
	l.Opened(6 * time.Millisecond)
	l.Closed()
	o := l.Begin(context.Background(), telemetrytest.Asked(bench.DetailLogical, nil), true, telemetrytest.Query)
	for n := range 10 {
		send(o, n, 20, telemetrytest.Connecting(), func(s *bench.Failure) {
			if n == 9 {
				s.Outcome, s.Kind = bench.Unknown, "connection_lost"
			}
		})
	}
	sendAgain(o, 10, bench.Failure{Outcome: bench.Acknowledged}, telemetrytest.Try{To: 5, Kind: "40001"}, telemetrytest.Try{From: 8, To: 12, Kind: "40001"}, telemetrytest.Try{From: 20, To: 25})
	m := telemetrytest.Read(t, o.End(false)).Metrics
	for _, tc := range []struct {
		metric, label string
		want          int64
	}{
		{"db.client.operation.duration", "", 11},
		{"db.client.operation.duration", "connection_lost", 1},
		{"dsqlload.phase.duration", "", 92},
		{"dsqlload.phase.duration", "dial", 10},
		{"dsqlload.phase.duration", "backoff", 2},
		{"dsqlload.rows", "acknowledged", 10},
		{"dsqlload.rows", "unknown", 1},
		{"dsqlload.attempts", "", 13},
		{"dsqlload.attempts", "connection_lost", 1},
		{"dsqlload.attempts", "40001", 2},
		{"db.client.connection.wait_time", "127.0.0.1/postgres", 10},
		{"db.client.connection.create_time", "127.0.0.1/postgres", 2},
		{"dsqlload.connections", "127.0.0.1/postgres", 1},
		{"faas.invoke_duration", "individual", 1},
		{"faas.coldstarts", "individual", 1},
	} {
		if got := telemetrytest.Counted(m, tc.metric, tc.label); got != tc.want {
			t.Errorf("%s %s: %d, want %d", tc.metric, tc.label, got, tc.want)
		}
	}
	again := telemetrytest.Read(t, l.Begin(context.Background(), telemetrytest.Asked(bench.DetailLogical, nil), false, telemetrytest.Query).End(false)).Metrics
	if n := telemetrytest.Counted(again, "dsqlload.connections", "") + telemetrytest.Counted(again, "faas.coldstarts", ""); n != 0 {
		t.Error("connections or cold starts were told twice")
	}
}
