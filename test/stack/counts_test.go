package stack

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"dsql-load-test/internal/eventually"
)

// testCounts sends statements of two runs from several senders at the same time: the
// collector counts the rows of each run, in whatever order they come.
func (s *Stack) testCounts(t *testing.T) {
	const senders, statements, rows = 8, 400, 7
	runs := []string{"counted-a", "counted-b"}
	done := make(chan error)
	for i := range senders {
		go func() { done <- s.sendStatements(t, runs[i%len(runs)], statements, rows) }()
	}
	for range senders {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, run := range runs {
		want := map[string]float64{
			"dsqlload_collector_rows_total":  senders / 2 * statements * rows,
			"dsqlload_collector_spans_total": senders / 2 * statements * 2,
		}
		eventually.Nil(t, func() error { return s.checkCounts(t, run, want) })
	}
}

// sendStatements sends each statement by itself, with a span below it.
func (s *Stack) sendStatements(t *testing.T, run string, statements, rows int) error {
	provider := s.tracerProvider(t, run)
	tracer := provider.Tracer("")
	for i := range statements {
		ctx, statement := tracer.Start(t.Context(), "INSERT business_events", trace.WithAttributes(
			attribute.String("dsqlload.scenario", "batch"), attribute.String("dsqlload.outcome", "acknowledged"), attribute.Int("dsqlload.rows", rows)))
		_, attempt := tracer.Start(ctx, "attempt", trace.WithAttributes(attribute.Int("dsqlload.rows", 1000))) // no statement
		attempt.End()
		statement.End()
		if i%20 != 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := provider.ForceFlush(ctx)
		cancel()
		if err != nil {
			return fmt.Errorf("run %s: %w", run, err)
		}
	}
	return provider.ForceFlush(t.Context())
}
