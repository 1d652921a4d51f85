package dsql_test

import (
	"context"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
)

// single is a statement of one row and its pool of one connection.
func single(t *testing.T) (dsqltest.Database, *dsql.DB, *dsql.Insert) {
	t.Helper()
	a, _ := dsqltest.WithTable(t)
	db, err := dsql.Open(t.Context(), a.As("postgres"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	s, err := db.NewInsert(bench.ByValues, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return a, db, s
}

// A prepared statement that is gone fails once; then it is prepared again.
func TestStatementGone(t *testing.T) {
	t.Parallel()
	_, db, s := single(t)
	all := dsqltest.Events(2)
	s.Run(t.Context(), all[:1], 0)
	s.Close()
	if err := db.Do(t.Context(), "DEALLOCATE ALL"); err != nil {
		t.Fatal(err)
	}
	if f := s.Run(t.Context(), all[1:], 0)[0].Failure; f.SQLSTATE != "26000" {
		t.Errorf("%+v", f)
	}
	if again := s.Run(t.Context(), all[1:], 0)[0]; again.Affected != 1 {
		t.Errorf("%+v", again)
	}
}

// The connection is kept only after a statement that stored all its rows.
func TestConnectionIsGivenBack(t *testing.T) {
	t.Parallel()
	_, db, s := single(t)
	all := dsqltest.Events(1)
	free := func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		return db.Do(ctx, "SELECT 1") == nil
	}
	if s.Run(t.Context(), all, 0); free() {
		t.Error("free after a success")
	}
	if a := s.Run(t.Context(), all, 0)[0]; a.Affected != 0 || !free() {
		t.Errorf("not free after %d rows", a.Affected)
	}
}

// The end of the context interrupts a statement of a kept connection, and keeps the next one from
// being sent.
func TestContextEndsOnAKeptConnection(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"timeout: context deadline exceeded": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 2*time.Second)
		},
		"context canceled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(2*time.Second, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _, s := single(t)
			all := dsqltest.Events(2)
			ctx, cancel := end(t.Context())
			defer cancel()
			if first := s.Run(ctx, all[:1], 0)[0]; first.Affected != 1 {
				t.Fatalf("%+v", first)
			}
			a.Do("BEGIN; LOCK TABLE " + dsql.Table)
			late := s.Run(ctx, all[1:], 0)[0]
			if f := late.Failure; f.Kind != failure.TimedOut || f.Outcome != bench.Unknown || f.Message != name || len(late.Timings) != 1 {
				t.Errorf("%+v", late)
			}
			if f := s.Run(ctx, all[1:], 0)[0].Failure; f.Kind != failure.TimedOut || f.Outcome != bench.Failed || !f.Unconnected {
				t.Errorf("afterwards: %+v", f)
			}
		})
	}
}
