package worker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry/capture"
)

// The slowest are exactly those that sorting all would give, ties included.
func TestSlowestAreExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		inv := bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 1 + r.IntN(300)}
		sums, at := newTally(inv, "env", false), time.Unix(1_700_000_000, 0)
		var all []bench.Statement
		for n := range inv.Statements() {
			took := time.Duration(r.IntN(60)) * 400 * time.Nanosecond // ties, also by rounding
			ended := bench.Failure{Outcome: bench.Acknowledged}
			sums.add(&bench.Execution{Number: n, Failure: ended, Attempts: []bench.Attempt{
				{Start: at, End: at.Add(took), Affected: 1, Failure: ended},
			}}, capture.Kept{})
			all = append(all, bench.Statement{Iteration: n, LatencyUs: took.Round(time.Microsecond).Microseconds()})
		}
		places := func(of []bench.Statement) (got [][2]int64) {
			for _, s := range bench.Slowest(slices.Clone(of)) {
				got = append(got, [2]int64{int64(s.Iteration), s.LatencyUs})
			}
			return got
		}
		if diff := cmp.Diff(places(all), places(sums.out.Slowest)); diff != "" {
			t.Fatal(diff)
		}
		if n := len(sums.out.Slowest); n >= 2*bench.SlowestKept {
			t.Fatalf("%d statements are held", n)
		}
	}
}
