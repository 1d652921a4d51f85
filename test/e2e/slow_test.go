package e2e_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
)

// testSlow makes one statement of hundreds slow and finds it like a user: in the table of
// slow statements, and from there in its trace.
func (l *lab) testSlow(t *testing.T) {
	const pause = 6 * time.Second // longer than a busy machine makes any other
	at := l.database(t, "slow", `IF n = 137 THEN PERFORM pg_sleep(6); END IF;`)
	r := l.run(t, 0, append(l.observed(), to(at)...), "--scenario", "1", "--num-lambdas", "20", "--iterations", "20",
		"--concurrency", "4", "--warm-up", "0") // few connections, whose opening might be slow, too
	if err := agree(r, 400); err != nil {
		t.Error(err)
	}
	slowest := r.slowest()[0]
	if took := time.Duration(slowest.LatencyUs) * time.Microsecond; took < pause {
		t.Fatalf("the slowest statement took %v", took)
	}
	v := l.view(t, r)
	top := v.slowTable(t)[0]
	if top.Labels["trace_id"] != slowest.TraceID || top.Labels["span_id"] != slowest.SpanID || top.Labels["dsqlload_phase"] != "query" {
		t.Errorf("top of the table: %v; want that of the results, %+v, with its phase query", top, slowest)
	}
	v.variables["slow_ms"] = "4000"
	search := dashboards(t)["dsqlload-slow"].panel(t, "Traces with a statement of ${slow_ms:raw} ms and more").Targets[0]
	want := map[string]bool{} // one, unless the machine stood still
	for _, s := range r.slowest() {
		if s.LatencyUs >= 4_000_000 {
			want[s.TraceID] = true
		}
	}
	eventually.Nil(t, func() error {
		found, err := l.stack.Find(t.Context(), v.search(t, search))
		got := map[string]bool{}
		for _, trace := range found {
			got[trace.TraceID] = true
		}
		if err != nil || !maps.Equal(got, want) {
			return fmt.Errorf("traces with a slow statement: %v, %v; want %v", got, err, want)
		}
		return nil
	})
	trace := l.trace(t, slowest.TraceID)
	s, err := find(trace, slowest.SpanID)
	if err != nil {
		t.Fatal(err)
	}
	var query []span
	for _, below := range descendants(trace, s.id()) {
		if below.Name == "query" {
			query = append(query, below)
		}
	}
	if len(query) != 1 || query[0].took() < pause || float64(query[0].took()) < 0.6*float64(s.took()) {
		t.Errorf("query phases %v of a statement of %v: want one that takes most of it", query, s.took())
	}
	if got := s.attributes["dsqlload.iteration"]; got != fmt.Sprint(slowest.Iteration) {
		t.Errorf("iteration %s, want %d", got, slowest.Iteration)
	}
}
