package sum

import (
	"testing"

	"dsql-load-test/internal/bench"
)

// RandomForTest is random, for tests from outside of the package.
func RandomForTest(t *testing.T, seed uint64) (bench.Plan, []bench.Result) {
	p, results, _, _ := random(t, seed)
	return p, results
}
