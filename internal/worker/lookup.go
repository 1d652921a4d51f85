package worker

import (
	"context"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
)

// lookTime bounds the search for one statement's rows. On a machine at its limit a statement
// can take many seconds, and so can the search, which may have to open a connection.
const lookTime = 10 * time.Second

// stored asks the database which rows of a statement it has.
func (w *Worker) stored(ctx context.Context, events []event.Event) (found dsql.Stored, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	err = dsql.Patiently(ctx, lookTime, nil, func() (err error) {
		found, err = w.db.Stored(ctx, events)
		return err
	})
	return found, err
}

// judge returns how a statement of planned rows ended after its attempts. If it fails after an
// attempt of unknown outcome, its outcome stays unknown: that attempt may have stored the rows.
func judge(attempts []bench.Attempt, planned int64, stored func() (dsql.Stored, error)) bench.Failure {
	last := attempts[len(attempts)-1]
	switch {
	case last.Failure.Outcome == bench.Acknowledged && last.Affected != planned:
		return lookUp(last.Affected, planned, resent(attempts), stored)
	case last.Failure.Outcome == bench.Failed && resent(attempts):
		last.Failure.Outcome = bench.Unknown
	}
	return last.Failure
}

// lookUp returns how a statement ended that succeeded although its command tag has another number
// of rows than planned. The rows may come from an earlier attempt whose answer was lost, from a
// trigger of the table, or from another sending of the same invocation; or the server dropped
// them. The table shows which.
func lookUp(affected, planned int64, resent bool, stored func() (dsql.Stored, error)) bench.Failure {
	found, err := stored()
	switch {
	case err != nil:
		f := failure.Explain(err)
		return bench.Failure{
			Kind: failure.NotChecked, Outcome: bench.Unknown,
			Message: fmt.Sprintf("the command tag reports %d of %d rows, and the query for their ids failed: %s: %s", affected, planned, f.Kind, f.Message),
		}
	case found.Rows < planned:
		f := bench.Failure{
			Kind: failure.NotStored, Outcome: bench.Failed,
			Message: fmt.Sprintf("the server stored %d of %d rows and reported no error", found.Own, planned),
		}
		if found.Rows > 0 || resent { // an attempt may still be running
			f.Outcome = bench.Unknown
		}
		return f
	case found.Own < planned:
		return bench.Failure{
			Kind: failure.AlreadyPresent, Outcome: bench.Failed,
			Message: fmt.Sprintf("%d of %d rows inserted, the others' ids were in the table", found.Own, planned),
		}
	}
	return bench.Failure{Outcome: bench.Acknowledged}
}
