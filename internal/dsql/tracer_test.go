package dsql_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/telemetry"
)

// connections counts what a pool tells of its connections.
type connections struct{ opened, closed, took atomic.Int64 }

func (c *connections) Opened(took time.Duration) { c.opened.Add(1); c.took.Add(int64(took)) }
func (c *connections) Closed()                   { c.closed.Add(1) }

// observing is a pool whose statements are observed in full.
type observing struct {
	t      *testing.T
	db     *dsql.DB
	insert *dsql.Insert
	told   *connections
	seen   *telemetry.Invocation
	ctx    context.Context
	number int
}

func observe(t *testing.T, url string, conns int) *observing {
	t.Helper()
	o := &observing{t: t, told: &connections{}}
	address := dsql.Address{URL: url}
	where, err := address.Where()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if o.db, err = dsql.OpenObserved(ctx, address, conns, o.told); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.db.Close)
	if o.insert, err = o.db.NewInsert(1); err != nil {
		t.Fatal(err)
	}
	l, err := telemetry.NewLambda(ctx, func(string) string { return "" }, "env", where)
	if err != nil {
		t.Fatal(err)
	}
	o.seen = l.Begin(ctx, bench.Invocation{
		Scenario: bench.Individual, Count: 1, Iterations: 1, Telemetry: &bench.TelemetryRequest{Mode: bench.TelemetryRelay, Detail: bench.DetailAll},
	}, true, "INSERT")
	o.ctx = o.seen.Collecting(ctx)
	return o
}

// statement sends one, once for each context; between is called when the next
// attempt has begun and not yet sent anything.
func (o *observing) statement(between func(), contexts ...context.Context) (err error) {
	first := time.Now()
	var failure dsql.Failure
	for i, ctx := range contexts {
		o.seen.Attempt()
		if i > 0 {
			between()
		}
		start := time.Now()
		_, err = o.insert.Exec(ctx, events(o.number + 1)[o.number:])
		failure = dsql.Failure{Outcome: bench.Acknowledged}
		if err != nil {
			failure = dsql.Explain(err)
		}
		o.seen.Tried(start, time.Now(), failure.Kind, failure.SQLSTATE)
	}
	o.seen.Statement(telemetry.Statement{
		Number: o.number, Start: first, Took: time.Since(first), Outcome: failure.Outcome, Kind: failure.Kind, SQLSTATE: failure.SQLSTATE,
	})
	o.number++
	return err
}

// attempts ends the observation; it answers the names of the spans of each
// attempt, failed ones marked. Every span must lie within the one above it.
func (o *observing) attempts() (all []string) {
	o.t.Helper()
	byID := map[string]*tracepb.Span{}
	var spans []*tracepb.Span
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	defer decoder.Close()
	for _, chunk := range o.seen.End(false).Chunks {
		var m tracepb.ResourceSpans
		data, err := decoder.DecodeAll(chunk.Data, nil)
		if err == nil {
			err = proto.Unmarshal(data, &m)
		}
		if err != nil {
			o.t.Fatal(err)
		}
		spans = append(spans, m.ScopeSpans[0].Spans...)
	}
	for _, s := range spans {
		byID[string(s.SpanId)] = s
	}
	for _, s := range spans {
		up := byID[string(s.ParentSpanId)]
		if up != nil && (s.StartTimeUnixNano < up.StartTimeUnixNano || s.EndTimeUnixNano > up.EndTimeUnixNano || s.EndTimeUnixNano <= s.StartTimeUnixNano) {
			o.t.Errorf("%s from %d to %d isn't within %s from %d to %d", s.Name, s.StartTimeUnixNano, s.EndTimeUnixNano, up.Name, up.StartTimeUnixNano, up.EndTimeUnixNano)
		}
		switch name := mark(s); {
		case s.Name == "attempt":
			all = append(all, name+":")
		case up != nil && up.Name != "" && s.Kind == tracepb.Span_SPAN_KIND_INTERNAL && s.Name != "backoff":
			all[len(all)-1] += " " + strings.TrimPrefix(up.Name+"/", "attempt/") + name
		}
	}
	return all
}

func mark(s *tracepb.Span) string {
	if s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
		return s.Name + "!"
	}
	return s.Name
}

// Where the time of an attempt goes: to connecting and preparing the first time.
func TestPhases(t *testing.T) {
	t.Parallel()
	const rest = "connect/startup acquire/connect acquire prepare query"
	for _, tc := range []struct {
		name  string
		url   func(admin) string
		first string
	}{
		{"socket", func(a admin) string { return urlOf(t, a.name, "postgres") }, "connect/dial " + rest},
		{"TCP", func(a admin) string {
			return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", newProxy(t).Addr(), a.name)
		}, "connect/dns connect/dial " + rest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, _ := withTable(t)
			o := observe(t, tc.url(a), 1)
			for range 3 {
				if err := o.statement(nil, o.ctx); err != nil {
					t.Fatal(err)
				}
			}
			got := o.attempts()
			if len(got) != 3 {
				t.Fatalf("attempts %q, want 3", got)
			}
			if diff := cmp.Diff(words("attempt: "+tc.first), words(got[0])); diff != "" {
				t.Error(diff)
			}
			for _, next := range got[1:] {
				if diff := cmp.Diff("attempt: acquire query", next); diff != "" {
					t.Error(diff)
				}
			}
			if n := o.told.opened.Load(); n != 1 || o.told.closed.Load() != 0 || o.told.took.Load() <= 0 {
				t.Errorf("%d opened, %d closed, took %d", n, o.told.closed.Load(), o.told.took.Load())
			}
			o.db.Close()
			if n := o.told.closed.Load(); n != 1 {
				t.Errorf("%d closed, want 1", n)
			}
		})
	}
}

// words are the parts of text, in any order.
func words(text string) map[string]int {
	out := map[string]int{}
	for _, w := range strings.Fields(text) {
		out[w]++
	}
	return out
}

// What failed is marked, and what was never come to isn't there.
func TestPhasesFailed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		url    func(*testing.T) string
		want   string
		opened int64
	}{
		{
			"row refused", func(t *testing.T) string {
				a, _ := withTable(t)
				a.do("ALTER TABLE " + dsql.Table + " ADD CHECK (event_type <> 'LoanCreated')")
				return urlOf(t, a.name, "postgres")
			},
			"attempt!: connect/dial connect/startup acquire/connect acquire prepare query!", 1,
		},
		{
			"no table", func(t *testing.T) string { return urlOf(t, database(t).name, "postgres") },
			"attempt!: connect/dial connect/startup acquire/connect acquire prepare!", 1,
		},
		{
			"no such database", func(t *testing.T) string { return urlOf(t, "nowhere", "postgres") },
			"attempt!: connect/dial connect/startup! acquire/connect! acquire!", 0,
		},
		{
			"nobody listens", func(*testing.T) string { return "postgres://u@127.0.0.1:1/d?sslmode=disable" },
			"attempt!: connect/dns connect/dial! acquire/connect! acquire!", 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := observe(t, tc.url(t), 1)
			if err := o.statement(nil, o.ctx); err == nil {
				t.Fatal("no error")
			}
			got := o.attempts()
			if len(got) != 1 {
				t.Fatalf("attempts %q, want 1", got)
			}
			if diff := cmp.Diff(words(tc.want), words(got[0])); diff != "" {
				t.Error(diff)
			}
			if n := o.told.opened.Load(); n != tc.opened {
				t.Errorf("%d opened, want %d", n, tc.opened)
			}
		})
	}
}

// held is a way to the cluster that answers nothing before it is released.
type held struct {
	net.Listener
	accepted chan struct{} // has one for each connection
	released chan struct{}
	release  func()
}

func hold(t *testing.T) *held {
	t.Helper()
	u, err := url.Parse(os.Getenv(clusterURL))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	released := make(chan struct{})
	h := &held{l, make(chan struct{}, 100), released, sync.OnceFunc(func() { close(released) })}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			h.accepted <- struct{}{}
			wg.Go(func() {
				defer func() { _ = client.Close() }()
				<-h.released
				server, err := net.Dial("unix", filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"))
				if err != nil {
					return
				}
				wg.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
				_, _ = io.Copy(client, server) // until either end closes
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		h.release()
		wg.Wait()
	})
	return h
}

// A pool goes on connecting for an attempt that was cancelled. The attempt after
// it has what it opened, and not its phases.
func TestConnectOutlivesAttempt(t *testing.T) {
	t.Parallel()
	a, _ := withTable(t)
	h := hold(t)
	o := observe(t, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", h.Addr(), a.name), 1)
	cancelled, cancel := context.WithCancel(o.ctx)
	go func() {
		<-h.accepted
		cancel()
	}()
	if err := o.statement(h.release, cancelled, o.ctx); err != nil {
		t.Fatal(err)
	}
	got := o.attempts()
	if len(got) != 2 {
		t.Fatalf("attempts %q, want 2", got)
	}
	if diff := cmp.Diff("attempt!: acquire!", got[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("attempt: acquire prepare query", got[1]); diff != "" {
		t.Error(diff)
	}
	if n := o.told.opened.Load(); n != 1 {
		t.Errorf("%d opened, want 1", n)
	}
}

// One address takes connections and says nothing; the next one answers.
func TestPhasesOfTwoAddresses(t *testing.T) {
	t.Parallel()
	a, _ := withTable(t)
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	go func() {
		for {
			conn, err := deaf.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	o := observe(t, fmt.Sprintf("postgres://postgres@%s,%s/%s?sslmode=disable", deaf.Addr(), newProxy(t).Addr(), a.name), 1)
	if err := o.statement(nil, o.ctx); err != nil {
		t.Fatal(err)
	}
	want := "attempt: connect/dns connect/dns connect/dial connect/startup! connect/dial connect/startup acquire/connect acquire prepare query"
	if diff := cmp.Diff([]map[string]int{words(want)}, []map[string]int{words(strings.Join(o.attempts(), " "))}); diff != "" {
		t.Error(diff)
	}
}
