package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/relay"
)

// What a store answers of a trace other than a number of spans.
const (
	unknown = -1 // 404
	failing = -2 // 500
	garbage = -3 // no JSON
)

// store stands for a Jaeger. It answers in turn how many spans a trace has; the
// last answer stays. A trace that it has no answer for is unknown to it.
type store struct {
	t      *testing.T
	double bool // it holds each span twice

	mu     sync.Mutex
	traces map[string][]int
	asked  map[string]int
}

func (s *store) start(t *testing.T) string {
	t.Helper()
	s.t, s.asked = t, map[string]int{}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutPrefix(r.URL.Path, "/api/v3/traces/")
	if !ok {
		s.t.Errorf("asked for %s", r.URL.Path)
	}
	s.mu.Lock()
	s.asked[id]++
	n := unknown
	if answers := s.traces[id]; len(answers) > 0 {
		n = answers[0]
		s.traces[id] = answers[min(1, len(answers)-1):]
	}
	s.mu.Unlock()
	switch n {
	case unknown:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error":{"httpCode":404,"message":"No traces found"}}`))
	case failing:
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("broken"))
	case garbage:
		_, _ = w.Write([]byte("<html>"))
	default:
		_, _ = w.Write(s.trace(n))
	}
}

// trace is Jaeger's answer of a trace of n spans: those of the driver and of the
// function, the latter in messages of two.
func (s *store) trace(n int) []byte {
	type m map[string]any
	span := func(i int) m { return m{"spanId": fmt.Sprintf("%016x", i+1), "name": "query"} }
	resources := []m{{"scopeSpans": []m{{"spans": []m{span(0)}}}}}
	for i := 1; i < n; i += 2 {
		spans := []m{span(i)}
		if i+1 < n {
			spans = append(spans, span(i+1))
		}
		resources = append(resources, m{"scopeSpans": []m{{"spans": spans}}})
	}
	if s.double {
		resources = append(resources, resources...)
	}
	text, err := json.Marshal(m{"result": m{"resourceSpans": resources}})
	if err != nil {
		s.t.Error(err)
	}
	return text
}

func traceOf(n int) string { return fmt.Sprintf("%032x", n+1) }

// sampled are traces of so many spans each.
func sampled(first int, spans ...int64) (all []relay.Trace) {
	for i, n := range spans {
		all = append(all, relay.Trace{ID: traceOf(first + i), Spans: n})
	}
	return all
}

func TestTraceStore(t *testing.T) {
	t.Parallel()
	const rest = " (Jaeger was restarted, or keeps fewer traces than the run has)"
	fault := func(n int, expected, found int64) bench.TraceFault {
		return bench.TraceFault{TraceID: traceOf(n), Expected: expected, Found: found}
	}
	var many []relay.Trace
	var faults []bench.TraceFault
	for n := range 25 {
		many = append(many, sampled(n, 5)...)
		if n%2 == 0 && len(faults) < wrongKept {
			faults = append(faults, fault(n, 5, 0))
		}
	}
	half := map[string][]int{}
	for n := 1; n < 25; n += 2 {
		half[traceOf(n)] = []int{5}
	}
	const soon = 5 * time.Second // then what lacks is missing
	for _, c := range []struct {
		name   string
		store  *store
		settle time.Duration
		sample relay.TraceSample
		want   bench.TraceStore
		asked  map[string]int // of each trace; nil: however often
	}{
		{
			"all whole, one is in both samples", &store{traces: map[string][]int{traceOf(0): {3}, traceOf(1): {4}, traceOf(2): {1}}}, patience,
			relay.TraceSample{Slowest: sampled(0, 3, 4), Chosen: sampled(1, 4, 1), Excused: 2},
			bench.TraceStore{Sampled: 2, Slowest: 2, Opened: 3, Whole: 3, Excused: 2, OK: true},
			map[string]int{traceOf(0): 1, traceOf(1): 1, traceOf(2): 1},
		},
		{
			"spans that came twice", &store{double: true, traces: map[string][]int{traceOf(0): {7}}}, patience,
			relay.TraceSample{Chosen: sampled(0, 7)},
			bench.TraceStore{Sampled: 1, Opened: 1, Whole: 1, OK: true},
			map[string]int{traceOf(0): 1},
		},
		{
			"unknown at first, then short of a span", &store{traces: map[string][]int{traceOf(0): {9}, traceOf(1): {unknown, 4, 5}}}, patience,
			relay.TraceSample{Chosen: sampled(0, 9, 5)},
			bench.TraceStore{Sampled: 2, Opened: 2, Whole: 2, OK: true},
			map[string]int{traceOf(0): 1, traceOf(1): 3},
		},
		{
			"one lacks a span", &store{traces: map[string][]int{traceOf(0): {9}, traceOf(1): {4}}}, soon,
			relay.TraceSample{Slowest: sampled(0, 9), Chosen: sampled(1, 5)},
			bench.TraceStore{
				Sampled: 1, Slowest: 1, Opened: 2, Whole: 1, Wrong: []bench.TraceFault{fault(1, 5, 4)},
				Problem: "1 of 2 traces lack spans or are gone, for example " + traceOf(1) + ": it has 4 of 5 spans" + rest,
			},
			nil,
		},
		{
			"many are gone", &store{traces: half}, soon,
			relay.TraceSample{Chosen: many},
			bench.TraceStore{
				Sampled: 25, Opened: 25, Whole: 12, Wrong: faults,
				Problem: "13 of 25 traces lack spans or are gone, for example " + traceOf(0) + ": it has 0 of 5 spans" + rest,
			},
			nil,
		},
		{
			"no time", &store{traces: half}, 0,
			relay.TraceSample{Slowest: sampled(1, 5), Chosen: many[3:]},
			bench.TraceStore{
				Sampled: 22, Slowest: 1, Opened: 4, Left: 19, Whole: 3, Wrong: []bench.TraceFault{fault(4, 5, 0)},
				Problem: "1 of 4 traces lack spans or are gone, for example " + traceOf(4) + ": it has 0 of 5 spans" + rest,
			},
			map[string]int{traceOf(1): 1, traceOf(3): 1, traceOf(4): 1, traceOf(5): 1},
		},
		{
			"it is broken", &store{traces: map[string][]int{traceOf(0): {failing}}}, patience,
			relay.TraceSample{Chosen: sampled(0, 5)},
			bench.TraceStore{Sampled: 1, Left: 1, Problem: "500 Internal Server Error: broken"},
			nil,
		},
		{
			"it is broken for a moment", &store{traces: map[string][]int{traceOf(0): {failing, 5}}}, patience,
			relay.TraceSample{Chosen: sampled(0, 5)},
			bench.TraceStore{Sampled: 1, Opened: 1, Whole: 1, OK: true},
			map[string]int{traceOf(0): 2},
		},
		{
			"no time, all that were opened are whole", &store{traces: half}, 0,
			relay.TraceSample{Slowest: []relay.Trace{{ID: traceOf(1), Spans: 5}, {ID: traceOf(3), Spans: 5}, {ID: traceOf(5), Spans: 5}, {ID: traceOf(7), Spans: 5}}, Chosen: many},
			bench.TraceStore{Sampled: 25, Slowest: 4, Opened: 4, Left: 21, Whole: 4, Problem: "21 of 25 traces were not opened in time (--settle)"},
			nil,
		},
		{
			"all traces are excused", &store{}, patience,
			relay.TraceSample{Excused: 7},
			bench.TraceStore{Excused: 7, Problem: "no trace was opened, because the ledger shows that all of them lost spans"},
			map[string]int{},
		},
		{"the run has no trace", &store{}, patience, relay.TraceSample{}, bench.TraceStore{Problem: "the run has no trace to open"}, map[string]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := c.store.start(t)
			got := TraceStore(t.Context(), url+"/", c.settle, c.sample)
			if c.want.Wrong == nil {
				c.want.Wrong = []bench.TraceFault{}
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(c.asked, c.store.asked); c.asked != nil && diff != "" {
				t.Errorf("asked: -want +got\n%s", diff)
			}
		})
	}
}

// A store that can't be asked isn't waited for.
func TestTraceStoreOfNobody(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	odd := (&store{traces: map[string][]int{traceOf(0): {garbage}}}).start(t)
	for _, c := range []struct {
		name, url string
		ctx       context.Context
		want      string
	}{
		{"nobody is there", nobody, t.Context(), "127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"somebody else is there", odd, t.Context(), strings.TrimPrefix(odd, "http://") + ": invalid character '<' looking for beginning of value"},
		{"given up", odd, gone, "the run was interrupted before its traces were opened"},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			got := TraceStore(c.ctx, c.url, 2*patience, relay.TraceSample{Chosen: sampled(0, 5)})
			if diff := cmp.Diff(&bench.TraceStore{Sampled: 1, Left: 1, Wrong: []bench.TraceFault{}, Problem: c.want}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if took := time.Since(begun); took > patience {
				t.Errorf("it took %v", took)
			}
		})
	}
	if got := TraceStore(t.Context(), "", patience, relay.TraceSample{Chosen: sampled(0, 5)}); got != nil {
		t.Errorf("%+v of a store that isn't asked", got)
	}
}

// What lacks is waited for as long as the store shows something new.
func TestTraceStoreQuiet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		counts []int
		asked  int
		whole  int64
	}{
		{"comes bit by bit", []int{unknown, 1, 2, 3}, 4, 1},
		{"stops on the way", []int{unknown, 1, 2}, 4, 0},
		{"never comes", []int{unknown}, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &store{traces: map[string][]int{traceOf(0): c.counts}}
			look := &check{jaeger: newBackend(s.start(t)), deadline: time.Now().Add(2 * patience), quiet: poll / 2, out: &bench.TraceStore{}}
			look.open(t.Context(), sampled(0, 3))
			if got := s.asked[traceOf(0)]; got != c.asked || look.out.Whole != c.whole || look.out.Opened != 1 {
				t.Errorf("asked %d times, want %d; %+v", got, c.asked, look.out)
			}
		})
	}
}
