package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/test/stack"
)

// testJaegerFails breaks Jaeger in every way. The results report it, and all else is right:
// the rows, the ledger of the hops before Jaeger, Prometheus and the verdict.
func (l *lab) testJaegerFails(t *testing.T) {
	t.Run("slow", l.testJaegerSlow)
	t.Run("started anew", l.testJaegerAnew)
	t.Run("away", l.testJaegerAway)
	t.Run("full", l.testJaegerFull)
	t.Run("out of memory", l.testJaegerOutOfMemory)
}

// testJaegerSlow: Jaeger stops for some seconds. The collector keeps the spans meanwhile, and
// Jaeger gets all of them in the end.
func (l *lab) testJaegerSlow(t *testing.T) {
	runs, goOn := l.paced(t, "slowstore", nil)
	if err := l.stack.PauseJaeger(); err != nil {
		t.Fatal(err)
	}
	goOn()
	time.AfterFunc(3*time.Second, func() {
		if err := l.stack.ResumeJaeger(); err != nil {
			t.Error(err)
		}
	})
	r := runs[0].wait()
	if err := errors.Join(is("exit code", r.code, 0), r.complete(pacedRows), agree(r, pacedRows), stored(r.record.TraceStore, 8)); err != nil {
		t.Error(err)
	}
}

// testJaegerAnew: Jaeger is killed and restarted before the driver checks the traces. They
// are lost, and the results say so.
func (l *lab) testJaegerAnew(t *testing.T) {
	target, err := url.Parse(l.stack.JaegerURL)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() {
			l.stack.KillJaeger()
			if err := l.stack.RestartJaeger(t.Context()); err != nil {
				t.Error(err)
			}
		})
		proxy.ServeHTTP(w, r)
	}))
	defer server.Close()
	at := l.database(t, "anew", "")
	env := append(append(l.observed(), to(at)...), "DSQLLOAD_JAEGER_URL="+server.URL)
	r := l.small(t, env).wait()
	if err := errors.Join(is("exit code", r.code, 0), r.complete(smallRows), agree(r, smallRows), whole(r.record.Telemetry), gone(r, 8, "8 of 8 traces lack spans or are gone")); err != nil {
		t.Error(err)
	}
	demands := l.small(t, append(append(l.observed(), to(at)...), "DSQLLOAD_JAEGER_URL="+l.stack.JaegerURL), "--telemetry-required").wait()
	if err := errors.Join(is("exit code once Jaeger is back", demands.code, 0), stored(demands.record.TraceStore, 8)); err != nil {
		t.Error(err)
	}
}

// gone returns an error unless the results say that this number of traces is lost.
func gone(r *run, traces int64, problem string) error {
	s := r.record.TraceStore
	if s == nil || s.OK || s.Opened != traces || s.Whole != 0 || !strings.Contains(s.Problem, problem) || len(s.Wrong) == 0 {
		return fmt.Errorf("trace store %+v; want %d traces gone", s, traces)
	}
	return errors.Join(noted(r), told(r, "trace store: "))
}

// noted returns an error unless the verdict is VALID with a NOTE about the traces. It
// ignores notes that this machine stalled for a moment.
func noted(r *run) error {
	v := r.record.Verdict
	ofTraces := func(reason bench.Reason) bool {
		return reason.Code == "traces_missing" && reason.Severity == bench.Note
	}
	other := func(reason bench.Reason) bool {
		return reason.Severity != bench.Note && reason.Code != "driver_stalled"
	}
	if v == nil || !slices.ContainsFunc(v.Reasons, ofTraces) || slices.ContainsFunc(v.Reasons, other) {
		return fmt.Errorf("verdict %+v; want a NOTE that traces are missing, and nothing worse", v)
	}
	return nil
}

// told returns an error unless a warning has this beginning.
func told(r *run, begin string) error {
	if !slices.ContainsFunc(r.record.Run.Warnings, func(w string) bool { return strings.HasPrefix(w, begin) }) {
		return fmt.Errorf("no warning among %q begins with %q", r.record.Run.Warnings, begin)
	}
	return nil
}

// testJaegerAway: Jaeger is killed during a run and stays down until its end. The spans that
// the collector couldn't send are counted.
func (l *lab) testJaegerAway(t *testing.T) {
	runs, goOn := l.paced(t, "away", []string{"--settle", "10s"})
	l.stack.KillJaeger()
	goOn()
	r := runs[0].wait()
	hop := r.record.Telemetry.Spans.Collector
	if hop == nil || hop.Dropped["still_queued"] == 0 || hop.Received != taken(r.record.Telemetry) {
		t.Errorf("the collector's hop %+v; want spans that wait for Jaeger", hop)
	}
	s := r.record.TraceStore
	if s == nil || s.OK || s.Opened != 0 || !strings.Contains(s.Problem, "connection refused") {
		t.Errorf("trace store %+v; want nothing opened, for Jaeger is away", s)
	}
	err := errors.Join(is("exit code", r.code, 0), r.complete(pacedRows), agree(r, pacedRows), balanced(r.record.Telemetry), warned(r.record))
	if err != nil {
		t.Error(err)
	}
	if err := l.stack.RestartJaeger(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// testJaegerFull: Jaeger keeps fewer traces than the run has and dropped the oldest.
func (l *lab) testJaegerFull(t *testing.T) {
	const room, lambdas = 20, 60
	full := *l
	full.stack = stack.Start(t, fmt.Sprintf("JAEGER_MAX_TRACES=%d", room))
	r := full.run(t, 0, append(full.observed(), to(l.database(t, "fullstore", ""))...), "--scenario", "1", "--num-lambdas", fmt.Sprint(lambdas), "--iterations", "5", "--warm-up", "0")
	if err := errors.Join(r.complete(lambdas*5), agree(r, lambdas*5), whole(r.record.Telemetry), noted(r), told(r, "trace store: ")); err != nil {
		t.Error(err)
	}
	if s := r.record.TraceStore; s == nil || s.OK || s.Opened != lambdas || s.Whole > room {
		t.Errorf("trace store %+v; want %d opened and at most %d whole", s, lambdas, room)
	}
}

// testJaegerOutOfMemory: Jaeger is at its memory limit and refuses all spans. The
// collector keeps them, and they are counted.
func (l *lab) testJaegerOutOfMemory(t *testing.T) {
	full := *l
	full.stack = stack.Start(t, "JAEGER_MEMORY_LIMIT_MIB=2", "JAEGER_MEMORY_SPIKE_MIB=1") // less than it takes by itself
	started, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := full.stack.JaegerSays(started, "Refusing data"); err != nil { // it looks at its memory twice a second
		t.Fatal(err)
	}
	r := full.small(t, append(full.observed(), to(l.database(t, "refusing", ""))...), "--settle", "10s").wait()
	hop := r.record.Telemetry.Spans.Collector
	if hop == nil || hop.Lost() != hop.Received || hop.Received != taken(r.record.Telemetry) {
		t.Errorf("the collector's hop %+v; want all spans lost or waiting", hop)
	}
	if err := errors.Join(is("exit code", r.code, 0), r.complete(smallRows), agree(r, smallRows), balanced(r.record.Telemetry), warned(r.record), told(r, "trace store: ")); err != nil {
		t.Error(err)
	}
}
