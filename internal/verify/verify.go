// Package verify looks at the table after a run: it asks for every planned id
// and sets what is there against what was acknowledged.
package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
)

const (
	// Chunk is how many ids one query asks for, below DSQL's limit of rows that
	// a transaction may change, since the removal uses it too.
	Chunk    = 2500
	parallel = 4
	lostKept = 10
	// Patience is how long the database is asked again that takes no connection.
	Patience = time.Minute
)

// Progress is told of a look at the table. Its fields may be nil.
type Progress struct {
	// Asked is told now and then how many ids were asked for.
	Asked func(ids int64)
	// Waiting is told why the database is asked again. Many goroutines call it.
	Waiting func(why error)
}

// Scenario is what was planned and what came of it.
type Scenario struct {
	Plan    bench.Plan
	Results []bench.Result
}

// row is one planned row.
type row struct {
	id           string
	acknowledged bool
}

// Run asks the database for every planned id of the scenarios. What it finds,
// bad news too, is in the Verification; that it could not ask is there as well.
func Run(ctx context.Context, db *dsql.DB, mode bench.Verify, scenarios []Scenario, tell Progress) *bench.Verification {
	if tell.Asked == nil {
		tell.Asked = func(int64) {}
	}
	start := time.Now()
	v := &bench.Verification{Mode: mode, LostIDs: []string{}}
	var err error
	acknowledged := acknowledgedOf(scenarios)
	for _, s := range scenarios {
		if err = addScenario(ctx, db, v, s, tell); err != nil {
			break
		}
	}
	v.DurationMs = float64(time.Since(start)) / float64(time.Millisecond)
	v.Problem = problem(v, err, acknowledged)
	v.OK = v.Problem == ""
	return v
}

// ErrUntold is why a run can't be verified by its ids.
var ErrUntold = errors.New("the function doesn't tell which statements were acknowledged, and the ids of its rows are its own")

// Count sets all rows of the table against those that it had before, for a function
// whose rows' ids aren't known: it must have as many more as were acknowledged. What
// others write or delete meanwhile is in it too.
func Count(ctx context.Context, db *dsql.DB, before int64, scenarios []Scenario, tell Progress) *bench.Verification {
	start := time.Now()
	v := &bench.Verification{Mode: bench.VerifyCount, LostIDs: []string{}, RowsBefore: &before}
	acknowledged := acknowledgedOf(scenarios)
	var err error
	v.RowsAfter, err = Rows(ctx, db, tell)
	v.DurationMs = float64(time.Since(start)) / float64(time.Millisecond)
	switch {
	case err != nil:
		v.Problem = fmt.Sprintf("could not look at the table: %v", err)
	case *v.RowsAfter-before < acknowledged:
		v.Problem = fmt.Sprintf("%d rows acknowledged by the function's word, and the table has %d before and %d after", acknowledged, before, *v.RowsAfter)
	}
	v.OK = v.Problem == ""
	return v
}

// Rows is how many rows the table has; nil with an error.
func Rows(ctx context.Context, db *dsql.DB, tell Progress) (rows *int64, err error) {
	err = dsql.Patiently(ctx, Patience, tell.Waiting, func() error {
		n, err := db.CountAll(ctx)
		if err == nil {
			rows = &n
		}
		return err
	})
	return rows, err
}

func acknowledgedOf(scenarios []Scenario) (rows int64) {
	for _, s := range scenarios {
		for _, r := range s.Results {
			rows += r.Rows(s.Plan.Invocation(r.Index)).Acknowledged
		}
	}
	return rows
}

func problem(v *bench.Verification, err error, acknowledged int64) string {
	switch {
	case err != nil:
		return fmt.Sprintf("could not look at the table: %v", err)
	case v.Mode == bench.VerifyCount && v.Present < acknowledged:
		return fmt.Sprintf("%d rows acknowledged, only %d of the planned ids are in the table", acknowledged, v.Present)
	case v.Mode == bench.VerifyCount:
		return ""
	case v.Lost > 0:
		return fmt.Sprintf("%d acknowledged rows are not in the table", v.Lost)
	case v.AcknowledgedPresent != acknowledged:
		return fmt.Sprintf("%d rows acknowledged, %d of them found by id", acknowledged, v.AcknowledgedPresent)
	}
	return ""
}

func addScenario(ctx context.Context, db *dsql.DB, v *bench.Verification, s Scenario, tell Progress) error {
	g, ctx := errgroup.WithContext(ctx)
	parts := make(chan bench.Verification, parallel)
	chunks := make(chan []row, parallel)
	g.Go(func() error {
		defer close(chunks)
		return rows(ctx, s, chunks)
	})
	for range parallel {
		g.Go(func() error {
			for part := range chunks {
				var one bench.Verification
				err := dsql.Patiently(ctx, Patience, tell.Waiting, func() (err error) {
					one, err = look(ctx, db, v.Mode, part)
					return err
				})
				if err != nil {
					return err
				}
				parts <- one
			}
			return nil
		})
	}
	finished := make(chan error, 1)
	go func() {
		err := g.Wait()
		close(parts)
		finished <- err
	}()
	for part := range parts {
		add(v, part)
		tell.Asked(v.IDsAsked)
	}
	return <-finished
}

func add(v *bench.Verification, part bench.Verification) {
	v.IDsAsked += part.IDsAsked
	v.Present += part.Present
	v.AcknowledgedPresent += part.AcknowledgedPresent
	v.UnacknowledgedPresent += part.UnacknowledgedPresent
	v.Lost += part.Lost
	v.Absent += part.Absent
	v.LostIDs = append(v.LostIDs, part.LostIDs...)
	v.LostIDs = v.LostIDs[:min(len(v.LostIDs), lostKept)]
}

// rows sends every planned row, in chunks.
func rows(ctx context.Context, s Scenario, to chan<- []row) error {
	ids := event.NewIDs(s.Plan.RunID)
	part := make([]row, 0, Chunk)
	flush := func() error {
		select {
		case to <- part:
			part = make([]row, 0, Chunk)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for _, r := range s.Results {
		inv := s.Plan.Invocation(r.Index)
		for n := range inv.Statements() {
			outcome, ok := r.OutcomeOf(n)
			if !ok {
				return fmt.Errorf("invocation %d: %w", r.Index, ErrUntold)
			}
			for k := range inv.RowsPerStatement() {
				part = append(part, row{id: ids.At(event.At(inv, n, k)), acknowledged: outcome == bench.Acknowledged})
				if len(part) == Chunk {
					if err := flush(); err != nil {
						return err
					}
				}
			}
		}
	}
	return flush()
}

// look asks for one chunk of rows.
func look(ctx context.Context, db *dsql.DB, mode bench.Verify, part []row) (v bench.Verification, err error) {
	ids := make([]string, len(part))
	for i, r := range part {
		ids[i] = r.id
	}
	v.IDsAsked = int64(len(ids))
	if mode == bench.VerifyCount {
		v.Present, err = db.CountPresent(ctx, ids)
		return v, err
	}
	found, err := db.Present(ctx, ids)
	if err != nil {
		return v, err
	}
	present := make(map[string]bool, len(found))
	for _, id := range found {
		present[id] = true
	}
	v.Present = int64(len(found))
	for _, r := range part {
		classify(&v, r, present[r.id])
	}
	return v, nil
}

func classify(v *bench.Verification, r row, present bool) {
	switch {
	case r.acknowledged && present:
		v.AcknowledgedPresent++
	case r.acknowledged:
		v.Lost++
		v.LostIDs = append(v.LostIDs, r.id)
	case present:
		v.UnacknowledgedPresent++
	default:
		v.Absent++
	}
}

// ErrUnsure is why a removal that was broken off may have removed more rows than it
// counted.
var ErrUnsure = errors.New("more rows may be gone than were counted")

// Remove deletes every planned row of a plan, in transactions within DSQL's
// limit, and answers how many there were. waiting, which may be nil, is told why
// the database is asked again; it is asked again only for what it refused.
func Remove(ctx context.Context, db *dsql.DB, p bench.Plan, waiting func(why error)) (int64, error) {
	results := make([]bench.Result, p.Load.NumLambdas)
	for i := range results {
		results[i].Index = i
	}
	chunks := make(chan []row, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		return rows(ctx, Scenario{Plan: p, Results: results}, chunks)
	})
	var removed int64
	g.Go(func() error {
		for part := range chunks {
			ids := make([]string, len(part))
			for i, r := range part {
				ids[i] = r.id
			}
			var unsure error // rows may have been removed, and would not be counted
			err := dsql.Patiently(ctx, Patience, waiting, func() error {
				n, err := db.Delete(ctx, ids)
				if err != nil && dsql.Explain(err).Outcome == bench.Unknown {
					unsure = fmt.Errorf("%w: %w", ErrUnsure, err)
					return nil
				}
				removed += n
				return err
			})
			if err := errors.Join(err, unsure); err != nil {
				return err
			}
		}
		return nil
	})
	return removed, g.Wait()
}
