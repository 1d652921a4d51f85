package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/worker"
)

// observed returns f with a worker whose invocations are observed.
func (f fixture) observed() fixture {
	f.t.Helper()
	lambda, err := capture.NewLambda(f.t.Context(), func(string) string { return "" }, "env-0001", capture.Database{Host: "h", Name: "postgres", Table: "t"})
	if err != nil {
		f.t.Fatal(err)
	}
	f.w = worker.New(f.db, "env-0001", lambda, slog.New(slog.DiscardHandler))
	return f
}

// slowAndFailing makes an insert take at least 20 ms. Of ten, one fails for good and one has to be
// repeated.
func (f fixture) slowAndFailing() {
	f.t.Helper()
	f.Do("CREATE SEQUENCE nth")
	f.beforeInsert("PERFORM pg_sleep(0.02); CASE nextval('nth') % 10 WHEN 3 THEN RAISE 'too large' USING ERRCODE = '54000';" +
		" WHEN 7 THEN RAISE 'conflict' USING ERRCODE = '40001'; ELSE NULL; END CASE;")
}

// streamOf returns the event of inv that asks for a stream.
func streamOf(t *testing.T, inv *bench.Invocation) []byte {
	t.Helper()
	inv.Stream = true
	inv.Telemetry = &bench.TelemetryRequest{
		Mode: bench.TelemetryRelay, Detail: bench.DetailAll, StatementsPerTrace: bench.StatementsPerTrace,
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
	event, err := json.Marshal(inv)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// lines splits a streamed answer into its partial answers and the reply.
func lines(t *testing.T, answer []byte) (told []*bench.Response, reply *bench.Response) {
	t.Helper()
	all := bytes.Split(answer, []byte("\n"))
	for i, line := range all[:len(all)-1] {
		var p bench.Partial
		if err := json.Unmarshal(line, &p); err != nil || !bytes.HasPrefix(line, []byte(bench.PartialPrefix)) || p.Number != i+1 || p.SoFar == nil {
			t.Fatalf("line %d: %.300s, error %v", i+1, line, err)
		}
		told = append(told, p.SoFar)
	}
	status, body, err := read(all[len(all)-1])
	if err != nil || status != 200 || !body.Success || body.Result == nil {
		t.Fatalf("last line %.300s, error %v", all[len(all)-1], err)
	}
	return told, body.Result
}

// joined returns next with what the partial answers before told.
func joined(before, next *bench.Response) *bench.Response {
	all := *next
	if before != nil {
		all.Timeline = slices.Concat(before.Timeline, next.Timeline)
		all.Failed, all.Unknown = before.Failed.Join(next.Failed), before.Unknown.Join(next.Unknown)
		all.Slowest = bench.Slowest(slices.Concat(before.Slowest, next.Slowest))
	}
	return &all
}

// Each partial answer is one that the driver believes, joined with those before. Together with
// what came after the last one they give the reply.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	f := start(t).observed()
	f.slowAndFailing()
	inv := invocation(bench.Individual, 150, 1)
	answer, err := f.respond(context.Background(), streamOf(t, &inv))
	if err != nil {
		t.Fatal(err)
	}
	told, reply := lines(t, answer)
	if len(told) < 2 {
		t.Fatalf("%d partial answers in %.0f ms, want at least 2", len(told), reply.DurationMs)
	}
	var soFar *bench.Response
	var rows int64
	for i, next := range told {
		soFar = joined(soFar, next)
		if err := check.Response(soFar, inv, &latency.Decoder{}); err != nil {
			t.Errorf("partial answer %d: %v", i+1, err)
		}
		if err := checkSeconds(soFar); err != nil {
			t.Errorf("partial answer %d: %v", i+1, err)
		}
		rows += telemetryRows(t, next)
		if rows != soFar.SuccessCount {
			t.Errorf("partial answer %d: spans of %d rows, want %d", i+1, rows, soFar.SuccessCount)
		}
	}
	if err := check.Response(reply, inv, &latency.Decoder{}); err != nil {
		t.Error(err)
	}
	ended := int(soFar.Statements.Planned - soFar.Statements.NotStarted)
	if diff := cmp.Diff(reply.Timeline[:len(soFar.Timeline)], soFar.Timeline); diff != "" {
		t.Errorf("seconds, -reply +partial answers: %s", diff)
	}
	if diff := cmp.Diff(reply.Failed, soFar.Failed.Join(reply.Failed.From(ended))); diff != "" {
		t.Errorf("failed statements: %s", diff)
	}
	slowest := slices.Concat(soFar.Slowest, slices.DeleteFunc(slices.Clone(reply.Slowest), func(s bench.Statement) bool { return inv.NumberAt(s.Iteration, s.Row) < ended }))
	if diff := cmp.Diff(reply.Slowest, bench.Slowest(slowest)); diff != "" {
		t.Errorf("slowest: %s", diff)
	}
	if rows += telemetryRows(t, reply); rows != reply.SuccessCount || f.rows() != reply.SuccessCount {
		t.Errorf("%d rows acknowledged, spans of %d, %d in the table", reply.SuccessCount, rows, f.rows())
	}
	if reply.Statements.Failed == 0 || len(reply.Retried) == 0 {
		t.Errorf("nothing failed: %+v, %v", *reply.Statements, reply.Retried)
	}
}

// telemetryRows returns the rows of the statements whose spans an answer has, or dropped.
func telemetryRows(t *testing.T, r *bench.Response) int64 {
	t.Helper()
	if r.Telemetry == nil {
		t.Fatal("no telemetry")
	}
	n := r.Telemetry.DroppedRows
	for _, c := range r.Telemetry.Chunks {
		n += c.Rows
	}
	return n
}

// An invocation never waits for its reader. One who begins to read late gets the reply all the
// same, and lines that fit together.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	f := start(t).observed()
	f.beforeInsert("PERFORM pg_sleep(0.02);")
	inv := invocation(bench.Individual, 150, 1)
	answer, err := f.w.Respond(context.Background(), streamOf(t, &inv))
	if err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "all rows are in the table", func() bool { return f.rows() == 150 })
	payload, err := io.ReadAll(answer)
	if err != nil {
		t.Fatal(err)
	}
	told, reply := lines(t, payload)
	if len(told) != 1 || reply.SuccessCount != 150 {
		t.Errorf("%d partial answers and %d rows, want 1 and 150", len(told), reply.SuccessCount)
	}
	if rows := telemetryRows(t, told[0]) + telemetryRows(t, reply); rows != 150 {
		t.Errorf("spans of %d rows, want 150", rows)
	}
}

// Who doesn't ask for a stream gets one reply and nothing else, however long it takes.
func TestNoStreamAsked(t *testing.T) {
	t.Parallel()
	f := start(t).observed()
	f.beforeInsert("PERFORM pg_sleep(0.05);")
	payload, err := f.respond(context.Background(), []byte(`{"scenario": "individual", "count": 1, "iterations": 50, "event_type": "CarCreated"}`))
	if err != nil {
		t.Fatal(err)
	}
	var reply bench.Reply
	if err := json.Unmarshal(payload, &reply); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(reply)
	if err != nil || !bytes.Equal(payload, again) || bytes.Contains(payload, []byte("so_far")) {
		t.Errorf("%.300s, error %v", payload, err)
	}
}

// A refusal comes as the only line of a stream.
func TestStreamRefused(t *testing.T) {
	t.Parallel()
	f := start(t)
	inv := invocation(bench.Individual, -1, 1)
	payload, err := f.respond(context.Background(), streamOf(t, &inv))
	if err != nil {
		t.Fatal(err)
	}
	if status, body, err := read(payload); err != nil || status != 500 || !body.Refused {
		t.Errorf("%s, error %v", payload, err)
	}
}
