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
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/verify"
)

// Rows beyond a plan that is too small are found in each dimension, and none beyond
// the right one.
func TestBeyond(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Options{MaxConnections: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	db, err := dsql.Open(ctx, server.URL, 6)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.EnsureTable(ctx); err != nil {
		t.Fatal(err)
	}
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
		{"fewer invocations", []bench.Plan{plan(bench.Individual, false, 4, 3, 2), batch, warmUp}, []string{"num-lambdas individual 2"}},
		{"fewer iterations", []bench.Plan{single, plan(bench.Batch, false, 5, 1, 10), warmUp}, []string{"iterations batch 15"}},
		{"fewer inserts in an iteration", []bench.Plan{plan(bench.Individual, false, 6, 3, 1), batch, warmUp}, []string{"count individual 6"}},
		{"fewer rows in a batch", []bench.Plan{single, plan(bench.Batch, false, 5, 4, 9), warmUp}, []string{"count batch 5"}},
		{"one scenario", []bench.Plan{single, warmUp}, []string{"scenario batch 5"}},
		{"the other one", []bench.Plan{batch, warmUp}, []string{"scenario individual 6"}},
		{"a smaller warm-up", []bench.Plan{single, batch, plan(bench.Individual, true, 1, 1, 1)}, []string{"warm-up individual 2"}},
		{"no warm-up", []bench.Plan{single, batch}, []string{"warm-up individual 3"}},
		{"all too small", []bench.Plan{plan(bench.Individual, false, 5, 2, 1), plan(bench.Batch, false, 4, 3, 8)}, []string{
			"num-lambdas individual 1", "iterations individual 5", "count individual 5", "num-lambdas batch 1", "iterations batch 4", "count batch 8", "warm-up individual 3",
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
