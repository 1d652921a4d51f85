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
	ask := func(d Dimension, p bench.Plan, at func(add func(invocation, iteration, row int))) error {
		ids := event.NewIDs(runID)
		var chunk []string // or several
		at(func(invocation, iteration, row int) {
			chunk = append(chunk, ids.At(event.Position{WarmUp: p.WarmUp, Scenario: p.Scenario, Invocation: invocation, Iteration: iteration, Row: row}))
		})
		var found int64
		for part := range slices.Chunk(chunk, Chunk) {
			err := dsql.Patiently(ctx, Patience, waiting, func() error {
				n, err := db.Table().CountPresent(ctx, part)
				found += n
				return err
			})
			if err != nil {
				return fmt.Errorf("look for rows beyond those planned: %w", err)
			}
		}
		if found > 0 {
			all = append(all, Remain{d, p, found})
		}
		return nil
	}
	for _, kind := range withEmpty(runID, plans) {
		for _, q := range questions(kind) {
			if err := ask(q.dimension, kind, q.at); err != nil {
				return all, err
			}
		}
	}
	return all, nil
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

// question asks for ids in one dimension.
type question struct {
	dimension Dimension
	at        func(add func(invocation, iteration, row int))
}

// questions looks at several places of the other dimensions, because an earlier cleanup
// with other sizes may have removed the rows at some of them.
func questions(p bench.Plan) []question {
	l := p.Load
	next := func(add func(int, int, int)) { nextInvocations(l, add) }
	within := func(size int, add func(invocation, place, next int)) {
		for _, invocation := range places(l.NumLambdas) {
			for _, place := range places(size) {
				for n := range side {
					add(invocation, place, n)
				}
			}
		}
	}
	switch {
	case p.WarmUp:
		return []question{{WarmUps, next}}
	case l.NumLambdas == 0: // nothing of it was planned
		return []question{{Scenarios, next}}
	}
	return []question{
		{Invocations, next},
		{Iterations, func(add func(int, int, int)) {
			within(l.Count, func(i, row, n int) { add(i, l.Iterations+n, row) })
		}},
		{RowsEach, func(add func(int, int, int)) {
			within(l.Iterations, func(i, iteration, n int) { add(i, iteration, l.Count+n) })
		}},
	}
}

// nextInvocations adds positions of the invocations beyond the plan.
func nextInvocations(l bench.Load, add func(invocation, iteration, row int)) {
	for i := range Chunk {
		add(l.NumLambdas+i, 0, 0)
	}
	for _, iteration := range places(l.Iterations) {
		for _, row := range places(l.Count) {
			for i := range side {
				if iteration > 0 || row > 0 {
					add(l.NumLambdas+i, iteration, row)
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
