package bench

import "testing"

// RandomForTest is random, for tests from outside of the package.
func RandomForTest(t *testing.T, seed uint64) (Plan, []Result) {
	p, results, _, _ := random(t, seed)
	return p, results
}
