package worker_test

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/failure"
)

// It answers before Lambda's deadline, with what it did until then.
func TestDeadline(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.beforeInsert("PERFORM pg_sleep(1);")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // of which 2 s are left for the answer
	defer cancel()
	r := f.invoke(ctx, invocation(bench.Individual, 100, 1))
	if ctx.Err() != nil {
		t.Error("the answer came after the deadline")
	}
	a := *r.Statements
	if !r.Truncated || !a.Balanced() || a.Acknowledged < 1 || a.NotStarted < 80 || a.Failed != 0 || a.Unknown > 1 {
		t.Errorf("truncated %v, statements %+v", r.Truncated, a)
	}
	// Who knows the original's keys alone must not take this for all that was asked.
	if r.TotalInserts != 100 || r.SuccessCount != a.Acknowledged || r.ErrorCount != 100-a.Acknowledged {
		t.Errorf("%d rows in all, %d written, %d not, of %+v", r.TotalInserts, r.SuccessCount, r.ErrorCount, a)
	}
	if a.Unknown == 1 && (len(r.Errors) != 1 || r.Errors[0].Kind != failure.TimedOut) {
		t.Errorf("errors %+v, want one timeout", r.Errors)
	}
	if got := f.rows(); got < a.Acknowledged || got > a.Acknowledged+a.Unknown {
		t.Errorf("%d rows in the table for %+v", got, a)
	}
}

func TestDeadlinePassed(t *testing.T) {
	t.Parallel()
	f := start(t)
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	r := f.invoke(ctx, invocation(bench.Batch, 4, 10))
	if want := (bench.Account{Planned: 4, NotStarted: 4}); *r.Statements != want || !r.Truncated || f.rows() != 0 {
		t.Errorf("statements %+v, truncated %v, %d rows, want none started", *r.Statements, r.Truncated, f.rows())
	}
}
