package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
)

// ErrForeign is the reason why a run can't be verified by its ids.
var ErrForeign = errors.New("the function doesn't tell which statements were acknowledged, and the ids of its rows are its own")

// Count compares the table's number of rows with the number before the run, for a function
// whose row ids aren't known: at least as many rows as were acknowledged must have been
// added. Rows that others write or delete meanwhile are counted too.
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

// Rows returns how many rows the table has; nil with an error.
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
