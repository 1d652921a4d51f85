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
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/invoke"
)

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
		Concurrency: p.Concurrency, Timeout: timeout, NoStream: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	told := map[int]int{}
	results, _ := c.Run(ctx, drain, p, nil, invoke.News{Result: func(r *bench.Result) {
		mu.Lock()
		defer mu.Unlock()
		told[r.Index]++
	}})
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
	s, err := sum.Of(p, results)
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
	return run(context.Background(), context.Background(), t, endpoint, p, eventually.Patience)
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
