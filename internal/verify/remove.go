package verify

import (
	"context"
	"errors"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/failure"
)

// ErrUnsure is returned by Remove if it may have removed more rows than it counted.
var ErrUnsure = errors.New("more rows may be gone than were counted")

// Remove deletes every row of a plan, in transactions within DSQL's limit, and returns how
// many there were. A transaction is repeated only if the database refused it; waiting, which
// may be nil, is called with the reason.
func Remove(ctx context.Context, db *dsql.DB, p bench.Plan, waiting func(why error)) (removed int64, err error) {
	err = eachChunk(uniform(p, bench.Unknown), func(part chunk) error {
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
		return errors.Join(err, unsure)
	})
	return removed, err
}
