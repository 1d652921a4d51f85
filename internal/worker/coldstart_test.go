package worker_test

import (
	"context"
	"testing"

	"dsql-load-test/internal/bench"
)

func TestColdStartOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	const n = 4
	cold := make(chan bool, n)
	for i := range n { // at once, as an environment with several loops has them
		go func() {
			inv := invocation(bench.Individual, 1, 1)
			inv.Index = i
			r, err := f.try(context.Background(), inv)
			if err != nil {
				t.Error(err)
			}
			cold <- r.ColdStart
		}()
	}
	colds := 0
	for range n {
		if <-cold {
			colds++
		}
	}
	if colds != 1 || f.rows() != n {
		t.Errorf("%d of %d were cold, %d rows, want one cold and %d rows", colds, n, f.rows(), n)
	}
}
