package worker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/telemetry/capture"
)

// The slowest are exactly those that sorting all would give, ties included.
func TestSlowestAreExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		inv := bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 1 + r.IntN(300)}
		sums, at := newTally(inv, "env", false, false), time.Unix(1_700_000_000, 0)
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

// A statement opened a connection if any of its attempts did.
func TestConnectingApart(t *testing.T) {
	t.Parallel()
	at, stored := time.Unix(1_700_000_000, 0), bench.Failure{Outcome: bench.Acknowledged}
	attempt := func(from, to time.Duration, phases ...bench.Phase) bench.Attempt {
		a := bench.Attempt{Start: at.Add(from), End: at.Add(to), Affected: 1, Failure: stored}
		for _, p := range phases {
			a.Timings = append(a.Timings, bench.Timing{Phase: p, Start: a.Start, End: a.End})
		}
		return a
	}
	for name, c := range map[string]struct {
		attempts []bench.Attempt
		want     int64 // its latency in us, if it opened a connection
	}{
		"on an open one":        {[]bench.Attempt{attempt(0, time.Millisecond, bench.Acquire, bench.Query)}, 0},
		"opened one":            {[]bench.Attempt{attempt(0, 2*time.Millisecond, bench.Connect, bench.Query)}, 2000},
		"in an earlier attempt": {[]bench.Attempt{attempt(0, time.Millisecond, bench.Connect), attempt(time.Millisecond, 3*time.Millisecond, bench.Query)}, 3000},
	} {
		sums := newTally(bench.Invocation{Scenario: bench.Individual, Count: 1, Iterations: 1}, "env", false, false)
		sums.add(&bench.Execution{Failure: stored, Attempts: c.attempts}, capture.Kept{})
		r, err := sums.response(time.Second, new(latency.Encoder))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Connecting; (got != nil) != (c.want > 0) || got != nil && (got.Count != 1 || got.MaxUs != c.want) {
			t.Errorf("%s: %+v, want %d us", name, got, c.want)
		}
	}
}
