package verify

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

// addScenario asks for every planned row of s, with several chunks in parallel, and adds the
// counts to v in the plan's order. After an error some chunks are missing; the others still
// count.
func addScenario(ctx context.Context, db *dsql.DB, v *bench.Verification, s Scenario, tell Progress, placing *placing) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	looks := make(chan chan chunk, ahead-1) // in the plan's order; one more is waited for
	var stopped error
	go func() {
		defer close(looks)
		stopped = eachChunk(s, func(part chunk) error {
			looked := make(chan chunk, 1)
			select {
			case looks <- looked:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			g.Go(func() error {
				defer close(looked)
				err := dsql.Patiently(ctx, Patience, tell.Waiting, func() error { return look(ctx, db, v.Mode, &part) })
				if err == nil {
					part.rows = nil
					looked <- part
				}
				return err
			})
			return nil
		})
	}()
	for looked := range looks {
		for part := range looked { // none after an error
			add(v, part.counts)
			if placed := placing.place(part.found); len(placed) > 0 {
				keepFirst(v, placed)
				tell.Found(placed)
			}
		}
		tell.Asked(v.IDsAsked)
	}
	return cmp.Or(g.Wait(), stopped)
}
