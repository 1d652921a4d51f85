package dsql_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

// connections counts what a pool tells of its connections.
type connections struct{ opened, closed, took atomic.Int64 }

func (c *connections) Opened(took time.Duration) { c.opened.Add(1); c.took.Add(int64(took)) }
func (c *connections) Closed()                   { c.closed.Add(1) }

// measured is a pool of connections, and the attempts of its statements.
type measured struct {
	t      *testing.T
	db     *dsql.DB
	insert *dsql.Insert
	told   *connections
	tried  []string // each attempt with its phases; failed ones are marked
	number int
}

func measure(t *testing.T, url string, conns int) *measured {
	t.Helper()
	m := &measured{t: t, told: &connections{}}
	var err error
	if m.db, err = dsql.OpenObserved(context.Background(), address.Address{URL: url}, conns, m.told); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.db.Close)
	if m.insert, err = m.db.NewInsert(bench.ByValues, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.insert.Close)
	return m
}

// statement sends one, once for each context. between is called when an attempt after
// the first has begun and not sent anything yet. It returns the failure of the last one.
func (m *measured) statement(between func(), contexts ...context.Context) (last bench.Failure) {
	m.t.Helper()
	row := dsqltest.Events(m.number + 1)[m.number:]
	for i, ctx := range contexts {
		a := m.insert.Try(ctx, row, func() {
			if i > 0 {
				between()
			}
		})
		m.tried = append(m.tried, outline(m.t, a))
		last = a.Failure
	}
	m.number++
	return last
}

// outline are an attempt's phases by name, each after the phase that it is a part of.
// Every phase must lie within the one that it is a part of, and within the attempt.
func outline(t *testing.T, a bench.Attempt) string {
	t.Helper()
	within := map[bench.Phase]bench.Timing{"": {Start: a.Start, End: a.End}}
	for _, timing := range a.Timings {
		within[timing.Phase] = timing
	}
	text := mark("attempt", a.Failure.Kind != "") + ":"
	for _, timing := range a.Timings {
		up, ok := within[timing.Phase.Within()]
		if !ok {
			up = within[""]
		}
		if timing.Start.Before(up.Start) || timing.End.After(up.End) || !timing.End.After(timing.Start) {
			t.Errorf("%+v isn't within %+v", timing, up)
		}
		name := mark(string(timing.Phase), timing.Failed)
		if up.Phase != "" {
			name = string(up.Phase) + "/" + name
		}
		text += " " + name
	}
	return text
}

func mark(name string, failed bool) string {
	if failed {
		return name + "!"
	}
	return name
}

// Where the time of an attempt goes: to connecting and preparing the first time.
func TestPhases(t *testing.T) {
	t.Parallel()
	const rest = "connect/startup acquire/connect acquire prepare query"
	for _, tc := range []struct {
		name  string
		url   func(dsqltest.Database) string
		first string
	}{
		{"socket", func(a dsqltest.Database) string { return a.As("postgres") }, "connect/dial " + rest},
		{"TCP", func(a dsqltest.Database) string {
			return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", dsqltest.NewProxy(t).Addr(), a.Name)
		}, "connect/dns connect/dial " + rest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, _ := dsqltest.WithTable(t)
			m := measure(t, tc.url(a), 1)
			for range 3 {
				if f := m.statement(nil, t.Context()); f.Kind != "" {
					t.Fatal(f)
				}
			}
			got := m.tried
			if len(got) != 3 {
				t.Fatalf("attempts %q, want 3", got)
			}
			if diff := cmp.Diff(words("attempt: "+tc.first), words(got[0])); diff != "" {
				t.Error(diff)
			}
			for _, next := range got[1:] {
				if diff := cmp.Diff("attempt: query", next); diff != "" {
					t.Error(diff)
				}
			}
			if n := m.told.opened.Load(); n != 1 || m.told.closed.Load() != 0 || m.told.took.Load() <= 0 {
				t.Errorf("%d opened, %d closed, took %d", n, m.told.closed.Load(), m.told.took.Load())
			}
			m.insert.Close()
			m.db.Close()
			if n := m.told.closed.Load(); n != 1 {
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
				a, _ := dsqltest.WithTable(t)
				a.Do("ALTER TABLE " + dsql.Table + " ADD CHECK (event_type <> 'LoanCreated')")
				return a.As("postgres")
			},
			"attempt!: connect/dial connect/startup acquire/connect acquire prepare query!", 1,
		},
		{
			"no table", func(t *testing.T) string { return dsqltest.New(t).As("postgres") },
			"attempt!: connect/dial connect/startup acquire/connect acquire prepare!", 1,
		},
		{
			"no such database", func(t *testing.T) string { return dsqltest.URL(t, "nowhere", "postgres") },
			"attempt!: connect/dial connect/startup! acquire/connect! acquire!", 0,
		},
		{
			"nobody listens", func(*testing.T) string { return "postgres://u@127.0.0.1:1/d?sslmode=disable" },
			"attempt!: connect/dns connect/dial! acquire/connect! acquire!", 0,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := measure(t, tc.url(t), 1)
			if f := m.statement(nil, t.Context()); f.Kind == "" {
				t.Fatal("no error")
			}
			got := m.tried
			if len(got) != 1 {
				t.Fatalf("attempts %q, want 1", got)
			}
			if diff := cmp.Diff(words(tc.want), words(got[0])); diff != "" {
				t.Error(diff)
			}
			if n := m.told.opened.Load(); n != tc.opened {
				t.Errorf("%d opened, want %d", n, tc.opened)
			}
		})
	}
}

// held is a way to the cluster that answers nothing before it is released.
type held struct {
	net.Listener
	accepted chan struct{} // has one for each connection
	release  func()
}

func hold(t *testing.T) *held {
	t.Helper()
	released := make(chan struct{})
	h := &held{accepted: make(chan struct{}, 100), release: sync.OnceFunc(func() { close(released) })}
	socket := dsqltest.Socket(t)
	h.Listener = dsqltest.Serve(t, func(client net.Conn) {
		h.accepted <- struct{}{}
		<-released
		dsqltest.Join(t, client, socket)
	})
	t.Cleanup(h.release)
	return h
}

// A pool goes on connecting for an attempt that was cancelled. The attempt after
// it has what it opened, and not its phases.
func TestConnectOutlivesAttempt(t *testing.T) {
	t.Parallel()
	a, _ := dsqltest.WithTable(t)
	h := hold(t)
	m := measure(t, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", h.Addr(), a.Name), 1)
	cancelled, cancel := context.WithCancel(t.Context())
	go func() {
		<-h.accepted
		cancel()
	}()
	if f := m.statement(h.release, cancelled, t.Context()); f.Kind != "" {
		t.Fatal(f)
	}
	got := m.tried
	if len(got) != 2 {
		t.Fatalf("attempts %q, want 2", got)
	}
	if diff := cmp.Diff("attempt!: acquire!", got[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("attempt: acquire prepare query", got[1]); diff != "" {
		t.Error(diff)
	}
	if n := m.told.opened.Load(); n != 1 {
		t.Errorf("%d opened, want 1", n)
	}
}

// One address takes connections and says nothing; the next one answers.
func TestPhasesOfTwoAddresses(t *testing.T) {
	t.Parallel()
	a, _ := dsqltest.WithTable(t)
	deaf := dsqltest.Serve(t, func(net.Conn) {})
	m := measure(t, fmt.Sprintf("postgres://postgres@%s,%s/%s?sslmode=disable", deaf.Addr(), dsqltest.NewProxy(t).Addr(), a.Name), 1)
	if f := m.statement(nil, t.Context()); f.Kind != "" {
		t.Fatal(f)
	}
	want := "attempt: connect/dns connect/dns connect/dial connect/startup! connect/dial connect/startup acquire/connect acquire prepare query"
	if diff := cmp.Diff([]map[string]int{words(want)}, []map[string]int{words(strings.Join(m.tried, " "))}); diff != "" {
		t.Error(diff)
	}
}
