package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"runtime"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/worker"
)

// by makes the fixture's worker go another way, as another user perhaps.
func (f fixture) by(at net.Addr, user string) fixture {
	f.t.Helper()
	u := url.URL{Scheme: "postgres", User: url.User(user), Host: at.String(), Path: f.Name, RawQuery: "sslmode=disable"}
	db, err := dsql.Open(context.Background(), u.String(), 1)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(db.Close)
	f.db, f.w = db, worker.New(db, "env-0001", nil, slog.New(slog.DiscardHandler))
	return f
}

// outage runs an invocation of n statements and closes the way while it goes on,
// for a time, or for good where that is 0.
func (f fixture) outage(ctx context.Context, w *dsqltest.Proxy, n int, lasts time.Duration) bench.Response {
	f.t.Helper()
	f.beforeInsert("PERFORM pg_sleep(0.01);")
	type end struct {
		r   bench.Response
		err error
	}
	ended := make(chan end, 1)
	go func() {
		r, err := f.try(ctx, invocation(bench.Individual, n, 1))
		ended <- end{r, err}
	}()
	eventually.True(f.t, "rows are inserted", func() bool { return f.rows() >= 20 })
	w.Shut()
	if lasts > 0 {
		time.Sleep(lasts)
		w.Reopen()
	}
	e := <-ended
	if e.err != nil {
		f.t.Fatal(e.err)
	}
	return e.r
}

// An outage of three seconds costs no row, and few connections are tried.
func TestShortOutage(t *testing.T) {
	t.Parallel()
	f, w := start(t), dsqltest.NewProxy(t)
	r := f.by(w.Addr(), "postgres").outage(context.Background(), w, 200, 3*time.Second)
	if want := (bench.Account{Planned: 200, Acknowledged: 200}); *r.Statements != want || f.rows() != 200 {
		t.Errorf("statements %+v, %d rows, errors %+v", *r.Statements, f.rows(), r.Errors)
	}
	if n := w.Refused(); n < 1 || n > 10 {
		t.Errorf("%d connections were tried during the outage", n)
	}
}

// One that outlasts the invocation costs the statement that was sent; the others
// are not started.
func TestLongOutage(t *testing.T) {
	t.Parallel()
	f, w := start(t), dsqltest.NewProxy(t)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	r := f.by(w.Addr(), "postgres").outage(ctx, w, 10_000, 0)
	a := *r.Statements
	if a.Acknowledged < 20 || a.Failed+a.Unknown != 1 || !a.Balanced() || !r.Truncated {
		t.Errorf("statements %+v, truncated %v: want one lost, the rest not started", a, r.Truncated)
	}
	waited := int64(0)
	for _, n := range r.ConnectRetries {
		waited += n
	}
	if n := w.Refused(); n < 4 || n > 40 || waited == 0 || waited > n {
		t.Errorf("%d connections were tried during the outage, %v between statements", n, r.ConnectRetries)
	}
}

// A database that lets nobody in is not hammered.
func TestNobodyGetsIn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		role    string // what keeps it out
		kind    string
		retries int
		least   time.Duration // that the invocation takes
		waits   bool
	}{
		"too many connections":              {"CONNECTION LIMIT 0", "53300", 5, 3 * time.Second, true},
		"too many, and no further attempts": {"CONNECTION LIMIT 0", "53300", 0, 3 * time.Second, true},
		"not allowed":                       {"", "42501", 5, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, w := start(t), dsqltest.NewProxy(t)
			role := "r" + f.Name
			f.Do(fmt.Sprintf("CREATE ROLE %s LOGIN %s", role, tc.role))
			if !tc.waits {
				f.Do("REVOKE CONNECT ON DATABASE " + f.Name + " FROM PUBLIC")
			}
			f = f.by(w.Addr(), role)
			inv := invocation(bench.Individual, 50_000, 1)
			inv.Retries = &tc.retries
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			began := time.Now()
			r := f.invoke(ctx, inv)
			took := time.Since(began)
			if want := (bench.Account{Planned: 50_000, Failed: 1, NotStarted: 49_999}); *r.Statements != want || !r.Truncated {
				t.Errorf("statements %+v, truncated %v, want %+v", *r.Statements, r.Truncated, want)
			}
			if len(r.Errors) != 1 || r.Errors[0].Kind != tc.kind || (r.ConnectRetries[tc.kind] > 0) != tc.waits {
				t.Errorf("errors %+v, waited %v", r.Errors, r.ConnectRetries)
			}
			if tried := r.Attempts + r.ConnectRetries[tc.kind]; tried > 30 || took < tc.least {
				t.Errorf("%d connections tried in %v", tried, took)
			}
		})
	}
}

// Of each statement that came over TCP it is known what the function added.
func TestOverheadIsTold(t *testing.T) {
	t.Parallel()
	f, w := start(t), dsqltest.NewProxy(t)
	f.by(w.Addr(), "postgres").invoke(context.Background(), invocation(bench.Individual, 3, 1)) // the kernel begins to stamp
	r := f.by(w.Addr(), "postgres").invoke(context.Background(), bench.Invocation{
		Scenario: bench.Individual, Count: 20, Iterations: 1, EventType: bench.CarCreated, Index: 4, RunID: runID, Seed: 1,
	})
	if runtime.GOOS == "linux" && (r.Overhead == nil || r.Overhead.Count < 15 || r.Overhead.SumUs > r.Latency.SumUs) {
		t.Errorf("overhead %+v of %+v", r.Overhead, r.Latency)
	}
}

// A commit that fails after the command's tag was sent inserted nothing: the retry's
// rows are those that count.
func TestFailsAtCommit(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Do("CREATE SEQUENCE commits")
	f.Do(`CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN IF nextval(''commits'') = 1 THEN RAISE ''conflict'' USING ERRCODE = ''40001''; END IF; RETURN NULL; END'`)
	f.Do("CREATE CONSTRAINT TRIGGER late AFTER INSERT ON " + dsql.Table + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()")
	r := f.invoke(context.Background(), invocation(bench.Individual, 3, 1))
	if r.RowsAffected != 3 || r.Attempts != 4 || r.Retried["40001"] != 1 || r.Statements.Acknowledged != 3 || f.rows() != 3 {
		t.Errorf("%d rows affected in %d attempts, retried %v, statements %+v, %d rows", r.RowsAffected, r.Attempts, r.Retried, *r.Statements, f.rows())
	}
}
