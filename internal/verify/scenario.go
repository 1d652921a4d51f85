package verify

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

// asking is one scenario's look at the table. eachChunk makes the chunks, several goroutines
// ask the database for them in parallel, and takeAll counts them in the plan's order.
type asking struct {
	db      *dsql.DB
	v       *bench.Verification
	tell    Progress
	placing *placing
	asked   chan chunk
	looked  chan chunk
	window  chan struct{} // bounds the chunks that wait for their turn to be counted
}

// addScenario asks for every planned row of s and adds the counts to v.
func addScenario(ctx context.Context, db *dsql.DB, v *bench.Verification, s Scenario, tell Progress, placing *placing) error {
	a := &asking{
		db: db, v: v, tell: tell, placing: placing,
		asked: make(chan chunk), looked: make(chan chunk, parallel), window: make(chan struct{}, ahead),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(a.asked)
		return eachChunk(s, func(part chunk) error { return a.send(ctx, part) })
	})
	for range parallel {
		g.Go(func() error { return a.look(ctx) })
	}
	go func() {
		_ = g.Wait() // returned below
		close(a.looked)
	}()
	a.takeAll()
	return g.Wait()
}

// send takes a place in the window and hands the chunk to a look. takeAll frees the place.
func (a *asking) send(ctx context.Context, part chunk) error {
	select {
	case a.window <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case a.asked <- part:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// look asks the database for chunks until there are no more.
func (a *asking) look(ctx context.Context) error {
	for part := range a.asked {
		err := dsql.Patiently(ctx, Patience, a.tell.Waiting, func() error { return look(ctx, a.db, a.v.Mode, &part) })
		if err != nil {
			return err
		}
		part.rows = nil
		a.looked <- part
	}
	return nil
}

// takeAll counts the chunks in the plan's order. After an error some are missing; the
// others still count.
func (a *asking) takeAll() {
	waiting := map[int]chunk{}
	next := 0
	for part := range a.looked {
		waiting[part.number] = part
		for part, ok := waiting[next]; ok; part, ok = waiting[next] {
			a.take(part)
			delete(waiting, next)
			<-a.window
			next++
		}
		a.tell.Asked(a.v.IDsAsked)
	}
	for _, number := range slices.Sorted(maps.Keys(waiting)) {
		a.take(waiting[number])
	}
}

func (a *asking) take(part chunk) {
	add(a.v, part.counts)
	if placed := a.placing.place(part.found); len(placed) > 0 {
		keepFirst(a.v, placed)
		a.tell.Found(placed)
	}
}
