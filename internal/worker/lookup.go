package worker

import (
	"context"
	"fmt"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/event"
)

// lookTime bounds the look for one statement's rows.
const lookTime = 2 * time.Second

// stored asks for the rows of a statement.
func (w *Worker) stored(ctx context.Context, events []event.Event) (found dsql.Stored, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	err = dsql.Patiently(ctx, lookTime, nil, func() (err error) {
		found, err = w.db.Stored(ctx, events)
		return err
	})
	return found, err
}

// lookedUp says what became of a statement that was answered without an error and by a
// command tag of affected rows, which are not those that it has. An attempt of its own
// whose answer was lost may have put them there, or a trigger of the table; another
// sending of the same invocation may have come first; or the server dropped them. The
// table tells which.
func (t *tally) lookedUp(affected int64, resent bool) dsql.Failure {
	planned := int64(t.inv.RowsPerStatement())
	found, err := t.stored()
	switch {
	case err != nil:
		f := dsql.Explain(err)
		return dsql.Failure{
			Kind: dsql.NotChecked, Outcome: bench.Unknown,
			Message: fmt.Sprintf("the command tag tells of %d of %d rows, and asking for their ids failed: %s: %s", affected, planned, f.Kind, f.Message),
		}
	case found.Rows < planned:
		f := dsql.Failure{
			Kind: dsql.NotStored, Outcome: bench.Failed,
			Message: fmt.Sprintf("the server stored %d of %d rows and reported no error", found.Own, planned),
		}
		if found.Rows > 0 || resent { // an attempt may be at work still
			f.Outcome = bench.Unknown
		}
		return f
	case found.Own < planned:
		return dsql.Failure{
			Kind: dsql.AlreadyPresent, Outcome: bench.Failed,
			Message: fmt.Sprintf("%d of %d rows inserted, the others' ids were in the table", found.Own, planned),
		}
	case resent && affected == 0:
		t.out.Confirmed++
	default:
		t.out.StoredElsewhere++
	}
	return dsql.Failure{Outcome: bench.Acknowledged}
}
