package check

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
)

func askedForTest() bench.Invocation {
	return bench.Invocation{Scenario: bench.Batch, Iterations: 10, Count: 5, EventType: bench.CarCreated, Statement: bench.ByUnnest, Index: 3, RunID: "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", Telemetry: &bench.TelemetryRequest{SpanEvery: 4}}
}

// sound is an answer with a value in every part: of ten statements of five rows,
// five were acknowledged, two failed, one is unknown and two were not started.
func sound(t testing.TB) *bench.Response {
	t.Helper()
	const env = "2026/11/30/[$LATEST]0123456789abcdef"
	h := latency.New()
	second := bench.Second{Unix: 1_795_000_000, Statements: 8, Rows: 25, Errors: 3, Latency: latency.Sparse{}}
	second.ErrorKinds, second.Retried = map[string]int64{"54000": 2, "connection_lost": 1}, map[string]int64{"40001": 4}
	for i := range 5 {
		d := time.Duration(1000+500*i) * time.Microsecond
		h.Record(d)
		second.Latency.Record(d)
	}
	snapshot, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return &bench.Response{
		SuccessCount: 25, ErrorCount: 15, TotalInserts: 40, DurationMs: 20, InsertsPerSecond: 1250,
		Scenario: bench.Batch, Iterations: 10, Count: 5, EventType: bench.CarCreated, Statement: bench.ByUnnest, Index: 3, RunID: "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W",
		StartedUs: 1_795_000_000_000_000, Statements: &bench.Account{Planned: 10, Acknowledged: 5, Failed: 2, Unknown: 1, NotStarted: 2},
		RowsAffected: 25, Attempts: 12, Retried: map[string]int64{"40001": 4}, Resent: 1, Truncated: true, ColdStart: true, EnvironmentID: env,
		Latency: snapshot, Failed: bench.Ranges{{1, 3}}, Unknown: bench.Ranges{{4, 5}},
		Errors:   []bench.ErrorCount{{Kind: "54000", Message: "too large", Statements: 2, Rows: 10}, {Kind: "connection_lost", Message: "EOF", Statements: 1, Rows: 5}},
		Timeline: []bench.Second{second},
		Slowest: []bench.Statement{
			{
				Invocation: 3, Iteration: 4, Rows: 5, StartedUs: 1_795_000_000_000_100, LatencyUs: 9000, Attempts: 2, Outcome: bench.Unknown, Error: "connection_lost",
				Environment: env, TraceID: strings.Repeat("0a", 16), SpanID: strings.Repeat("0b", 8),
				Phases: []bench.PhaseTime{{Attempt: 1, Phase: "query", StartMs: 0.1, Ms: 3}, {Attempt: 2, Phase: "backoff", StartMs: 3.1, Ms: 2}, {Attempt: 2, Phase: "query", StartMs: 5.1, Ms: 3.9}},
			},
			{Invocation: 3, Iteration: 1, Rows: 5, StartedUs: 1_795_000_000_000_200, LatencyUs: 3000, Attempts: 1, Outcome: bench.Failed, Error: "54000", SQLSTATE: "54000", Environment: env},
			{Invocation: 3, Rows: 5, StartedUs: 1_795_000_000_000_300, LatencyUs: 3000, Attempts: 1, Outcome: bench.Acknowledged, Environment: env},
		},
		Telemetry: &bench.TelemetryReply{
			Mode: bench.TelemetryRelay, Spans: 20, Points: 9, Chunks: []bench.SpanChunk{{Spans: 15, Rows: 20, Data: []byte("x"), Groups: []bench.GroupSpans{{Group: 0, Spans: 10}, {Group: 2, Spans: 5}}}},
			DroppedSpans: map[string]int64{"response_size": 5}, DroppedPoints: map[string]int64{"unreadable": 2}, DroppedRows: 5,
		},
	}
}

// one returns the snapshot of one sample.
func one(t *testing.T, d time.Duration) *latency.Snapshot {
	t.Helper()
	h := latency.New()
	h.Record(d)
	s, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*bench.Response)
		want   string // how the error begins; empty: accepted
	}{
		{"sound", func(*bench.Response) {}, ""},
		{"of another invocation", func(r *bench.Response) { r.Index = 4 }, "lambda_index is 4, must be 3"},
		{"of another run", func(r *bench.Response) { r.RunID = "x" }, "run_id is x, must be 01K"},
		{"of another scenario", func(r *bench.Response) { r.Scenario = bench.Individual }, "scenario is individual, must be batch"},
		{"older than --statement", func(r *bench.Response) { r.Statement = "" }, `statement is "", must be "unnest": a function that is older`},
		{"doesn't balance", func(r *bench.Response) { r.Statements.NotStarted++ }, "statements is not balanced"},
		{"negative", func(r *bench.Response) { r.Statements.NotStarted, r.Statements.Unknown = -1, 4 }, "statements.not_started is -1, must be 0 to 10"},
		{"another plan", func(r *bench.Response) { r.Statements.Planned, r.Statements.NotStarted = 11, 3 }, "statements.planned is 11, must be 10"},
		{"sums that overflow", func(r *bench.Response) { r.Statements.Acknowledged, r.Statements.Failed = math.MaxInt64, math.MaxInt64 }, "statements.acknowledged is 9223372036854775807, must be 0 to 10"},
		{"success_count", func(r *bench.Response) { r.SuccessCount = 26 }, "success_count is 26, must be 25"},
		{"rate", func(r *bench.Response) { r.InsertsPerSecond = 1300 }, "inserts_per_second is 1300, must be 1248.75 to "},
		{"truncated", func(r *bench.Response) { r.Truncated = false }, "truncated is false"},
		{"failed not named", func(r *bench.Response) { r.Failed = nil }, "failed_statements is 0, must be 2"},
		{"failed and unknown at once", func(r *bench.Response) { r.Unknown = bench.Ranges{{1, 2}} }, "failed_statements is overlapping"},
		{"failed twice", func(r *bench.Response) { r.Failed = bench.Ranges{{1, 2}, {1, 2}} }, "failed_statements is overlapping"},
		{"failed out of order", func(r *bench.Response) { r.Failed = bench.Ranges{{3, 4}, {1, 2}} }, "failed_statements is overlapping unknown_statements, or outside of those started, or not ascending"},
		{"failed and never started", func(r *bench.Response) { r.Failed = bench.Ranges{{7, 9}} }, "failed_statements is overlapping unknown_statements, or outside"},
		{"before the first", func(r *bench.Response) { r.Unknown = bench.Ranges{{-1, 0}} }, "failed_statements is overlapping"},
		{"far from the first to far beyond the last", func(r *bench.Response) { r.Unknown = bench.Ranges{{math.MinInt64, math.MinInt64 + 1}} }, "failed_statements is overlapping"},
		{"attempts", func(r *bench.Response) { r.Attempts = 13 }, "attempts is 13, must be 12"},
		{"more retries than attempts", func(r *bench.Response) { r.Retried["40001"] = 297 }, "retried is 297 of 40001, must be 1 or more, and all together 40 at most"},
		{"more retries than asked", func(r *bench.Response) { r.Retried = map[string]int64{"40001": 21, "53300": 21} }, "retried is 21 of "},
		{"an odd kind", func(r *bench.Response) { r.Retried = map[string]int64{"a\x1b[2J": 4} }, `retried is a count of "a\x1b[2J", which isn't a word`},
		{"rows affected", func(r *bench.Response) { r.RowsAffected = 24 }, "rows_affected is 24, must be 25 to 1099511627776"},
		{"more rows than one that isn't acknowledged has", func(r *bench.Response) { r.RowsAffected = 50 }, ""},
		{"far more", func(r *bench.Response) { r.RowsAffected = 1<<40 + 1 }, "rows_affected is 1099511627777, must be 25 to 1099511627776"},
		{"confirmed", func(r *bench.Response) { r.Confirmed, r.RowsAffected = 1, 20 }, ""},
		{"stored elsewhere", func(r *bench.Response) { r.StoredElsewhere, r.RowsAffected = 3, 10 }, ""},
		{"stored elsewhere but for some rows", func(r *bench.Response) { r.StoredElsewhere, r.RowsAffected = 3, 10+3*4+3*4 }, ""},
		{"stored elsewhere, and more", func(r *bench.Response) { r.StoredElsewhere, r.RowsAffected = 3, 100 }, ""},
		{"fewer than what wasn't stored elsewhere", func(r *bench.Response) { r.StoredElsewhere, r.RowsAffected = 3, 9 }, "rows_affected is 9, must be 10 to 1099511627776"},
		{"confirmed or stored elsewhere, more than acknowledged", func(r *bench.Response) { r.Confirmed, r.StoredElsewhere = 1, 5 }, "stored_elsewhere is 5, must be 0 to 4"},
		{"fewer than none stored elsewhere", func(r *bench.Response) { r.StoredElsewhere = -1 }, "stored_elsewhere is -1, must be 0 to 5"},
		{"confirmed without a resend", func(r *bench.Response) { r.Confirmed = 2 }, "confirmed_by_resend is 2, must be 0 to 1"},
		{"a long name", func(r *bench.Response) { r.EnvironmentID = strings.Repeat("x", 513) }, "environment_id is longer than 512 bytes"},
		{"errors of fewer", func(r *bench.Response) { r.Errors = r.Errors[:1] }, "errors is 2, must be 3"},
		{"an error twice", func(r *bench.Response) { r.Errors[1].Kind = "54000" }, `errors[1].kind is "54000"`},
		{"rows of an error", func(r *bench.Response) { r.Errors[1].Rows = 6 }, "errors[1].rows is 6, must be 5"},
		{"no latency", func(r *bench.Response) { r.Latency = nil }, "latency is missing"},
		{"latency of fewer", func(r *bench.Response) { r.Latency.Count = 4 }, "latency.count is 4, must be 5"},
		{"connecting are all", func(r *bench.Response) { all := *r.Latency; r.Connecting = &all }, ""},
		{"connecting, none", func(r *bench.Response) { none := *r.Latency; none.Count = 0; r.Connecting = &none }, "connecting_latency.count is 0, must be 1 to 5"},
		{"connecting, damaged", func(r *bench.Response) { bad := *r.Latency; bad.HDR = "x"; r.Connecting = &bad }, "connecting_latency.hdr_v2: "},
		{"connecting of others", func(r *bench.Response) { r.Connecting = one(t, 1100*time.Microsecond) }, "connecting_latency is not a part of latency"},
		{"latency's max", func(r *bench.Response) { r.Latency.MaxUs = 1e15 }, "latency.max_us is 1000000000000000, must be "},
		{"latency's sum", func(r *bench.Response) { r.Latency.SumUs = -5 }, "latency.sum_us is -5, must be "},
		{"longer than the loop", func(r *bench.Response) { r.DurationMs, r.InsertsPerSecond = 2, 12500 }, "latency.max_us is 3000, must be 0 to 2001"},
		{"too many seconds", func(r *bench.Response) { r.Timeline = make([]bench.Second, 9) }, "timeline[0].statements is 0, must be 1 to 8"},
		{"rows of a second", func(r *bench.Response) { r.Timeline[0].Rows = 1e15 }, "timeline[0].rows is 1000000000000000, must be 25"},
		{"a second of fewer", func(r *bench.Response) { r.Timeline[0].Statements, r.Timeline[0].Rows = 7, 20 }, "timeline[0].latency_us is 5, must be 4"},
		{"a second far away", func(r *bench.Response) { r.Timeline[0].Unix = 1 << 60 }, "timeline[0].unix is 1152921504606846976"},
		{"kinds of a second", func(r *bench.Response) { r.Timeline[0].ErrorKinds = map[string]int64{"54000": 2} }, "timeline[0].error_kinds is 2, must be 3"},
		{"retries of a second", func(r *bench.Response) { r.Timeline[0].Retried["40001"] = 3 }, "timeline, its retried.40001 is 3, must be 4"},
		{"too many slowest", func(r *bench.Response) { r.Slowest = make([]bench.Statement, 9) }, "slowest is 9, must be 0 to 8"},
		{"slowest of another invocation", func(r *bench.Response) { r.Slowest[1].Invocation = 4 }, "slowest[1].lambda_index is 4, must be 3"},
		{"an iteration too far", func(r *bench.Response) { r.Slowest[0].Iteration = 10 }, "slowest[0].iteration is 10, must be 0 to 9"},
		{"a row in a batch", func(r *bench.Response) { r.Slowest[0].Row = 2 }, "slowest[0].row is 2, must be 0 to 0"},
		{"there twice", func(r *bench.Response) { r.Slowest[2] = r.Slowest[1] }, "slowest[2].iteration is the place of another entry"},
		{"another outcome", func(r *bench.Response) { r.Slowest[0].Outcome = bench.Acknowledged }, "slowest[0].outcome is acknowledged, must be unknown"},
		{"not started", func(r *bench.Response) { r.Slowest[0].Iteration, r.Slowest[0].Outcome = 9, bench.NotStarted }, "slowest[0].iteration is 9, row 0, which was not started"},
		{"too many attempts", func(r *bench.Response) { r.Slowest[0].Attempts = 7 }, "slowest[0].attempts is 7, must be 1 to 6"},
		{"no trace", func(r *bench.Response) { r.Slowest[0].TraceID = "x" }, `slowest[0].trace_id is "x"`},
		{"a link", func(r *bench.Response) { r.Slowest[0].TraceURL = "javascript:alert(1)" }, "slowest[0].trace_url is javascript"},
		{"too many phases", func(r *bench.Response) { r.Slowest[0].Phases = make([]bench.PhaseTime, bench.MaxPhases+1) }, "slowest[0].phases is 1001, must be 0 to 1000"},
		{"no such phase", func(r *bench.Response) { r.Slowest[0].Phases[0].Phase = "lunch" }, `slowest[0].phases[0].phase is "lunch"`},
		{"longer than the statement", func(r *bench.Response) { r.Slowest[0].Phases[2].Ms = 4 }, "slowest[0].phases[2].ms is 4, must be 0 to 3.9"},
		{"mode", func(r *bench.Response) { r.Telemetry.Mode = "post" }, `telemetry.mode is "post"`},
		{"spans that don't add up", func(r *bench.Response) { r.Telemetry.Spans = 21 }, "telemetry.spans is 21, must be 20"},
		{"groups", func(r *bench.Response) {
			grouped(r, bench.GroupSpans{Group: 0, Spans: 3}, bench.GroupSpans{Group: 7, Spans: 17})
		}, ""},
		{"a group twice", func(r *bench.Response) {
			grouped(r, bench.GroupSpans{Group: 1, Spans: 3}, bench.GroupSpans{Group: 1, Spans: 17})
		}, "telemetry.chunks[0].groups.group is 1, must be 2 to 7"},
		{"more groups than statements", func(r *bench.Response) { grouped(r, bench.GroupSpans{Group: 8, Spans: 20}) }, "telemetry.chunks[0].groups.group is 8, must be 0 to 7"},
		{"a group before the first", func(r *bench.Response) { grouped(r, bench.GroupSpans{Group: -1, Spans: 20}) }, "telemetry.chunks[0].groups.group is -1, must be 0 to 7"},
		{"an empty group", func(r *bench.Response) { grouped(r, bench.GroupSpans{Group: 0, Spans: 0}) }, "telemetry.chunks[0].groups.spans is 0, must be 1 to 20"},
		{"groups of fewer", func(r *bench.Response) { grouped(r, bench.GroupSpans{Group: 0, Spans: 19}) }, "telemetry.chunks[0].groups.spans, in sum is 19, must be 20"},
		{"groups of nothing exported", func(r *bench.Response) { r.Telemetry.Groups = []bench.GroupSpans{{Group: 0, Spans: 1}} }, "telemetry.groups is there, with the mode relay"},
		{"groups of what was exported", func(r *bench.Response) { exported(r, 15, 5) }, ""},
		{"groups of less than was exported", func(r *bench.Response) { exported(r, 15) }, "telemetry.groups.spans, in sum is 15, must be 20"},
		{"rows on spans", func(r *bench.Response) { r.Telemetry.Chunks[0].Rows = 21 }, "telemetry.dropped_rows, with those of chunks and not kept is 26, must be 0 to 25"},
		{"rows not kept", func(r *bench.Response) {
			r.Telemetry.DroppedRows, r.Telemetry.DroppedSpans, r.Telemetry.NotKeptSpans, r.Telemetry.NotKeptRows, r.Telemetry.Spans = 0, nil, 1, 5, 15
		}, ""},
		{"rows not kept, with those on spans", func(r *bench.Response) { r.Telemetry.NotKeptSpans, r.Telemetry.NotKeptRows = 1, 1 }, "telemetry.dropped_rows, with those of chunks and not kept is 26, must be 0 to 25"},
		{"more rows not kept than statements have", func(r *bench.Response) { r.Telemetry.NotKeptSpans, r.Telemetry.NotKeptRows = 1, 6 }, "telemetry.not_kept_rows is 6, must be 0 to 5"},
		{"more not kept than started", func(r *bench.Response) { r.Telemetry.NotKeptSpans = 9 }, "telemetry.not_kept_spans is 9, must be 0 to 8"},
		{"foreign with too many", func(r *bench.Response) { r.Statements, r.SuccessCount, r.ErrorCount = nil, 40, 11 }, "error_count is 11, must be 0 to 10"},
		{"foreign with a negative", func(r *bench.Response) { r.Statements, r.SuccessCount = nil, -1 }, "success_count is -1, must be 0 to 50"},
		{"foreign and endless", func(r *bench.Response) { r.Statements, r.DurationMs = nil, 1e308 }, "duration_ms is 1e+308, must be 0 to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := sound(t)
			c.change(r)
			switch err := Response(r, askedForTest(), &latency.Decoder{}); {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("error %v, want one that begins with %q", err, c.want)
			}
		})
	}
}

// grouped puts all spans of an answer in one chunk with these groups.
func grouped(r *bench.Response, groups ...bench.GroupSpans) {
	r.Telemetry.DroppedSpans = nil
	r.Telemetry.Chunks[0].Spans, r.Telemetry.Chunks[0].Groups = 20, groups
	r.Telemetry.Chunks = r.Telemetry.Chunks[:1]
}

// exported makes all spans of an answer the function's own exports, with so many in its groups.
func exported(r *bench.Response, spans ...int64) {
	r.Telemetry.Mode, r.Telemetry.AcceptedSpans, r.Telemetry.Chunks = bench.TelemetryOTLP, 15, nil
	for i, n := range spans {
		r.Telemetry.Groups = append(r.Telemetry.Groups, bench.GroupSpans{Group: int64(i), Spans: n})
	}
}

// No number of an answer can be set to an absurd one unseen.
func TestCheckLooksAtEveryNumber(t *testing.T) {
	t.Parallel()
	decoder := &latency.Decoder{}
	for _, absurd := range []float64{-5e9, -7, 1e15, 1e300, 1e308, math.Inf(1), math.NaN()} {
		seen := 0
		r := sound(t)
		for place, set := range numbers("", reflect.ValueOf(r)) {
			seen++
			if strings.HasSuffix(place, ".StartedUs") && absurd == 1e15 {
				continue // the function's clock may be wrong, which the verdict tells
			}
			back := set(absurd)
			if err := Response(r, askedForTest(), decoder); err == nil {
				t.Errorf("%s = %v is taken", place, absurd)
			}
			back()
		}
		if seen < 60 {
			t.Fatalf("%d numbers: the answer wasn't understood", seen)
		}
		if err := Response(r, askedForTest(), decoder); err != nil {
			t.Fatalf("the answer is no longer sound: %v", err)
		}
	}
}

// numbers are v's by their place, each with what sets it and returns what sets it
// back. Map's keys and bytes aren't among them.
func numbers(place string, v reflect.Value) map[string]func(float64) func() {
	all := map[string]func(float64) func(){}
	add := func(place string, v reflect.Value) {
		for p, set := range numbers(place, v) {
			all[p] = set
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			add(place, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			add(place+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if v.Type().Elem().Kind() != reflect.Uint8 {
				add(fmt.Sprintf("%s[%d]", place, i), v.Index(i))
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			old := v.MapIndex(key)
			all[fmt.Sprintf("%s[%v]", place, key)] = func(n float64) func() {
				v.SetMapIndex(key, reflect.ValueOf(whole(n)))
				return func() { v.SetMapIndex(key, old) }
			}
		}
	case reflect.Int, reflect.Int64:
		old := v.Int()
		all[place] = func(n float64) func() { v.SetInt(whole(n)); return func() { v.SetInt(old) } }
	case reflect.Float64:
		old := v.Float()
		all[place] = func(n float64) func() { v.SetFloat(n); return func() { v.SetFloat(old) } }
	}
	return all
}

// whole is n as an integer, or the nearest there is.
func whole(n float64) int64 {
	switch {
	case n != n:
		return math.MinInt64
	case n >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(n)
}

// FuzzResponse: what is taken can be summed up and written.
func FuzzResponse(f *testing.F) {
	for _, change := range []func(*bench.Response){func(*bench.Response) {}, func(r *bench.Response) { r.Statements = nil }, func(r *bench.Response) { r.DurationMs = 1e308 }} {
		r := sound(f)
		change(r)
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	asked := askedForTest()
	plan := bench.Plan{
		RunID: asked.RunID, Scenario: bench.Batch, EventType: bench.CarCreated, Retries: bench.DefaultRetries, Concurrency: 1,
		Load: bench.Load{NumLambdas: 4, Iterations: asked.Iterations, Count: asked.Count},
	}
	decoder := &latency.Decoder{}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &bench.Response{}
		if err := json.Unmarshal(text, r); err != nil {
			return
		}
		if err := Response(r, asked, decoder); err != nil {
			return
		}
		sent := time.UnixMicro(1_795_000_000_000_000)
		results := []bench.Result{{Index: 3, Sent: sent, Ended: sent.Add(time.Second), Outcome: bench.Acknowledged, Response: r}}
		s, err := sum.Of(plan, results)
		if err != nil {
			t.Fatalf("taken, and then: %v", err)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Errorf("taken, and can't be written: %v", err)
		}
		if !s.Rows.Balanced() || s.Rows.Planned != asked.Rows() {
			t.Errorf("rows %+v", s.Rows)
		}
	})
}

// A function leaves spans out only if the event asks for that.
func TestNotKeptUnasked(t *testing.T) {
	t.Parallel()
	for _, request := range []*bench.TelemetryRequest{nil, {}, {SpanEvery: 1}} {
		r, asked := sound(t), askedForTest()
		r.Telemetry.NotKeptSpans, asked.Telemetry = 1, request
		err := Response(r, asked, &latency.Decoder{})
		if err == nil || !strings.HasPrefix(err.Error(), "telemetry.not_kept_spans is 1, must be 0 to 0") {
			t.Errorf("%+v: error %v", request, err)
		}
	}
}
