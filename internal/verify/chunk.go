package verify

import (
	"context"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
)

// eachChunk calls do with every planned row, in chunks, until it returns an error.
func eachChunk(s Scenario, do func(chunk) error) error {
	ids := event.NewIDs(s.Plan.RunID)
	part := chunk{rows: make([]row, 0, Chunk)}
	for i := range s.Results {
		r := &s.Results[i]
		inv := s.Plan.Invocation(r.Index)
		for n := range inv.Statements() {
			outcome, ok := r.OutcomeOf(n)
			if !ok {
				return fmt.Errorf("invocation %d: %w", r.Index, ErrForeign)
			}
			for k := range inv.RowsPerStatement() {
				part.rows = append(part.rows, row{id: ids.At(event.At(inv, n, k)), outcome: outcome, result: r, n: n, k: k})
				if len(part.rows) < Chunk {
					continue
				}
				if err := do(part); err != nil {
					return err
				}
				part = chunk{rows: make([]row, 0, Chunk)}
			}
		}
	}
	return do(part)
}

// look asks the database for the rows of one chunk.
func look(ctx context.Context, db *dsql.DB, mode bench.Verify, part *chunk) error {
	part.counts, part.found = bench.Verification{}, nil // from an earlier try
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
		if !count(v, r, present[r.id]) {
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

// count counts a row and reports whether the table agrees with the run about it. A row of
// unknown outcome may be there or not.
func count(v *bench.Verification, r row, present bool) bool {
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
