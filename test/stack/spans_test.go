package stack

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"dsql-load-test/internal/eventually"
)

const traces, spansEach = 10, 100

// testSpans sends traces with one root each, and finds them in every way.
func (s *Stack) testSpans(t *testing.T) {
	begin := time.Now()
	ids := s.sendSpans(t)
	want := map[string]int{"root": traces, "child": traces * (spansEach - 1)}
	eventually.Nil(t, func() error { return s.checkSearch(t, begin, want) })
	eventually.Nil(t, func() error { return s.checkTraces(t, ids) })
	counts := map[string]float64{"dsqlload_collector_spans_total": traces * spansEach}
	eventually.Nil(t, func() error { return s.checkCounts(t, "spans", counts) })
	if _, err := s.Trace(t.Context(), strings.Repeat("1", 32)); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown trace: %v; want ErrNotFound", err)
	}
}

func (s *Stack) sendSpans(t *testing.T) (ids []string) {
	t.Helper()
	provider := s.tracerProvider(t, "spans")
	tracer := provider.Tracer("")
	for range traces {
		ctx, root := tracer.Start(t.Context(), "root")
		for i := 1; i < spansEach; i++ {
			_, span := tracer.Start(ctx, "child")
			span.SetAttributes(attribute.Int("n", i))
			span.End()
		}
		root.End()
		ids = append(ids, root.SpanContext().TraceID().String())
	}
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ids
}

// search returns a search for the traces of a run.
func search(run string, begin time.Time) Search {
	return Search{
		Service: "stack-test", Tags: map[string]string{"dsqlload.run.id": run},
		Start: begin.Add(-time.Second), End: time.Now().Add(time.Minute), Limit: 2 * traces,
	}
}

func (s *Stack) checkSearch(t *testing.T, begin time.Time, want map[string]int) error {
	found, err := s.Find(t.Context(), search("spans", begin))
	if err != nil {
		return err
	}
	got := map[string]int{}
	for _, trace := range found {
		for _, span := range trace.Spans {
			got[span.OperationName]++
		}
	}
	return equal(got, want)
}

func (s *Stack) checkTraces(t *testing.T, ids []string) error {
	for _, id := range ids {
		trace, err := s.Trace(t.Context(), id)
		if err != nil {
			return err
		}
		got := 0
		for _, r := range trace.ResourceSpans {
			for _, scope := range r.ScopeSpans {
				got += len(scope.Spans)
			}
		}
		if got != spansEach {
			return fmt.Errorf("trace %s has %d spans; want %d", id, got, spansEach)
		}
	}
	return nil
}

// checkCounts: the collector counts the run's spans, and the rows of the spans of
// statements.
func (s *Stack) checkCounts(t *testing.T, run string, want map[string]float64) error {
	for name, n := range want {
		samples, err := s.Prom(t.Context(), fmt.Sprintf("sum(%s{dsqlload_run_id=%q})", name, run), time.Now())
		if err != nil || len(samples) != 1 || samples[0].Value != n {
			return fmt.Errorf("%s: %v, %v; want %v", name, samples, err, n)
		}
	}
	return nil
}
