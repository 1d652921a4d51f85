package e2e_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/postgrestest"
	"dsql-load-test/test/stack"
)

// lawful is the number of statements that the law slows, and the number of the slowest
// among them.
const (
	lawful    = 1000
	lawfulTop = bench.SlowestKept
)

// law slows every hundredth statement by 0.2 to 0.3 s, and every twentieth of these by at
// least 6 s more, which is longer than the machine may stall. It records the slowed rows.
const law = `
	IF n % 100 = 0 THEN
		PERFORM pg_sleep(0.2 + (n / 100 * 7919 % 1000) / 10000.0);
	END IF;
	IF n % 2000 = 0 THEN
		PERFORM pg_sleep(6.0 + (n / 2000) * 0.01);
		INSERT INTO slowed VALUES (NEW.id, 6.2 + (n / 2000) * 0.01);
	END IF;`

// testLaw: a known rule slows 1,000 of 100,000 statements. The table shows the 50 slowest,
// and the trace of each in Jaeger has the delay in the span of the query.
func (l *lab) testLaw(t *testing.T) {
	const lambdas, iterations = 400, 250 // small traces: many are opened
	at := l.database(t, "law", law)
	db := postgrestest.Connect(t, at)
	postgrestest.Execute(t, at, "CREATE TABLE slowed (id text PRIMARY KEY, seconds float8)")
	r := l.run(t, 0, append(l.observed(), to(at)...), "--scenario", "1", "--num-lambdas", strconv.Itoa(lambdas),
		"--iterations", strconv.Itoa(iterations), "--concurrency", "32", "--warm-up", "0", "--slow", "200ms", "--settle", "2m")
	if err := errors.Join(r.complete(lambdas*iterations), agree(r, lambdas*iterations), whole(r.record.Telemetry), stored(r.record.TraceStore, lambdas)); err != nil {
		t.Error(err)
	}
	truth := map[string]float64{}
	rows, err := db.Query(t.Context(), "SELECT id, seconds FROM slowed")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var seconds float64
		if err := rows.Scan(&id, &seconds); err != nil {
			t.Fatal(err)
		}
		truth[id] = seconds
	}
	if err := errors.Join(rows.Err(), is("slowed most", len(truth), lawfulTop)); err != nil {
		t.Fatal(err)
	}
	v := l.view(t, r)
	l.checkLaw(t, v, r, truth)
	v.checkSlower(t, r)
}

// checkLaw: the table and the results have the statements that were slowed.
func (l *lab) checkLaw(t *testing.T, v *viewer, r *run, truth map[string]float64) {
	t.Helper()
	table, results := v.slowTable(t), r.slowest()
	if err := errors.Join(is("rows in the table", len(table), lawfulTop), is("slowest in the results", len(results), lawfulTop)); err != nil {
		t.Fatal(err)
	}
	plan := r.record.Run.Config.Plans(r.id())[0]
	ids, open := event.NewIDs(r.id()), map[string][]span{}
	rows := map[string]stack.Sample{} // by span: statements may have taken equally long
	for _, row := range table {
		rows[row.Labels["span_id"]] = row
	}
	for i, s := range results {
		inv := plan.Invocation(s.Invocation)
		id := ids.At(event.At(inv, s.Iteration, 0))
		planted, slowed := truth[id]
		delete(truth, id)
		if took := float64(s.LatencyUs) / 1e6; !slowed || took < planted {
			t.Errorf("statement %d of the results, %+v: took %v s, planted %v s (%v)", i, s, took, planted, slowed)
		}
		row := rows[s.SpanID]
		labels := row.Labels
		if math.Abs(row.Value-float64(s.LatencyUs)/1e6) > 1e-9 || labels["trace_id"] != s.TraceID || labels["span_id"] != s.SpanID ||
			labels["dsqlload_invocation_index"] != strconv.Itoa(s.Invocation) || labels["dsqlload_iteration"] != strconv.Itoa(s.Iteration) {
			t.Errorf("the table's row %v; want %+v", row, s)
		}
		if labels["dsqlload_phase"] != "query" {
			t.Errorf("the table's row %v: want the phase query", row)
		}
		if open[s.TraceID] == nil {
			open[s.TraceID] = l.trace(t, s.TraceID)
		}
		if err := inQuery(open[s.TraceID], s, planted); err != nil {
			t.Error(err)
		}
	}
}

// inQuery returns why the delay of a statement isn't in the span of its query.
func inQuery(trace []span, s bench.Statement, seconds float64) error {
	below := descendants(trace, s.SpanID)
	i := slices.IndexFunc(below, func(s span) bool { return s.Name == "query" })
	if i < 0 || below[i].took().Seconds() < seconds {
		return fmt.Errorf("trace %s, statement %s: want a query of at least %v s among %d spans", s.TraceID, s.SpanID, seconds, len(below))
	}
	return detailed(trace, s)
}

// checkSlower: at least 1,000 statements are slower than 200 ms. A busy machine may slow others.
func (v *viewer) checkSlower(t *testing.T, r *run) {
	t.Helper()
	h, err := r.record.Scenario1.StatementLatency.Histogram.Histogram()
	if err != nil {
		t.Fatal(err)
	}
	slower := int64(v.figure(t, "dsqlload-slow", "Slow"))
	// The results' histogram has three significant figures: 0.2 ms at 200 ms.
	at := func(rank int64) time.Duration { return h.Percentile(100 * (float64(rank) - 0.5) / float64(h.Count())) }
	fast, slow := at(h.Count()-slower), at(h.Count()-slower+1)
	if slower < lawful || fast > 200*time.Millisecond+200*time.Microsecond || slow < 200*time.Millisecond-200*time.Microsecond {
		t.Errorf("%d slower than 200 ms, want %d at least; the next faster one took %v, the fastest of them %v", slower, lawful, fast, slow)
	}
	if err := is("threshold", v.variables["slow_ms"], "200"); err != nil {
		t.Error(err)
	}
}
