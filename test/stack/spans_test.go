package stack

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

const traces, spansEach = 10, 100

// testSpans sends traces of one root each, and finds them in all three ways.
func (s *Stack) testSpans(t *testing.T) {
	begin := time.Now()
	ids := s.sendSpans(t)
	want := map[string]int{"root": traces, "child": traces * (spansEach - 1)}
	eventually(t, func() error { return s.checkSearch(t, begin, want) })
	eventually(t, func() error { return s.checkTraces(t, ids) })
	eventually(t, func() error { return s.checkTraceMetrics(t, begin, want) })
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

func (s *Stack) checkSearch(t *testing.T, begin time.Time, want map[string]int) error {
	const query = `{ resource.dsqlload.run.id = "spans" } | select(span.n, span:name)`
	matches, err := s.Search(t.Context(), query, begin, time.Now(), 2*traces*spansEach)
	if err != nil {
		return err
	}
	got := map[string]int{}
	for _, m := range matches {
		got[m.Name]++
		n := 0
		if _, err := fmt.Sscan(m.Attributes["n"], &n); m.Name == "child" && (err != nil || n < 1 || n >= spansEach) {
			return fmt.Errorf("span %+v: want the attribute n", m)
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

func (s *Stack) checkTraceMetrics(t *testing.T, begin time.Time, want map[string]int) error {
	const query = `{ resource.dsqlload.run.id = "spans" } | count_over_time() by (span:name)`
	samples, err := s.TraceMetrics(t.Context(), query, begin.Add(-time.Minute), time.Now().Add(time.Minute))
	if err != nil {
		return err
	}
	got := map[string]int{}
	for _, sample := range samples {
		got[sample.Labels["name"]+sample.Labels["span:name"]] = int(sample.Value)
	}
	return equal(got, want)
}
