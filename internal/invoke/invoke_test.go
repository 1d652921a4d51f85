package invoke_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/benchtest"
	"dsql-load-test/internal/invoke"
)

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

const invocationsPath = "/2015-03-31/functions/load/invocations"

// api is a server that speaks the Invoke API: answer is told the invocation and
// how often it was sent before.
type api struct {
	*httptest.Server
	mu   sync.Mutex
	sent map[int]int // by index
}

type answer func(w http.ResponseWriter, inv bench.Invocation, before int)

func serve(t *testing.T, f answer) *api {
	a := &api{sent: map[int]int{}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var inv bench.Invocation
		if err != nil || json.Unmarshal(body, &inv) != nil || r.Method != http.MethodPost || r.URL.Path != invocationsPath {
			t.Errorf("%s %s with %q, error %v", r.Method, r.URL.Path, body, err)
		}
		a.mu.Lock()
		before := a.sent[inv.Index]
		a.sent[inv.Index]++
		a.mu.Unlock()
		f(w, inv, before)
	}))
	t.Cleanup(a.Close)
	return a
}

// calls is how often each invocation was sent.
func (a *api) calls() map[int]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.sent)
}

func plan(invocations, concurrency int) bench.Plan {
	return bench.Plan{
		RunID: "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W", Seed: 7, Scenario: bench.Batch, EventType: bench.CarCreated,
		Load: bench.Load{NumLambdas: invocations, Iterations: 5, Count: 2}, Concurrency: concurrency,
	}
}

// outcome is what a test compares of a Result.
type outcome struct {
	Outcome   bench.Outcome
	Kind      string
	Error     string // contained in the Result's
	Throttles map[string]int
}

// run sends a plan, and checks what holds whatever happens: one Result for each
// invocation at its place, told of once, and accounts that balance.
func run(ctx, drain context.Context, t *testing.T, endpoint string, p bench.Plan, timeout time.Duration) ([]bench.Result, *bench.Summary) {
	t.Helper()
	c, err := invoke.NewClient(context.Background(), invoke.Options{
		FunctionName: "load", Region: "us-east-1", EndpointURL: endpoint, LocalCredentials: true,
		Concurrency: p.Concurrency, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	told := map[int]int{}
	results, _ := c.Run(ctx, drain, p, nil, func(r *bench.Result) {
		mu.Lock()
		defer mu.Unlock()
		told[r.Index]++
	})
	if len(results) != p.Load.NumLambdas || len(told) != len(results) {
		t.Fatalf("%d results, %d told of, want %d", len(results), len(told), p.Load.NumLambdas)
	}
	for i, r := range results {
		if r.Index != i || told[i] != 1 {
			t.Errorf("result %d has index %d and was told of %d times", i, r.Index, told[i])
		}
		if (r.Outcome == bench.NotStarted) != r.Sent.IsZero() || r.Ended.Before(r.Sent) {
			t.Errorf("result %d: %s, sent %v, ended %v", i, r.Outcome, r.Sent, r.Ended)
		}
		if (r.Outcome == bench.Acknowledged) != (r.Response != nil) {
			t.Errorf("result %d: %s with response %v", i, r.Outcome, r.Response)
		}
	}
	s, err := bench.Summarize(p, results)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Rows.Balanced() || s.Rows.Planned != p.Rows() || !s.Invocations.Balanced() || s.Invocations.Planned != int64(p.Load.NumLambdas) {
		t.Errorf("accounts don't balance: rows %+v, invocations %+v", s.Rows, s.Invocations)
	}
	return results, s
}

func runAll(t *testing.T, endpoint string, p bench.Plan) ([]bench.Result, *bench.Summary) {
	t.Helper()
	return run(context.Background(), context.Background(), t, endpoint, p, patience)
}

func (o outcome) check(t *testing.T, r bench.Result) {
	t.Helper()
	if !strings.Contains(r.Error, o.Error) {
		t.Errorf("invocation %d: error %q, want %q in it", r.Index, r.Error, o.Error)
	}
	o.Error = ""
	if diff := cmp.Diff(o, outcome{Outcome: r.Outcome, Kind: r.ErrorKind, Throttles: r.Throttles}); diff != "" {
		t.Errorf("invocation %d: %s", r.Index, diff)
	}
}

// full is the answer of our function that did all it was asked.
func full(t *testing.T, inv bench.Invocation) *bench.Response {
	r, err := benchtest.Full(inv, time.Millisecond)
	if err != nil {
		t.Error(err)
	}
	return r
}

func acknowledge(t *testing.T, w io.Writer, inv bench.Invocation) {
	say(w, 200, bench.ReplyBody{Success: true, Result: full(t, inv)})
}

func say(w io.Writer, status int, body bench.ReplyBody) {
	text, _ := json.Marshal(body)                                                      // it always encodes
	_ = json.NewEncoder(w).Encode(bench.Reply{StatusCode: status, Body: string(text)}) // the client reports a lost answer
}

// refuse answers an API error.
func refuse(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// cut closes the connection without an answer.
func cut(t *testing.T, w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_ = conn.Close()
}

func TestAcknowledged(t *testing.T) {
	t.Parallel()
	a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
		w.Header().Set("X-Amzn-Requestid", fmt.Sprintf("request-%d", inv.Index))
		acknowledge(t, w, inv)
	})
	p := plan(20, 4)
	results, s := runAll(t, a.URL, p)
	for i, r := range results {
		outcome{Outcome: bench.Acknowledged}.check(t, r)
		if r.RequestID != fmt.Sprintf("request-%d", i) {
			t.Errorf("result %d is that of %s", i, r.RequestID)
		}
	}
	if want := (bench.Account{Planned: 200, Acknowledged: 200}); s.Rows != want || s.StatementLatency.Count != 100 {
		t.Errorf("rows %+v, %d latencies, want %+v and 100", s.Rows, s.StatementLatency.Count, want)
	}
}

// Each is refused twice before it runs, and runs once.
func TestThrottled(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"ConcurrentInvocationLimitExceeded", "FunctionInvocationRateLimitExceeded", "ReservedFunctionConcurrentInvocationLimitExceeded",
		"ReservedFunctionInvocationRateLimitExceeded", "CallerRateLimitExceeded", "ConcurrentSnapshotCreateLimitExceeded", "",
	} {
		t.Run("reason "+reason, func(t *testing.T) {
			t.Parallel()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, before int) {
				if before < 2 {
					refuse(w, 429, "TooManyRequestsException", fmt.Sprintf(`{"Reason":%q,"Type":"User","message":"Rate Exceeded."}`, reason))
					return
				}
				acknowledge(t, w, inv)
			})
			results, s := runAll(t, a.URL, plan(2, 2))
			want := reason
			if want == "" {
				want = "TooManyRequestsException"
			}
			for _, r := range results {
				outcome{Outcome: bench.Acknowledged, Throttles: map[string]int{want: 2}}.check(t, r)
			}
			if diff := cmp.Diff(map[int]int{0: 3, 1: 3}, a.calls()); diff != "" {
				t.Errorf("calls: %s", diff)
			}
			if diff := cmp.Diff(map[string]int64{want: 4}, s.Throttles); diff != "" {
				t.Errorf("throttles: %s", diff)
			}
		})
	}
}

func TestThrottledForSeconds(t *testing.T) {
	t.Parallel()
	came := make(chan time.Time, 2)
	a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, before int) {
		came <- time.Now()
		if before == 0 {
			w.Header().Set("Retry-After", "3")
			refuse(w, 429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded"}`)
			return
		}
		acknowledge(t, w, inv)
	})
	results, _ := runAll(t, a.URL, plan(1, 1))
	first, again := <-came, <-came
	waited := again.Sub(first)
	if waited < 1500*time.Millisecond {
		t.Errorf("sent again after %v, Lambda asked for 3 s", waited)
	}
	if got := results[0].Latency(); got >= waited {
		t.Errorf("latency %v holds the wait", got)
	}
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	results, s := runAll(t, "http://127.0.0.1:1", plan(3, 3)) // nobody listens there
	for _, r := range results {
		outcome{Outcome: bench.NotStarted, Kind: "connection_refused", Error: "refused"}.check(t, r)
	}
	if want := (bench.Account{Planned: 30, NotStarted: 30}); s.Rows != want {
		t.Errorf("rows %+v, want %+v", s.Rows, want)
	}
}

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

// original is an answer as the original's function gives it, with some keys in place
// of what is told otherwise.
func original(keys string) string {
	const told = `"success_count": 6, "error_count": 2, "duration_ms": 12.5, "inserts_per_second": 480.0`
	if strings.Contains(keys, "success_count") {
		return fmt.Sprintf(`{"statusCode": 200, "body": {"success": true, "result": {"duration_ms": 12, %s}}}`, keys)
	}
	return fmt.Sprintf(`{"statusCode": 200, "body": {"success": true, "result": {%s, %s}}}`, told, keys)
}

// The original's Python function answers only these keys; what becomes of the rows is
// by its own word, and how one failed it doesn't say.
func TestOriginalFunction(t *testing.T) {
	t.Parallel()
	const whole = `"success_count": 6, "error_count": 2, "duration_ms": 12.5, "inserts_per_second": 480.0, "total_inserts": %s, ` +
		`"scenario": "batch", "iterations": 5, "count": 2, "event_type": "CarCreated", "lambda_index": %d`
	text := func(result string) string {
		text, _ := json.Marshal(fmt.Sprintf(`{"success": true, "result": {%s}}`, result))
		return fmt.Sprintf(`{"statusCode": 200, "body": %s}`, text)
	}
	for name, tc := range map[string]struct {
		answer func(index int) string
		want   bench.Account
	}{
		"as it is":           {func(i int) string { return text(fmt.Sprintf(whole, "10", i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 12}},
		"cut short":          {func(i int) string { return text(fmt.Sprintf(whole, "8", i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 6, NotStarted: 6}},
		"whole floats":       {func(i int) string { return text(fmt.Sprintf(whole, "8.0", i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 6, NotStarted: 6}},
		"body is an object":  {func(i int) string { return original(fmt.Sprintf(`"total_inserts": 8, "lambda_index": %d`, i)) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 6, NotStarted: 6}},
		"without what it is": {func(int) string { return original(`"x": 1`) }, bench.Account{Planned: 30, Acknowledged: 18, Unknown: 12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				_, _ = io.WriteString(w, tc.answer(inv.Index))
			})
			results, s := runAll(t, a.URL, plan(3, 3))
			for _, r := range results {
				outcome{Outcome: bench.Acknowledged}.check(t, r)
			}
			if s.Rows != tc.want {
				t.Errorf("rows %+v, want %+v", s.Rows, tc.want)
			}
			if !s.Untold() || s.StatementLatency.Count != 0 || *s.LambdaDurationMs.Median != 12.5 || *s.LambdaThroughput.Max != 480 || s.Attempts != nil {
				t.Errorf("statements %v, %d latencies, median %v ms, at most %v/s, attempts %v", s.Statements, s.StatementLatency.Count,
					*s.LambdaDurationMs.Median, *s.LambdaThroughput.Max, s.Attempts)
			}
		})
	}
}

// meeting is a handler's gate that opens when the wanted number waits at it.
type meeting struct {
	mu        sync.Mutex
	want      int
	now, most int
	open      chan struct{}
}

func newMeeting(want int) *meeting { return &meeting{want: want, open: make(chan struct{})} }

func (m *meeting) come(t *testing.T) {
	m.mu.Lock()
	m.now++
	m.most = max(m.most, m.now)
	if m.now == m.want {
		select {
		case <-m.open:
		default:
			close(m.open)
		}
	}
	m.mu.Unlock()
	select {
	case <-m.open:
	case <-time.After(patience):
		t.Errorf("never %d calls at once", m.want)
	}
}

func (m *meeting) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now--
}

func (m *meeting) largest() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 4, 64} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			m := newMeeting(n)
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				m.come(t)
				m.leave()
				acknowledge(t, w, inv)
			})
			_, s := runAll(t, a.URL, plan(3*n, n))
			if got := m.largest(); got != n || s.Invocations.Acknowledged != int64(3*n) {
				t.Errorf("%d at once and %d acknowledged, want %d and %d", got, s.Invocations.Acknowledged, n, 3*n)
			}
		})
	}
}

// Two are in flight when the run is told to stop: they end, and no other is sent.
func TestDrain(t *testing.T) {
	t.Parallel()
	drain, stop := context.WithCancel(context.Background())
	defer stop()
	m := newMeeting(2)
	a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
		m.come(t)
		stop()
		acknowledge(t, w, inv)
	})
	results, s := run(context.Background(), drain, t, a.URL, plan(10, 2), patience)
	if diff := cmp.Diff(map[int]int{0: 1, 1: 1}, a.calls()); diff != "" {
		t.Errorf("calls: %s", diff)
	}
	for i, r := range results {
		want := outcome{Outcome: bench.NotStarted, Kind: "interrupted"}
		if i < 2 {
			want = outcome{Outcome: bench.Acknowledged}
		}
		want.check(t, r)
	}
	if want := (bench.Account{Planned: 100, Acknowledged: 20, NotStarted: 80}); s.Rows != want {
		t.Errorf("rows %+v, want %+v", s.Rows, want)
	}
}

func TestDrainWhileThrottled(t *testing.T) {
	t.Parallel()
	drain, stop := context.WithCancel(context.Background())
	defer stop()
	a := serve(t, func(w http.ResponseWriter, _ bench.Invocation, _ int) {
		stop()
		refuse(w, 429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded"}`)
	})
	results, _ := run(context.Background(), drain, t, a.URL, plan(1, 1), patience)
	outcome{Outcome: bench.NotStarted, Kind: "interrupted", Throttles: map[string]int{"CallerRateLimitExceeded": 1}}.check(t, results[0])
}

// What is in flight when the wait is given up may have run.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		timeout time.Duration
		cancel  bool
		want    outcome // of the second, which waits behind the first
	}{
		{"cancelled", patience, true, outcome{Outcome: bench.NotStarted, Kind: "interrupted"}},
		{"no answer in time", 5 * time.Second, false, outcome{Outcome: bench.Acknowledged}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			release := make(chan struct{})
			open := sync.OnceFunc(func() { close(release) })
			defer open()
			a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, _ int) {
				if inv.Index == 0 {
					if tc.cancel {
						cancel()
					}
					<-release
				}
				acknowledge(t, w, inv)
			})
			results, _ := run(ctx, context.Background(), t, a.URL, plan(2, 1), tc.timeout)
			open()
			outcome{Outcome: bench.Unknown, Kind: "response_lost", Error: "context"}.check(t, results[0])
			tc.want.check(t, results[1])
			if got := a.calls()[0]; got != 1 {
				t.Errorf("sent %d times, want once", got)
			}
		})
	}
}

// A mix of everything, many at once: the accounts still add up to the plan.
func TestMix(t *testing.T) {
	t.Parallel()
	a := serve(t, func(w http.ResponseWriter, inv bench.Invocation, before int) {
		switch {
		case inv.Index%5 == 1 && before == 0:
			refuse(w, 429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded"}`)
		case inv.Index%5 == 2:
			cut(t, w)
		case inv.Index%5 == 3:
			say(w, 500, bench.ReplyBody{Error: "no", Refused: true})
		default:
			acknowledge(t, w, inv)
		}
	})
	_, s := runAll(t, a.URL, plan(100, 32))
	if want := (bench.Account{Planned: 100, Acknowledged: 60, Failed: 20, Unknown: 20}); s.Invocations != want {
		t.Errorf("invocations %+v, want %+v", s.Invocations, want)
	}
	if want := (bench.Account{Planned: 1000, Acknowledged: 600, Failed: 200, Unknown: 200}); s.Rows != want {
		t.Errorf("rows %+v, want %+v", s.Rows, want)
	}
	sent := slices.Collect(maps.Values(a.calls()))
	slices.Sort(sent)
	if len(sent) != 100 || sent[79] != 1 || sent[80] != 2 || sent[99] != 2 {
		t.Errorf("calls %v, want 80 invocations sent once and 20 twice", sent)
	}
}
