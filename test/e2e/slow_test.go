package e2e_test

import (
	"fmt"
	"testing"
	"time"
)

// testSlow makes one statement of hundreds slow and looks for it as a person
// would: in the table of slow statements, and from there in its trace.
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
	v.variables["slow"] = "4s"
	table := dashboards(t)["dsqlload-slow"].panel(t, "Slower than ${slow:raw}").Targets[0]
	eventually(t, func() error {
		matches, err := l.stack.Search(t.Context(), v.fill(table.Query, time.Second), v.from, v.to, table.Limit)
		if err != nil || len(matches) != 1 {
			return fmt.Errorf("slow statements: %v, %v; want one", matches, err)
		}
		m := matches[0]
		if padded(m.TraceID) != slowest.TraceID || m.SpanID != slowest.SpanID {
			return fmt.Errorf("slow statement %+v; want that of the results, %+v", m, slowest)
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
