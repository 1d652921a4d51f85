package verify_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/postgrestest"
	"dsql-load-test/internal/verify"
)

// withTable opens a database of the test's own that has the table.
func withTable(t *testing.T) *dsql.DB {
	t.Helper()
	db, err := dsql.Open(t.Context(), postgrestest.New(t, table.Schema()...).URL(), 6)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// Rows beyond a plan that is too small are found in each dimension, and none beyond
// the right one.
func TestBeyond(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	db := withTable(t)
	plan := func(s bench.Scenario, warmUp bool, invocations, iterations, count int) bench.Plan {
		return bench.Plan{RunID: runID, Scenario: s, WarmUp: warmUp, EventType: bench.CarCreated, Load: bench.Load{NumLambdas: invocations, Iterations: iterations, Count: count}}
	}
	single, batch, warmUp := plan(bench.Individual, false, 6, 3, 2), plan(bench.Batch, false, 5, 4, 10), plan(bench.Individual, true, 3, 1, 1)
	for _, p := range []bench.Plan{single, batch, warmUp} {
		insert(t, db, p, all)
	}
	for _, c := range []struct {
		name  string
		plans []bench.Plan
		want  []string
	}{
		{"the run's sizes", []bench.Plan{single, batch, warmUp}, nil},
		{"larger", []bench.Plan{plan(bench.Individual, false, 60, 30, 20), batch, plan(bench.Individual, true, 20, 1, 1)}, nil},
		{"fewer invocations", []bench.Plan{plan(bench.Individual, false, 4, 3, 2), batch, warmUp}, []string{"num-lambdas individual 12"}},
		{"fewer iterations", []bench.Plan{single, plan(bench.Batch, false, 5, 1, 10), warmUp}, []string{"iterations batch 60"}},
		{"fewer inserts in an iteration", []bench.Plan{plan(bench.Individual, false, 6, 3, 1), batch, warmUp}, []string{"count individual 12"}},
		{"fewer rows in a batch", []bench.Plan{single, plan(bench.Batch, false, 5, 4, 9), warmUp}, []string{"count batch 16"}},
		{"one scenario", []bench.Plan{single, warmUp}, []string{"scenario batch 60"}},
		{"the other one", []bench.Plan{batch, warmUp}, []string{"scenario individual 24"}},
		{"a smaller warm-up", []bench.Plan{single, batch, plan(bench.Individual, true, 1, 1, 1)}, []string{"warm-up individual 2"}},
		{"no warm-up", []bench.Plan{single, batch}, []string{"warm-up individual 3"}},
		{"all too small", []bench.Plan{plan(bench.Individual, false, 5, 2, 1), plan(bench.Batch, false, 4, 3, 8)}, []string{
			"num-lambdas individual 6", "iterations individual 10", "count individual 15", "num-lambdas batch 28", "iterations batch 35", "count batch 40", "warm-up individual 3",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			remain, err := verify.Beyond(ctx, db, runID, c.plans, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range remain {
				got = append(got, fmt.Sprintf("%s %s %d", r.Dimension, r.Plan.Scenario, r.Rows))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	if remain, err := verify.Beyond(ctx, db, "01M850BJEVW2N143JB0YS2GE2X", []bench.Plan{single}, nil); err != nil || len(remain) > 0 {
		t.Errorf("of another run: %v, %v", remain, err)
	}
	if remain, err := verify.Beyond(ctx, db, runID, slices.Clip([]bench.Plan{plan(bench.Individual, false, 1, 1, 1)}), nil); err != nil || len(remain) != 5 {
		t.Errorf("of one row: %v, %v", remain, err)
	}
}

// Rows that are left are found whatever earlier tries with other sizes removed.
func TestBeyondAfterEarlierTries(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	db := withTable(t)
	plan := func(invocations, iterations, count int) bench.Plan {
		return bench.Plan{RunID: runID, Scenario: bench.Individual, EventType: bench.CarCreated, Load: bench.Load{NumLambdas: invocations, Iterations: iterations, Count: count}}
	}
	whole := plan(60, 4, 10)
	for _, c := range []struct {
		name  string
		tries []bench.Plan
		want  verify.Dimension // empty: nothing is left
	}{
		{"one iteration, then fewer rows", []bench.Plan{plan(60, 1, 10), plan(60, 4, 5)}, verify.RowsEach},
		{"one row, then fewer iterations", []bench.Plan{plan(60, 4, 1), plan(60, 2, 10)}, verify.Iterations},
		{"one row of each invocation, then fewer invocations", []bench.Plan{plan(60, 1, 1), plan(50, 4, 10)}, verify.Invocations},
		{"most invocations, then fewer rows", []bench.Plan{plan(55, 4, 10), plan(60, 4, 5)}, verify.RowsEach},
		{"most invocations, then fewer iterations", []bench.Plan{plan(55, 4, 10), plan(60, 2, 10)}, verify.Iterations},
		{"each dimension in its turn", []bench.Plan{plan(60, 2, 10), plan(60, 4, 5), plan(50, 2, 10)}, verify.Invocations},
		{"one row of each, then another scenario", []bench.Plan{plan(60, 1, 1), {RunID: runID, Scenario: bench.Batch, EventType: bench.CarCreated, Load: bench.Load{NumLambdas: 1, Iterations: 1, Count: 1}}}, verify.Scenarios},
		{"two halves", []bench.Plan{plan(60, 2, 10), plan(60, 4, 10)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			insert(t, db, whole, all)
			defer func() {
				if _, err := verify.Remove(ctx, db, whole, nil); err != nil {
					t.Fatal(err)
				}
			}()
			for _, p := range c.tries {
				if _, err := verify.Remove(ctx, db, p, nil); err != nil {
					t.Fatal(err)
				}
			}
			remain, err := verify.Beyond(ctx, db, runID, c.tries[len(c.tries)-1:], nil)
			if err != nil {
				t.Fatal(err)
			}
			if found := slices.ContainsFunc(remain, func(r verify.Remain) bool { return r.Dimension == c.want }); found != (c.want != "") || !found && len(remain) > 0 {
				t.Errorf("%+v, want %q", remain, c.want)
			}
		})
	}
}
