package verify

import (
	"context"
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
)

// Dimension is a size of a run: its rows lie between 0 and that size.
type Dimension string

// The dimensions, named by the flag that sets the size.
const (
	Invocations Dimension = "num-lambdas"
	Iterations  Dimension = "iterations"
	RowsEach    Dimension = "count" // in an iteration
	Scenarios   Dimension = "scenario"
	WarmUps     Dimension = "warm-up"
)

// Remain are rows of a run that lie beyond its plans.
type Remain struct {
	Dimension Dimension
	Plan      bench.Plan // the plan that they lie beyond; an empty one if the scenario had none
	Rows      int64      // found among the ids asked for; there may be more
}

// side is how many positions beyond the plan are asked for at each place.
const side = 50

// Beyond looks for rows of the run just beyond its plans, in each dimension, up to three
// chunks of ids each. It returns the dimensions in which there are some: the real run was
// larger than these plans. A scenario or warm-up without a plan counts as empty.
func Beyond(ctx context.Context, db *dsql.DB, runID string, plans []bench.Plan, waiting func(why error)) ([]Remain, error) {
	var all []Remain
	for _, p := range withEmpty(runID, plans) {
		ids := event.NewIDs(runID)
		asked := map[Dimension][]string{}
		beyond(p, func(d Dimension, invocation, iteration, row int) {
			asked[d] = append(asked[d], ids.At(event.Position{WarmUp: p.WarmUp, Scenario: p.Scenario, Invocation: invocation, Iteration: iteration, Row: row}))
		})
		for _, d := range []Dimension{Invocations, Iterations, RowsEach, Scenarios, WarmUps} {
			found, err := countPresent(ctx, db, asked[d], waiting)
			if err != nil {
				return all, fmt.Errorf("look for rows beyond those planned: %w", err)
			}
			if found > 0 {
				all = append(all, Remain{d, p, found})
			}
		}
	}
	return all, nil
}

// countPresent returns how many of the ids are in the table.
func countPresent(ctx context.Context, db *dsql.DB, ids []string, waiting func(why error)) (found int64, err error) {
	for part := range slices.Chunk(ids, Chunk) {
		err := dsql.Patiently(ctx, Patience, waiting, func() error {
			n, err := db.Table().CountPresent(ctx, part)
			found += n
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return found, nil
}

// withEmpty returns the plans of both scenarios and of the warm-up; empty ones if they are
// missing.
func withEmpty(runID string, plans []bench.Plan) []bench.Plan {
	all := []bench.Plan{{Scenario: bench.Individual}, {Scenario: bench.Batch}, {Scenario: bench.Individual, WarmUp: true}}
	for i := range all {
		all[i].RunID = runID
		for _, p := range plans {
			if p.Scenario == all[i].Scenario && p.WarmUp == all[i].WarmUp {
				all[i] = p
			}
		}
	}
	return all
}

// beyond adds positions beyond the plan. In each dimension it looks at several places of the
// other dimensions, because an earlier cleanup with other sizes may have removed the rows at
// some of them.
func beyond(p bench.Plan, add func(d Dimension, invocation, iteration, row int)) {
	l := p.Load
	switch {
	case p.WarmUp:
		nextInvocations(l, WarmUps, add)
		return
	case l.NumLambdas == 0: // the scenario wasn't planned
		nextInvocations(l, Scenarios, add)
		return
	}
	nextInvocations(l, Invocations, add)
	for _, invocation := range places(l.NumLambdas) {
		for n := range side {
			for _, row := range places(l.Count) {
				add(Iterations, invocation, l.Iterations+n, row)
			}
			for _, iteration := range places(l.Iterations) {
				add(RowsEach, invocation, iteration, l.Count+n)
			}
		}
	}
}

// nextInvocations adds positions of the invocations beyond the plan.
func nextInvocations(l bench.Load, d Dimension, add func(d Dimension, invocation, iteration, row int)) {
	for i := range Chunk {
		add(d, l.NumLambdas+i, 0, 0)
	}
	for _, iteration := range places(l.Iterations) {
		for _, row := range places(l.Count) {
			for i := range side {
				if iteration > 0 || row > 0 {
					add(d, l.NumLambdas+i, iteration, row)
				}
			}
		}
	}
}

// places returns where to look along a dimension of that planned size: the first and the
// last position, some between them and some just beyond.
func places(planned int) []int {
	all := []int{0, planned / 4, planned / 2, planned - planned/4, planned - 1, planned, planned + 1, planned + 3, planned + 7}
	all = slices.DeleteFunc(all, func(n int) bool { return n < 0 })
	slices.Sort(all)
	return slices.Compact(all)
}
