package sum_test

import (
	"testing"

	"dsql-load-test/internal/bench/check"
	"dsql-load-test/internal/bench/sum"
	"dsql-load-test/internal/latency"
)

// The made-up results of this package's tests are such as can arrive.
func TestRandomIsSound(t *testing.T) {
	for seed := range uint64(120) {
		p, results := sum.RandomForTest(t, seed)
		for i := range results {
			if results[i].Response == nil {
				continue
			}
			if err := check.Response(results[i].Response, p.Invocation(results[i].Index), &latency.Decoder{}); err != nil {
				t.Fatalf("seed %d: refused: %v", seed, err)
			}
		}
	}
}
