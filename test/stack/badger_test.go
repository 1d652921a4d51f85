package stack

import (
	"fmt"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"
)

// TestBadger: traces survive a restart with JAEGER_STORAGE=badger, and don't with memory,
// the default.
func TestBadger(t *testing.T) {
	for _, storage := range []string{"badger", "memory"} {
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			s := Start(t, "JAEGER_STORAGE="+storage)
			begin := time.Now()
			s.arrives(t, "kept")
			if err := s.StopJaeger(); err != nil {
				t.Fatal(err)
			}
			if err := s.RestartJaeger(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"badger": 1}[storage]
			eventually.Nil(t, func() error {
				found, err := s.Find(t.Context(), search("kept", begin))
				if err != nil || len(found) != want {
					return fmt.Errorf("found %v, %v; want %d traces", found, err, want)
				}
				return nil
			})
		})
	}
}
