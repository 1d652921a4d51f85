package dsql_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
)

// timed is a context whose deadline passes when the one in it is cancelled.
type timed struct{ context.Context }

func (t timed) Err() error {
	if t.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestExplain(t *testing.T) {
	t.Parallel()
	type want struct {
		Kind    string
		Outcome bench.Outcome
	}
	check := func(t *testing.T, err error, w want, message string) {
		t.Helper()
		if err == nil {
			t.Fatal("no error")
		}
		f := failure.Explain(err)
		if diff := cmp.Diff(w, want{f.Kind, f.Outcome}); diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
		if !strings.Contains(f.Message, message) || strings.ContainsAny(f.Message, "\n\t") {
			t.Errorf("message %q, want one line with %q", f.Message, message)
		}
	}
	background := context.Background()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		_, err := dsqltest.Insert(background, dsqltest.Open(t, "postgres://u@127.0.0.1:1/d?sslmode=disable"), dsqltest.Events(1))
		check(t, err, want{failure.ConnectFailed, bench.Failed}, "refused")
	})
	t.Run("no such database", func(t *testing.T) {
		t.Parallel()
		_, err := dsqltest.Insert(background, dsqltest.Open(t, dsqltest.URL(t, "nowhere", "postgres")), dsqltest.Events(1))
		check(t, err, want{"3D000", bench.Failed}, `database "nowhere" does not exist`)
	})
	t.Run("no table", func(t *testing.T) {
		t.Parallel()
		_, err := dsqltest.Insert(background, dsqltest.New(t).Open("postgres"), dsqltest.Events(1))
		check(t, err, want{"42P01", bench.Failed}, "does not exist")
	})
	t.Run("row refused, without its values", func(t *testing.T) {
		t.Parallel()
		a, db := dsqltest.WithTable(t)
		a.Do("ALTER TABLE " + dsql.Table + " ADD CHECK (event_type <> 'LoanCreated')")
		_, err := dsqltest.Insert(background, db, dsqltest.Events(1))
		check(t, err, want{"23514", bench.Failed}, "violates check constraint")
		if f := failure.Explain(err); strings.Contains(f.Message, "LOAN-") {
			t.Errorf("message %q quotes the row", f.Message)
		}
	})
	t.Run("deadline passes in the statement", func(t *testing.T) {
		t.Parallel()
		a, db := dsqltest.WithTable(t)
		a.Slow()
		ctx, pass := context.WithCancel(background)
		defer pass()
		result := make(chan error, 1)
		go func() {
			_, err := dsqltest.Insert(timed{ctx}, db, dsqltest.Events(1))
			result <- err
		}()
		a.SlowInsert()
		pass()
		check(t, <-result, want{failure.TimedOut, bench.Unknown}, "deadline")
	})
	t.Run("deadline passed before", func(t *testing.T) {
		t.Parallel()
		_, db := dsqltest.WithTable(t)
		ctx, cancel := context.WithDeadline(background, time.Unix(0, 0))
		defer cancel()
		_, err := dsqltest.Insert(ctx, db, dsqltest.Events(1))
		if f := failure.Explain(err); f.Kind != failure.TimedOut || f.Outcome == bench.Acknowledged {
			t.Errorf("%+v", f)
		}
	})
	t.Run("backend terminated", func(t *testing.T) {
		t.Parallel()
		a, db := dsqltest.WithTable(t)
		a.Slow()
		result := make(chan error, 1)
		go func() {
			_, err := dsqltest.Insert(background, db, dsqltest.Events(1))
			result <- err
		}()
		a.Do(fmt.Sprintf("SELECT pg_terminate_backend(%d)", a.SlowInsert()))
		check(t, <-result, want{"57P01", bench.Failed}, "terminating connection due to administrator command")
	})
	t.Run("connection cut", func(t *testing.T) {
		t.Parallel()
		a, db := dsqltest.WithTable(t)
		a.Slow()
		db.Close()
		p := dsqltest.NewProxy(t)
		db = dsqltest.Open(t, fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", p.Addr(), a.Name))
		result := make(chan error, 1)
		go func() {
			_, err := dsqltest.Insert(background, db, dsqltest.Events(1))
			result <- err
		}()
		a.SlowInsert()
		p.Cut()
		check(t, <-result, want{failure.ConnectionLost, bench.Unknown}, "EOF")
	})
}
