// Package verify looks at the table after a run: it asks for every planned id
// and sets what is there against what was acknowledged.
package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
)

const (
	// Chunk is how many ids one query asks for, below DSQL's limit of rows that
	// a transaction may change, since the removal uses it too.
	Chunk    = 2500
	parallel = 4
	// ahead is how many chunks may be looked at before the first of them is done.
	ahead = 4 * parallel
	// Patience is how long the database is asked again that takes no connection.
	Patience = time.Minute
)

// Progress is told of a look at the table. Its fields may be nil.
type Progress struct {
	// Asked is told now and then how many ids were asked for.
	Asked func(ids int64)
	// Waiting is told why the database is asked again. Many goroutines call it.
	Waiting func(why error)
	// Found is told of each row of which run and table don't say the same, in the
	// plan's order: those lost, and those that are there although their statement
	// failed or was never started.
	Found func([]bench.PlacedRow)
}

// Scenario is what was planned and what came of it.
type Scenario struct {
	Plan    bench.Plan
	Results []bench.Result
}

// row is one planned row.
type row struct {
	id      string
	outcome bench.Outcome // of its statement
	result  *bench.Result // of its invocation
	n       int           // its statement in the invocation
	k       int           // its place in the statement
}

// chunk is what one query asks for, or what came of it.
type chunk struct {
	number int // in the order of the plan
	rows   []row
	counts bench.Verification
	found  []row // of rows
}

// Run asks the database for every planned id of the scenarios. What it finds,
// bad news too, is in the Verification; that it could not ask is there as well.
func Run(ctx context.Context, db *dsql.DB, mode bench.Verify, scenarios []Scenario, tell Progress) *bench.Verification {
	if tell.Asked == nil {
		tell.Asked = func(int64) {}
	}
	if tell.Found == nil {
		tell.Found = func([]bench.PlacedRow) {}
	}
	start := time.Now()
	v := &bench.Verification{Mode: mode, LostIDs: []string{}}
	if mode == bench.VerifyFull {
		v.Unexpected = new(int64)
	}
	var err error
	acknowledged := acknowledgedOf(scenarios)
	var where wheres
	for _, s := range scenarios {
		placing := newPlacing(s.Plan)
		err = addScenario(ctx, db, v, s, tell, placing)
		where.add(placing)
		if err != nil {
			break
		}
	}
	v.LostWhere, v.UnexpectedWhere = where.lost(), where.unexpected()
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
		n, err := db.Table().CountAll(ctx)
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
		return fmt.Sprintf("%d acknowledged rows are not in the table (%s)", v.Lost, v.LostWhere)
	case v.AcknowledgedPresent != acknowledged:
		return fmt.Sprintf("%d rows acknowledged, %d of them found by id", acknowledged, v.AcknowledgedPresent)
	}
	return ""
}

func addScenario(ctx context.Context, db *dsql.DB, v *bench.Verification, s Scenario, tell Progress, placing *placing) error {
	g, ctx := errgroup.WithContext(ctx)
	asked, looked := make(chan chunk), make(chan chunk, parallel)
	window := make(chan struct{}, ahead) // what is found waits for its turn, and must be bounded
	g.Go(func() error {
		defer close(asked)
		return rows(ctx, s, window, asked)
	})
	for range parallel {
		g.Go(func() error {
			for part := range asked {
				err := dsql.Patiently(ctx, Patience, tell.Waiting, func() error { return look(ctx, db, v.Mode, &part) })
				if err != nil {
					return err
				}
				part.rows = nil
				looked <- part
			}
			return nil
		})
	}
	finished := make(chan error, 1)
	go func() {
		err := g.Wait()
		close(looked)
		finished <- err
	}()
	take := func(part chunk) {
		add(v, part.counts)
		if placed := placing.place(part.found); len(placed) > 0 {
			name(v, placed)
			tell.Found(placed)
		}
	}
	waiting := map[int]chunk{}
	for next := 0; ; {
		part, ok := <-looked
		if !ok {
			// After an error some are missing: what is known of the others counts.
			for _, number := range slices.Sorted(maps.Keys(waiting)) {
				take(waiting[number])
			}
			return <-finished
		}
		waiting[part.number] = part
		for part, ok := waiting[next]; ok; part, ok = waiting[next] {
			take(part)
			delete(waiting, next)
			<-window
			next++
		}
		tell.Asked(v.IDsAsked)
	}
}

func add(v *bench.Verification, part bench.Verification) {
	v.IDsAsked += part.IDsAsked
	v.Present += part.Present
	v.AcknowledgedPresent += part.AcknowledgedPresent
	v.UnacknowledgedPresent += part.UnacknowledgedPresent
	v.Lost += part.Lost
	v.Absent += part.Absent
}

// name keeps the first rows of each kind.
func name(v *bench.Verification, placed []bench.PlacedRow) {
	for _, r := range placed {
		list := &v.LostRows
		if r.Outcome != bench.Acknowledged {
			list = &v.UnexpectedRows
			*v.Unexpected++
		}
		if len(*list) == bench.PlacedKept {
			continue
		}
		*list = append(*list, r)
		if r.Outcome == bench.Acknowledged {
			v.LostIDs = append(v.LostIDs, r.ID)
		}
	}
}

// rows sends every planned row, in chunks. Each takes a place of the window.
func rows(ctx context.Context, s Scenario, window chan<- struct{}, to chan<- chunk) error {
	ids := event.NewIDs(s.Plan.RunID)
	part := chunk{rows: make([]row, 0, Chunk)}
	flush := func() error {
		select {
		case window <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case to <- part:
			part = chunk{number: part.number + 1, rows: make([]row, 0, Chunk)}
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for i := range s.Results {
		r := &s.Results[i]
		inv := s.Plan.Invocation(r.Index)
		for n := range inv.Statements() {
			outcome, ok := r.OutcomeOf(n)
			if !ok {
				return fmt.Errorf("invocation %d: %w", r.Index, ErrUntold)
			}
			for k := range inv.RowsPerStatement() {
				part.rows = append(part.rows, row{id: ids.At(event.At(inv, n, k)), outcome: outcome, result: r, n: n, k: k})
				if len(part.rows) == Chunk {
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
func look(ctx context.Context, db *dsql.DB, mode bench.Verify, part *chunk) error {
	part.counts, part.found = bench.Verification{}, nil // it may be asked for again
	ids := part.ids()
	v := &part.counts
	if mode == bench.VerifyCount {
		n, err := db.Table().CountPresent(ctx, ids)
		v.IDsAsked, v.Present = int64(len(ids)), n
		return err
	}
	found, err := db.Table().Present(ctx, ids)
	if err != nil {
		return err
	}
	present := make(map[string]bool, len(found))
	for _, id := range found {
		present[id] = true
	}
	v.IDsAsked, v.Present = int64(len(ids)), int64(len(found))
	for _, r := range part.rows {
		if !asKnown(v, r, present[r.id]) {
			part.found = append(part.found, r)
		}
	}
	return nil
}

func (c *chunk) ids() []string {
	ids := make([]string, len(c.rows))
	for i, r := range c.rows {
		ids[i] = r.id
	}
	return ids
}

// asKnown counts the row, and reports whether the table has of it what the run knew.
// A row of unknown outcome may be there or not.
func asKnown(v *bench.Verification, r row, present bool) bool {
	switch acknowledged := r.outcome == bench.Acknowledged; {
	case acknowledged && present:
		v.AcknowledgedPresent++
	case acknowledged:
		v.Lost++
		return false
	case present:
		v.UnacknowledgedPresent++
		return r.outcome == bench.Unknown
	default:
		v.Absent++
	}
	return true
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
	chunks, window := make(chan chunk, 1), make(chan struct{}, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		return rows(ctx, Scenario{Plan: p, Results: results}, window, chunks)
	})
	var removed int64
	g.Go(func() error {
		for part := range chunks {
			<-window
			ids := part.ids()
			var unsure error // rows may have been removed, and would not be counted
			err := dsql.Patiently(ctx, Patience, waiting, func() error {
				n, err := db.Table().Delete(ctx, ids)
				if err != nil && failure.Explain(err).Outcome == bench.Unknown {
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
