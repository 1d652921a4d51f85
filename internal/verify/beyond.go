package verify

import (
	"context"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
)

// Dimension is one of those that a run's rows have.
type Dimension string

// The dimensions, by the flag that sets their size.
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
	Plan      bench.Plan // which they lie beyond; of a scenario without a plan one that they lie within
	Rows      int64      // of those asked for
}

// side is how many invocations and how many of the next positions are asked for in a
// dimension within an invocation: all of them in one chunk.
const side = 50

// Beyond asks for the rows of the run that would come next in each dimension if the
// plans were too small, one chunk of ids each, and returns where there are some. A
// scenario and a warm-up that aren't among the plans have no row planned.
func Beyond(ctx context.Context, db *dsql.DB, runID string, plans []bench.Plan, waiting func(why error)) ([]Remain, error) {
	var all []Remain
	ask := func(d Dimension, p bench.Plan, at func(add func(invocation, iteration, row int))) error {
		ids := event.NewIDs(runID)
		var chunk []string
		at(func(invocation, iteration, row int) {
			chunk = append(chunk, ids.At(event.Position{WarmUp: p.WarmUp, Scenario: p.Scenario, Invocation: invocation, Iteration: iteration, Row: row}))
		})
		var n int64
		err := dsql.Patiently(ctx, Patience, waiting, func() (err error) {
			n, err = db.CountPresent(ctx, chunk)
			return err
		})
		if err != nil {
			return fmt.Errorf("look for rows beyond those planned: %w", err)
		}
		if n > 0 {
			all = append(all, Remain{d, p, n})
		}
		return nil
	}
	for _, kind := range kinds(runID, plans) {
		for _, q := range questions(kind) {
			if err := ask(q.dimension, kind, q.at); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// kinds are the plans, and an empty one of each scenario, and of the warm-up, that has
// none.
func kinds(runID string, plans []bench.Plan) []bench.Plan {
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

func questions(p bench.Plan) []question {
	l := p.Load
	// The first row of each invocation that would follow.
	next := func(add func(int, int, int)) {
		for i := range Chunk {
			add(l.NumLambdas+i, 0, 0)
		}
	}
	switch {
	case p.WarmUp:
		return []question{{WarmUps, next}}
	case l.NumLambdas == 0: // nothing of it was planned
		return []question{{Scenarios, next}}
	}
	within := func(add func(invocation, next int)) {
		for i := range min(side, l.NumLambdas) {
			for n := range side {
				add(i, n)
			}
		}
	}
	return []question{
		{Invocations, next},
		{Iterations, func(add func(int, int, int)) { within(func(i, n int) { add(i, l.Iterations+n, 0) }) }},
		{RowsEach, func(add func(int, int, int)) { within(func(i, n int) { add(i, 0, l.Count+n) }) }},
	}
}
