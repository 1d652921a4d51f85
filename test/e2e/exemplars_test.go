package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"dsql-load-test/test/stack"
)

// testExemplars: a click on a dot in a chart opens the span of the dot.
func (l *lab) testExemplars(t *testing.T) {
	r := l.usual(t)
	l.awaitSpans(t, r)
	open := map[string][]span{}
	for _, metric := range []string{
		"db_client_operation_duration_seconds", "dsqlload_phase_duration_seconds", "dsqlload_invocation_duration_seconds",
	} {
		exemplars := l.exemplars(t, r, metric)
		for _, e := range exemplars {
			id := e.Labels["trace_id"]
			if open[id] == nil {
				open[id] = l.trace(t, id)
			}
			found, err := find(open[id], e.Labels["span_id"])
			if err != nil {
				t.Errorf("%s, exemplar %+v: %v", metric, e, err)
				continue
			}
			if err := stands(metric, e, found, open[id]); err != nil {
				t.Errorf("%s, exemplar %+v: %v", metric, e, err)
			}
		}
	}
	for _, s := range r.record.Summaries() {
		slowest := s.Slowest[0]
		if !contains(l.exemplars(t, r, "db_client_operation_duration_seconds"), slowest.TraceID, slowest.SpanID) {
			t.Errorf("the slowest statement of %s, %+v, is no exemplar", s.Scenario, slowest)
		}
	}
}

func (l *lab) exemplars(t *testing.T, r *run, metric string) []stack.Exemplar {
	t.Helper()
	from, to := r.window()
	exemplars, err := l.stack.Exemplars(t.Context(), fmt.Sprintf(`%s{dsqlload_run_id=%q}`, metric, r.id()), from, to)
	if err != nil || len(exemplars) < 3 {
		t.Fatalf("exemplars of %s: %v, %v; want some", metric, exemplars, err)
	}
	return exemplars
}

// stands returns why an exemplar's value is neither that of its span nor of one of its phases.
func stands(metric string, e stack.Exemplar, of span, trace []span) error {
	value := time.Duration(e.Value * float64(time.Second))
	switch metric {
	case "db_client_operation_duration_seconds":
		if of.Name != statement || !near(of.took(), value) {
			return fmt.Errorf("it is of %s, %v", of.Name, of.took())
		}
	case "dsqlload_phase_duration_seconds":
		if of.Name != statement {
			return fmt.Errorf("it is of %s", of.Name)
		}
		phases := descendants(trace, of.id())
		if len(phases) == 0 {
			return nil // its detail was not kept
		}
		for _, below := range phases {
			// The metric uses the monotonic clock, the span the wall clock. A busy machine
			// doesn't read both at exactly the same time.
			if below.attributes["dsqlload.phase"] == e.Series["dsqlload_phase"] && (below.took()-value).Abs() < 5*time.Millisecond {
				return nil
			}
		}
		return fmt.Errorf("no phase below it took %v", value)
	default:
		// The span lasts from the first try, the metric from the one that ran.
		if of.Name != "invoke dsql-load-test-lambda" || of.took() < value-time.Microsecond {
			return fmt.Errorf("it is of %s, %v", of.Name, of.took())
		}
	}
	return nil
}

func descendants(spans []span, id string) (all []span) {
	for _, below := range children(spans, id) {
		all = append(append(all, below), descendants(spans, below.id())...)
	}
	return all
}

func contains(exemplars []stack.Exemplar, trace, span string) bool {
	for _, e := range exemplars {
		if e.Labels["trace_id"] == trace && e.Labels["span_id"] == span {
			return true
		}
	}
	return false
}
