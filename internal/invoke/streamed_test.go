package invoke_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/invoke"
	"dsql-load-test/internal/latency"
)

const streamPath = "/2021-11-15/functions/load/response-streaming-invocations"

// streamPlan plans invocations of eight statements of two rows. Of each invocation, statement 1
// fails and statement 4 ends unknown.
func streamPlan(invocations int) bench.Plan {
	p := plan(invocations, invocations)
	p.Load.Iterations = 8
	return p
}

// after returns the Response of an invocation of streamPlan that ended after n statements, two in
// each second.
func after(t *testing.T, inv bench.Invocation, n int) *bench.Response {
	t.Helper()
	const began, each = 1_795_000_000, 500 * time.Millisecond
	rows, h := int64(inv.RowsPerStatement()), latency.New()
	a := &bench.Account{Planned: int64(inv.Statements()), NotStarted: int64(inv.Statements() - n)}
	r := &bench.Response{
		Scenario: inv.Scenario, Iterations: inv.Iterations, Count: inv.Count, EventType: inv.EventType, Statement: inv.Statement, Index: inv.Index,
		RunID: inv.RunID, StartedUs: began * 1_000_000, Statements: a, Attempts: int64(n), EnvironmentID: "env-1", TotalInserts: inv.Rows(),
		DurationMs: (time.Duration(n) * each).Seconds() * 1000, Truncated: n < inv.Statements(),
	}
	for i := range n {
		if i%2 == 0 {
			r.Timeline = append(r.Timeline, bench.Second{Unix: began + int64(i/2), ErrorKinds: map[string]int64{}, Latency: latency.Sparse{}})
		}
		second := &r.Timeline[i/2]
		second.Statements++
		s := bench.Statement{Invocation: inv.Index, Iteration: i, Rows: int(rows), StartedUs: r.StartedUs, LatencyUs: each.Microseconds(), Attempts: 1, Outcome: bench.Acknowledged, Environment: "env-1"}
		switch i {
		case 1:
			s.Outcome, s.Error = bench.Failed, "23505"
			a.Failed++
			r.Failed.Append(i)
		case 4:
			s.Outcome, s.Error = bench.Unknown, "connection_lost"
			a.Unknown++
			r.Unknown.Append(i)
		default:
			a.Acknowledged++
			h.Record(each)
			second.Latency.Record(each)
			second.Rows += rows
		}
		if s.Error != "" {
			second.Errors++
			second.ErrorKinds[s.Error]++
			r.Errors = append(r.Errors, bench.ErrorCount{Kind: s.Error, Message: "no", Statements: 1, Rows: rows})
		}
		r.Slowest = append(r.Slowest, s)
	}
	r.SuccessCount, r.RowsAffected = a.Acknowledged*rows, a.Acknowledged*rows
	r.ErrorCount = r.TotalInserts - r.SuccessCount
	r.InsertsPerSecond = float64(r.SuccessCount) / r.DurationMs * 1000
	var err error
	if r.Latency, err = h.Snapshot(); err != nil {
		t.Error(err)
	}
	return r
}

// partial returns partial answer n: two statements more than the one before.
func partial(t *testing.T, inv bench.Invocation, n int) *bench.Partial {
	t.Helper()
	was := 2 * (n - 1)
	r := after(t, inv, was+2)
	r.Timeline, r.Failed, r.Unknown, r.Slowest = r.Timeline[n-1:], r.Failed.From(was), r.Unknown.From(was), r.Slowest[was:]
	return &bench.Partial{Number: n, SoFar: r}
}

// speech is a streamed answer that a server gives.
type speech struct {
	t      *testing.T
	w      http.ResponseWriter
	inv    bench.Invocation
	before int             // how often the invocation was sent before
	gone   <-chan struct{} // closed when the caller is gone
}

// event returns the bytes of an event.
func (s *speech) event(messageType, typeHeader, kind string, payload []byte) []byte {
	m := eventstream.Message{Payload: payload}
	m.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(messageType))
	m.Headers.Set(typeHeader, eventstream.StringValue(kind))
	m.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue("application/json"))
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		s.t.Error(err)
	}
	return b.Bytes()
}

// raw sends bytes.
func (s *speech) raw(b []byte) {
	s.w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	_, _ = s.w.Write(b) // the client reports what is missing
	_ = http.NewResponseController(s.w).Flush()
}

func (s *speech) chunkEvent(payload string) []byte {
	return s.event(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, "PayloadChunk", []byte(payload))
}

func (s *speech) chunk(payload string) { s.raw(s.chunkEvent(payload)) }

func (s *speech) endEvent(code, details string) []byte {
	last := map[string]string{"LogResult": base64.StdEncoding.EncodeToString([]byte(
		"REPORT RequestId: 8f5a\tDuration: 19.02 ms\tBilled Duration: 20 ms\tMemory Size: 512 MB\tMax Memory Used: 48 MB\n"))}
	if code != "" {
		last["ErrorCode"], last["ErrorDetails"] = code, details
	}
	payload, _ := json.Marshal(last) // strings always encode
	return s.event(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, "InvokeComplete", payload)
}

// end sends the last event.
func (s *speech) end(code, details string) { s.raw(s.endEvent(code, details)) }

// exception sends an exception instead of an event.
func (s *speech) exception(kind string) {
	s.raw(s.event(eventstreamapi.ExceptionMessageType, eventstreamapi.ExceptionTypeHeader, kind, []byte(`{"message":"no"}`)))
}

// line returns partial answer n, changed.
func (s *speech) line(n int, changes ...func(*bench.Partial)) string {
	p := partial(s.t, s.inv, n)
	for _, change := range changes {
		change(p)
	}
	text, err := json.Marshal(p)
	if err != nil {
		s.t.Error(err)
	}
	return string(text) + "\n"
}

// reply returns the reply, changed.
func (s *speech) reply(changes ...func(*bench.Response)) string {
	r := after(s.t, s.inv, s.inv.Statements())
	for _, change := range changes {
		change(r)
	}
	var b strings.Builder
	say(&b, 200, bench.ReplyBody{Success: true, Result: r})
	return strings.TrimSuffix(b.String(), "\n")
}

// told sends the first n partial answers.
func (s *speech) told(n int) {
	for i := range n {
		s.chunk(s.line(i + 1))
	}
}

// serveStreams serves InvokeWithResponseStream by speak, and Invoke by the reply.
func serveStreams(t *testing.T, speak func(*speech)) (a *api, whole func() int) {
	a = &api{sent: map[int]int{}}
	wholes := 0
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		s := &speech{t: t, w: w, gone: r.Context().Done()}
		if err != nil || json.Unmarshal(body, &s.inv) != nil || s.inv.Stream != (r.URL.Path == streamPath) {
			t.Errorf("%s %s with %q, error %v", r.Method, r.URL.Path, body, err)
		}
		a.mu.Lock()
		s.before = a.sent[s.inv.Index]
		if r.URL.Path == streamPath {
			a.sent[s.inv.Index]++
		} else {
			wholes++
		}
		a.mu.Unlock()
		if r.URL.Path != streamPath {
			_, _ = io.WriteString(w, s.reply())
			return
		}
		speak(s)
	}))
	t.Cleanup(a.Close)
	return a, func() int {
		a.mu.Lock()
		defer a.mu.Unlock()
		return wholes
	}
}

// news collects what a Run tells.
type news struct {
	mu      sync.Mutex
	partial map[int][]*bench.Response
	results int
	live    *sum.Sum
	onEach  func() // called after each partial answer; may be nil
}

// streamed runs p with answers streamed, and checks what holds whatever happens: one Result for
// each invocation, accounts that balance, partial answers that only grow, and that what they
// acknowledged stays acknowledged.
func streamed(ctx context.Context, t *testing.T, endpoint string, p bench.Plan, timeout time.Duration, n *news) ([]bench.Result, *bench.Summary) {
	t.Helper()
	c, err := invoke.NewClient(ctx, invoke.Options{
		FunctionName: "load", Region: "us-east-1", EndpointURL: endpoint, LocalCredentials: true, Concurrency: p.Concurrency, Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.partial, n.live = map[int][]*bench.Response{}, sum.New(p)
	results, _ := c.Run(ctx, context.Background(), p, nil, invoke.News{
		Result: func(r *bench.Result) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.results++
			n.live.Add(r)
		},
		Partial: func(index int, soFar *bench.Response) {
			n.mu.Lock()
			n.partial[index] = append(n.partial[index], soFar)
			n.live.AddPartial(index, soFar)
			n.live.Live()
			n.mu.Unlock()
			if n.onEach != nil {
				n.onEach()
			}
		},
	})
	if len(results) != p.Load.NumLambdas || n.results != len(results) {
		t.Errorf("%d results, %d told of, want %d", len(results), n.results, p.Load.NumLambdas)
	}
	for i := range results {
		checkGrowth(t, p, &results[i], n.partial[i])
	}
	s, err := sum.Of(p, results)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Rows.Balanced() || s.Rows.Planned != p.Rows() || !s.Invocations.Balanced() || !s.Statements.Balanced() {
		t.Errorf("accounts don't balance: rows %+v, statements %+v, invocations %+v", s.Rows, *s.Statements, s.Invocations)
	}
	if live := n.live.Live(); live.Summary.Rows != s.Rows {
		t.Errorf("the live sum has the rows %+v at the end, the results have %+v", live.Summary.Rows, s.Rows)
	}
	return results, s
}

// checkGrowth checks that no partial answer takes back what was told before, nor does the result.
func checkGrowth(t *testing.T, p bench.Plan, r *bench.Result, told []*bench.Response) {
	t.Helper()
	known := map[int]bench.Outcome{}
	follow := func(what string, outcomeOf func(int) bench.Outcome) {
		for i := range p.Invocation(r.Index).Statements() {
			o := outcomeOf(i)
			if was, ok := known[i]; ok && o != was {
				t.Errorf("invocation %d, statement %d: %s after %s, by %s", r.Index, i, o, was, what)
			}
			if o != bench.NotStarted {
				known[i] = o
			}
		}
	}
	for _, soFar := range told {
		if soFar.Telemetry != nil {
			t.Errorf("invocation %d: a partial answer still holds its telemetry", r.Index)
		}
		follow("a partial answer", soFar.OutcomeOf)
	}
	follow("the result", func(n int) bench.Outcome {
		o, ok := r.OutcomeOf(n)
		if !ok {
			t.Errorf("invocation %d, statement %d isn't told", r.Index, n)
		}
		return o
	})
	if r.Partial != (r.Response != nil && r.Outcome != bench.Acknowledged) || r.Partial && len(told) == 0 {
		t.Errorf("invocation %d: %s, partial %v, response %v, %d partial answers", r.Index, r.Outcome, r.Partial, r.Response != nil, len(told))
	}
}

// patiently is the time-out of a call that isn't to end by it.
const patiently = eventually.Patience
