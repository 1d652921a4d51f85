package stack

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
)

// testFailures breaks the collector in every way, and checks that it works again.
func (s *Stack) testFailures(t *testing.T) {
	s.KillCollector()
	if err := s.sendOne(t, "while dead", time.Second); err == nil {
		t.Error("a dead collector took a span")
	}
	if err := s.RestartCollector(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.arrives(t, "after the restart")
	if err := s.PauseCollector(); err != nil {
		t.Fatal(err)
	}
	if err := s.sendOne(t, "while paused", time.Second); err == nil {
		t.Error("a paused collector took a span")
	}
	if err := s.ResumeCollector(); err != nil {
		t.Fatal(err)
	}
	s.arrives(t, "after the pause")
}

func (s *Stack) sendOne(t *testing.T, run string, limit time.Duration) error {
	t.Helper()
	provider := s.tracerProvider(t, run)
	_, span := provider.Tracer("").Start(t.Context(), "one")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return provider.ForceFlush(ctx)
}

func (s *Stack) arrives(t *testing.T, run string) {
	t.Helper()
	begin := time.Now()
	if err := s.sendOne(t, run, eventually.Patience); err != nil {
		t.Fatal(err)
	}
	eventually.Nil(t, func() error {
		found, err := s.Find(t.Context(), search(run, begin))
		if err != nil || len(found) != 1 || len(found[0].Spans) != 1 {
			return fmt.Errorf("found %v, %v; want one span", found, err)
		}
		return nil
	})
}
