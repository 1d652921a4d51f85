package invoke_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

// One in the middle ends in the given way; it is sent once, and its neighbours,
// on the same connection, are as ever.
func TestEnds(t *testing.T) {
	t.Parallel()
	payload := func(text string) func(*testing.T, http.ResponseWriter, bench.Invocation) {
		return func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) { _, _ = io.WriteString(w, text) }
	}
	changed := func(change func(*bench.Response)) func(*testing.T, http.ResponseWriter, bench.Invocation) {
		return func(t *testing.T, w http.ResponseWriter, inv bench.Invocation) {
			r := full(t, inv)
			change(r)
			say(w, 200, bench.ReplyBody{Success: true, Result: r})
		}
	}
	functionError := func(text string) func(*testing.T, http.ResponseWriter, bench.Invocation) {
		return func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, text)
		}
	}
	api := func(status int, kind, body string) func(*testing.T, http.ResponseWriter, bench.Invocation) {
		return func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) { refuse(w, status, kind, body) }
	}
	for _, tc := range []struct {
		name   string
		answer func(*testing.T, http.ResponseWriter, bench.Invocation)
		want   outcome
	}{
		{
			"connection cut", func(t *testing.T, w http.ResponseWriter, _ bench.Invocation) { cut(t, w) },
			outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "EOF"},
		},
		{"answer cut", func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"statusCode":200`)
		}, outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "EOF"}},
		{
			"timed out", functionError(`{"errorMessage":"2025-12-01T00:00:00.000Z 1 Task timed out after 3.00 seconds"}`),
			outcome{Outcome: bench.Unknown, Kind: "Unhandled", Error: "Task timed out after 3.00 seconds"},
		},
		{
			"crashed", functionError(`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited"}`),
			outcome{Outcome: bench.Unknown, Kind: "Runtime.ExitError", Error: "Runtime.ExitError: RequestId: 1 Error: Runtime exited"},
		},
		{
			"function error without JSON", functionError("out of memory"),
			outcome{Outcome: bench.Unknown, Kind: "Unhandled", Error: "out of memory"},
		},
		{"status 500", func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) {
			say(w, 500, bench.ReplyBody{Error: "scenario = foo: must be one of individual, batch", Refused: true})
		}, outcome{Outcome: bench.Failed, Kind: "function_refused", Error: "status 500: scenario = foo: must be"}},
		{"status 500, by a function that doesn't say whether it wrote", func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) {
			say(w, 500, bench.ReplyBody{Error: "connection is closed"})
		}, outcome{Outcome: bench.Unknown, Kind: "function_failed", Error: "status 500: connection is closed"}},
		{"success false with status 200", func(_ *testing.T, w http.ResponseWriter, _ bench.Invocation) {
			say(w, 200, bench.ReplyBody{Error: "no database", Refused: true})
		}, outcome{Outcome: bench.Failed, Kind: "function_refused", Error: "no database"}},
		{"success true with status 500", func(t *testing.T, w http.ResponseWriter, inv bench.Invocation) {
			say(w, 500, bench.ReplyBody{Success: true, Result: full(t, inv)})
		}, outcome{Outcome: bench.Unknown, Kind: "function_failed", Error: "status 500"}},
		{"payload is no JSON", payload("<html>"), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response: "}},
		{"payload is empty", payload(""), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response: "}},
		{"payload is null", payload("null"), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response: it has no statusCode"}},
		{"body is no JSON", payload(`{"statusCode":200,"body":"ok"}`), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response body: "}},
		{
			"no result", payload(`{"statusCode":200,"body":"{\"success\":true}"}`),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "success and no result"},
		},
		{
			"larger than Lambda lets it be", payload(strings.Repeat(" ", 6_291_557)),
			outcome{Outcome: bench.Unknown, Kind: "response_too_large", Error: "the answer has more than 6291556 bytes"},
		},
		{
			"statements without end", changed(func(r *bench.Response) { r.Slowest = make([]bench.Statement, 51) }),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "slowest is 51, must be 0 to 5"},
		},
		{
			"objects without end", payload(`{"statusCode":200,"body":"{\"success\":true,\"result\":{\"slowest\":[` + strings.Repeat("{},", 100_000) + `{}]}}"}`),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response body: 100003 objects, at most 100000"},
		},
		{
			"no finite rate", changed(func(r *bench.Response) { r.DurationMs = 1e308 }),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "duration_ms is 1e+308, must be 0 to 8.64e+07"},
		},
		{
			"an error type that is no word, and a long message", functionError(`{"errorType":"\u001b[2J VERDICT","errorMessage":"` + strings.Repeat("x", 5000) + `"}`),
			outcome{Outcome: bench.Unknown, Kind: "Unhandled", Error: "xxx ..."},
		},
		{
			"doesn't balance", changed(func(r *bench.Response) { r.Statements.Acknowledged-- }),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "statements is not balanced"},
		},
		{
			"rows don't agree", changed(func(r *bench.Response) { r.SuccessCount++ }),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "success_count is 11, must be 0 to 10"},
		},
		{
			"other number of statements", changed(func(r *bench.Response) { r.Statements.Planned, r.Statements.NotStarted = 6, 1 }),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "statements.planned is 6, must be 5"},
		},
		{
			"no latencies", changed(func(r *bench.Response) { r.Latency = nil }),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "latency is missing"},
		},
		{
			"original's counts above what was asked", payload(`{"statusCode":200,"body":"{\"success\":true,\"result\":{\"success_count\":10,\"error_count\":1,\"duration_ms\":1,\"inserts_per_second\":10000}}"}`),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "error_count is 1, must be 0 to 0"},
		},
		{
			"original's answer to another invocation", payload(original(`"lambda_index": 2`)),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "lambda_index is 2, must be 1"},
		},
		{
			"original's answer to another plan", payload(original(`"iterations": 4, "count": 3, "scenario": "individual"`)),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "scenario is individual, must be batch; iterations is 4, must be 5; count is 3, must be 2"},
		},
		{
			"original's answer with another event type", payload(original(`"event_type": "LoanCreated"`)),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: `event_type is "LoanCreated", must be CarCreated`},
		},
		{
			"original's total below its parts", payload(original(`"total_inserts": 5`)),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "total_inserts is 5, must be 8 to 10"},
		},
		{
			"an answer that lacks numbers", payload(`{"statusCode":200,"body":{"success":true,"result":{"success_count":10,"error_count":null,"duration_ms":3}}}`),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "error_count is missing; inserts_per_second is missing"},
		},
		{
			"a text for a number", payload(original(`"total_inserts": "10"`)),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response body: result.total_inserts is a JSON string, must be of type int64"},
		},
		{"no status", payload(`{"body":"{}"}`), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response: it has no statusCode"}},
		{"no body", payload(`{"statusCode":200}`), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response: it has no body"}},
		{"neither success nor error", payload(`{"statusCode":200,"body":"{}"}`), outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response body has no success"}},
		{"an error without a word", payload(`{"statusCode":500,"body":"{\"success\":false}"}`), outcome{Outcome: bench.Unknown, Kind: "function_failed", Error: "status 500: it names no error"}},
		{
			"a count that isn't whole", payload(original(`"success_count": 6.5`)),
			outcome{Outcome: bench.Unknown, Kind: "response_not_understood", Error: "response body: "},
		},
		{
			"unknown function", api(404, "ResourceNotFoundException", `{"Message":"Function not found: load"}`),
			outcome{Outcome: bench.Failed, Kind: "ResourceNotFoundException", Error: "ResourceNotFoundException: Function not found: load"},
		},
		{
			"no rights", api(403, "AccessDeniedException", `{"Message":"not authorized"}`),
			outcome{Outcome: bench.Failed, Kind: "AccessDeniedException", Error: "not authorized"},
		},
		{
			"Lambda's own fault", api(500, "ServiceException", `{"Message":"internal"}`),
			outcome{Outcome: bench.Unknown, Kind: "ServiceException", Error: "internal"},
		},
		{"a gateway gave up", api(504, "", "<html>Gateway Timeout</html>"), outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "504"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				if inv.Index == 1 {
					tc.answer(t, w, inv)
					return
				}
				acknowledge(t, w, inv)
			})
			results, s := runAll(t, a.URL, plan(3, 1))
			tc.want.check(t, results[1])
			outcome{Outcome: bench.Acknowledged}.check(t, results[0])
			outcome{Outcome: bench.Acknowledged}.check(t, results[2])
			if diff := cmp.Diff(map[int]int{0: 1, 1: 1, 2: 1}, a.calls()); diff != "" {
				t.Errorf("calls: %s", diff)
			}
			wantRows := bench.Account{Planned: 30, Acknowledged: 20}
			if tc.want.Outcome == bench.Failed {
				wantRows.Failed = 10
			} else {
				wantRows.Unknown = 10
			}
			if s.Rows != wantRows || s.SuccessfulLambdas != 2 || s.FailedLambdas != 1 || s.InvocationErrors[tc.want.Kind] != 1 {
				t.Errorf("rows %+v, %d successful, %d failed, errors %v; want %+v, 2, 1 and one %s",
					s.Rows, s.SuccessfulLambdas, s.FailedLambdas, s.InvocationErrors, wantRows, tc.want.Kind)
			}
			if len(s.Errors) != 1 || s.Errors[0].Index != 1 || s.Errors[0].Error == "" {
				t.Errorf("errors %+v, want that of invocation 1", s.Errors)
			}
		})
	}
}
