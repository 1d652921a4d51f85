package e2e_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
)

const usualRows = 2 * 60 * 10 * 20

// usual is a run of both scenarios on the local target, throttled at times and
// with most of its cold starts within the measurement.
func (l *lab) usual(t *testing.T) *run {
	t.Helper()
	return l.once(t, "usual", func(t *testing.T) *run {
		t.Helper()
		// The panels with scraped metrics also need samples from before the run.
		eventually.Nil(t, func() error {
			scraped, err := l.stack.Prom(t.Context(), `sum_over_time(up[1m]) > 1`, time.Now())
			return errors.Join(err, is("programs scraped twice", len(scraped), 3))
		})
		return l.run(t, 0, l.observed(), "--num-lambdas", "60", "--iterations", "10", "--count", "20",
			"--warm-up", "2", "--env-concurrency", "10", "--concurrency-limit", "50", "--slow", "20ms") // some are slower on any machine, some faster
	})
}

func (l *lab) testAccounts(t *testing.T) {
	r := l.usual(t)
	if err := r.complete(usualRows); err != nil {
		t.Error(err)
	}
	if err := agree(r, usualRows); err != nil {
		t.Error(err)
	}
	l.traces(t, r) // all are there
	ids, err := l.traceIDs(t, r)
	if err != nil {
		t.Fatal(err)
	}
	const own = 1 // the run's, which isn't sampled
	if n := len(ids) - own; n < 2+60*2+60 {
		t.Errorf("%d traces, although scenario 1 has 200 statements in each of 60 invocations", n)
	}
	if err := errors.Join(whole(r.record.Telemetry), stored(r.record.TraceStore, int64(len(ids)-own))); err != nil {
		t.Error(err)
	}
	l.checkCollector(t, r)
	l.checkSeries(t, r)
	l.checkSlowest(t, r)
	links := r.record.Run.Links
	if links == nil {
		t.Fatal("no links")
	}
	for board, link := range map[string]string{
		"dsqlload-run": links.Dashboard, "dsqlload-slow": links.SlowStatements,
		"dsqlload-telemetry": links.TelemetryHealth, "dsqlload-trace": links.RunTrace,
	} {
		u, err := url.Parse(link)
		if err != nil || u.Path != "/d/"+board || u.Query().Get("var-run_id") != r.id() {
			t.Errorf("link %q, %v; want one to %s of the run", link, err, board)
		}
	}
}

// agree returns the differences between the four accounts of acknowledged rows.
func agree(r *run, rows int64) error {
	a := r.record.Accounts
	if a == nil || a.Database == nil || a.Prometheus == nil || a.Spans == nil {
		return fmt.Errorf("accounts %+v: want all", a)
	}
	return errors.Join(is("acknowledged", a.Acknowledged, rows), is("in the database", *a.Database, rows),
		is("in Prometheus", *a.Prometheus, rows), is("on spans or not kept", *a.Spans+r.record.Telemetry.NotKeptRows, rows), is("agree", a.Agree, true), is("problem", a.Problem, ""))
}

// whole returns the places where telemetry was lost or not counted.
func whole(t *bench.Telemetry) error {
	err := errors.Join(is("telemetry OK", t.OK, true), is("problem", t.Problem, ""), is("unreported", t.UnreportedInvocations, 0),
		is("rows of dropped spans", t.DroppedRows, 0), balanced(t))
	for what, ledger := range map[string]bench.Ledger{"spans": t.Spans, "points": t.Points} {
		for hop, h := range map[string]*bench.Hop{"lambda": &ledger.Lambda, "driver": &ledger.Driver, "collector": ledger.Collector} {
			if h == nil {
				err = errors.Join(err, fmt.Errorf("%s: nothing is known of the %s", what, hop))
			} else if h.Lost() > h.Dropped["superseded"] { // a later point holds what that one held
				err = errors.Join(err, fmt.Errorf("%s lost at the %s: %+v", what, hop, *h))
			}
		}
	}
	if t.Spans.Lambda.Produced == 0 || t.Points.Lambda.Produced == 0 || t.Points.Driver.Produced == 0 {
		err = errors.Join(err, fmt.Errorf("ledgers of nothing: %+v, %+v", t.Spans, t.Points))
	}
	return err
}

// stored returns an error unless the driver found all traces, of the given number, in the
// trace store.
func stored(s *bench.TraceStore, traces int64) error {
	if s == nil {
		return errors.New("the trace store wasn't asked")
	}
	want := &bench.TraceStore{
		Sampled: min(traces, 200), Slowest: s.Slowest, Opened: s.Opened, Whole: s.Opened, Wrong: []bench.TraceFault{}, OK: true,
	}
	if diff := cmp.Diff(want, s); diff != "" || s.Slowest == 0 || s.Opened < min(traces, 200) {
		return fmt.Errorf("trace store: %d opened (-want +got):\n%s", s.Opened, diff)
	}
	return nil
}

// balanced returns the hops whose account doesn't add up.
func balanced(t *bench.Telemetry) (err error) {
	for what, ledger := range map[string]bench.Ledger{"spans": t.Spans, "points": t.Points} {
		for hop, h := range map[string]*bench.Hop{"lambda": &ledger.Lambda, "driver": &ledger.Driver, "collector": ledger.Collector} {
			if h == nil {
				continue
			}
			sum := h.Passed + h.Refused
			for _, n := range h.Dropped {
				sum += n
			}
			err = errors.Join(err, is(what+" at the "+hop, h.Received+h.Produced, sum))
		}
	}
	return err
}

// checkCollector: each hop received what the hop before it sent.
func (l *lab) checkCollector(t *testing.T, r *run) {
	t.Helper()
	spans := r.record.Telemetry.Spans
	if spans.Collector == nil {
		t.Fatal("the collector's counters weren't read")
	}
	for _, err := range []error{
		is("spans that the driver got", spans.Driver.Received, spans.Lambda.Passed),
		is("spans that the collector got", spans.Collector.Received, spans.Driver.Passed),
		is("spans that the collector passed on", spans.Collector.Passed, spans.Driver.Passed),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

// checkSeries: a run costs Prometheus tens of series, however many statements.
func (l *lab) checkSeries(t *testing.T, r *run) {
	t.Helper()
	_, to := r.window()
	for _, of := range []struct {
		selector    string
		least, most float64
	}{
		{`__name__!="dsqlload_slow_statement_seconds"`, 30, 220},
		{`__name__="dsqlload_slow_statement_seconds"`, 100, 600}, // 50 of each scenario, and those that were among them
	} {
		series, err := l.stack.Prom(t.Context(), fmt.Sprintf(`count(last_over_time({dsqlload_run_id=%q,%s}[5m]))`, r.id(), of.selector), to)
		if err != nil || len(series) != 1 || series[0].Value < of.least || series[0].Value > of.most {
			t.Errorf("series of the run with %s: %v, %v; want %v to %v", of.selector, series, err, of.least, of.most)
		}
	}
}

// checkSlowest: Jaeger has the trace of each of the slowest statements, with the same duration
// and phases as the results.
func (l *lab) checkSlowest(t *testing.T, r *run) {
	t.Helper()
	if n := len(r.slowest()); n < 50 {
		t.Errorf("%d slowest statements", n)
	}
	for _, s := range r.slowest() {
		if s.TraceID == "" || s.SpanID == "" || s.TraceURL == "" {
			t.Errorf("nothing leads to the trace of %+v", s)
			continue
		}
		trace := l.trace(t, s.TraceID)
		found, err := find(trace, s.SpanID)
		took := time.Duration(s.LatencyUs) * time.Microsecond
		if err != nil || found.Name != statement || !near(found.took(), took) {
			t.Errorf("trace %s: %v, %v; want a statement of %v", s.TraceID, found.Span, err, took)
			continue
		}
		if err := detailed(trace, s); err != nil {
			t.Error(err)
		}
	}
}

// detailed returns the phases of a statement that are missing in its trace, or extra there.
func detailed(trace []span, s bench.Statement) error {
	want, got := map[string]int{"attempt": s.Attempts}, map[string]int{}
	for _, p := range s.Phases {
		want[p.Phase]++
	}
	for _, below := range descendants(trace, s.SpanID) {
		got[below.Name]++
	}
	if diff := cmp.Diff(want, got); diff != "" || len(s.Phases) == 0 {
		return fmt.Errorf("spans below statement %s of trace %s (-results +trace):\n%s", s.SpanID, s.TraceID, diff)
	}
	return nil
}
