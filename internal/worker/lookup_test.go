package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/telemetry/capture"
	"dsql-load-test/internal/worker"
)

const (
	drop = "RETURN NULL;"
	// move writes the row into a table that is seen through the suite's own.
	move = "INSERT INTO car_entities_schema.child SELECT NEW.* ON CONFLICT DO NOTHING; RETURN NULL;"
)

// child makes the table that move writes to.
func (f fixture) child() {
	f.t.Helper()
	f.Do("CREATE TABLE car_entities_schema.child (PRIMARY KEY (id)) INHERITS (" + dsql.Table + ")")
}

// ended is what became of an invocation, and what the table has afterwards.
type ended struct {
	Statements                 bench.Account
	Kind, Message              string
	Affected, Confirmed, Moved int64
	Present                    int64
}

func (f fixture) ended(r bench.Response) ended {
	f.t.Helper()
	e := ended{Statements: *r.Statements, Affected: r.RowsAffected, Confirmed: r.Confirmed, Moved: r.StoredElsewhere, Present: f.rows()}
	for _, sum := range r.Errors {
		e.Kind, e.Message = e.Kind+sum.Kind, e.Message+sum.Message
	}
	return e
}

// A command tag that tells of fewer rows than were sent says nothing of where they are:
// the table does.
func TestFewerRowsThanSent(t *testing.T) { eachForm(t, testFewerRowsThanSent) }

func testFewerRowsThanSent(t *testing.T, form bench.Form) {
	const even = "nextval('nth') % 2 = 0"
	batch, individual := by(form, invocation(bench.Batch, 3, 10)), by(form, invocation(bench.Individual, 4, 1))
	stored := func(n, of int) string {
		return fmt.Sprintf("the server stored %d of %d rows and reported no error", n, of)
	}
	for name, tc := range map[string]struct {
		trigger string // before each row
		before  int    // iterations of the invocation that are there already, below 0 by way of the trigger
		inv     bench.Invocation
		want    ended
	}{
		"batch, all dropped": {drop, 0, batch, ended{
			Statements: bench.Account{Planned: 3, Failed: 3}, Kind: failure.NotStored, Message: stored(0, 10),
		}},
		"individual, all dropped": {drop, 0, individual, ended{
			Statements: bench.Account{Planned: 4, Failed: 4}, Kind: failure.NotStored, Message: stored(0, 1),
		}},
		"batch, half dropped": {"IF " + even + " THEN " + drop + " END IF;", 0, batch, ended{
			Statements: bench.Account{Planned: 3, Unknown: 3}, Kind: failure.NotStored, Message: stored(5, 10), Affected: 15, Present: 15,
		}},
		"individual, half dropped": {"IF " + even + " THEN " + drop + " END IF;", 0, individual, ended{
			Statements: bench.Account{Planned: 4, Acknowledged: 2, Failed: 2}, Kind: failure.NotStored, Message: stored(0, 1), Affected: 2, Present: 2,
		}},
		"batch, written elsewhere": {move, 0, batch, ended{
			Statements: bench.Account{Planned: 3, Acknowledged: 3}, Moved: 3, Present: 30,
		}},
		"individual, written elsewhere": {move, 0, individual, ended{
			Statements: bench.Account{Planned: 4, Acknowledged: 4}, Moved: 4, Present: 4,
		}},
		"batch, half written elsewhere": {"IF " + even + " THEN " + move + " END IF;", 0, batch, ended{
			Statements: bench.Account{Planned: 3, Acknowledged: 3}, Moved: 3, Affected: 15, Present: 30,
		}},
		"batch, one there already": {"", 1, batch, ended{
			Statements: bench.Account{Planned: 3, Acknowledged: 2, Failed: 1}, Kind: failure.AlreadyPresent, Message: "0 of 10 rows inserted, the others' ids were in the table",
			Affected: 20, Present: 30,
		}},
		"written elsewhere, one there already": {move, -1, batch, ended{
			Statements: bench.Account{Planned: 3, Acknowledged: 2, Failed: 1}, Kind: failure.AlreadyPresent, Message: "0 of 10 rows inserted, the others' ids were in the table",
			Moved: 2, Present: 30,
		}},
		"dropped, one there already": {drop, 1, by(form, invocation(bench.Batch, 1, 10)), ended{
			Statements: bench.Account{Planned: 1, Failed: 1}, Kind: failure.AlreadyPresent, Message: "0 of 10 rows inserted, the others' ids were in the table", Present: 10,
		}},
		"a date is set": {"NEW.saved_date := now();", 0, batch, ended{
			Statements: bench.Account{Planned: 3, Acknowledged: 3}, Affected: 30, Present: 30,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.Do("CREATE SEQUENCE nth")
			f.child()
			first := tc.inv
			first.Iterations = max(tc.before, -tc.before)
			if tc.before > 0 {
				f.invoke(context.Background(), first)
			}
			f.beforeInsert(tc.trigger)
			if tc.before < 0 {
				f.invoke(context.Background(), first)
			}
			if diff := cmp.Diff(tc.want, f.ended(f.invoke(context.Background(), tc.inv))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// limited makes the fixture's worker one of a role that has these rights to the table, and
// for which the look takes what is in condition.
func (f fixture) limited(rights, condition string) fixture {
	f.t.Helper()
	role := "r" + f.Name
	f.Do("CREATE ROLE " + role + " LOGIN; GRANT USAGE ON SCHEMA car_entities_schema TO " + role)
	f.Do("GRANT " + rights + " ON " + dsql.Table + " TO " + role)
	f.Do("GRANT SELECT, INSERT ON car_entities_schema.child TO " + role)
	f.Do("ALTER TABLE " + dsql.Table + " ENABLE ROW LEVEL SECURITY; CREATE POLICY write ON " + dsql.Table + " FOR INSERT WITH CHECK (true)")
	f.Do("CREATE POLICY read ON " + dsql.Table + " FOR SELECT USING (" + condition + ")")
	return f.by(dsqltest.NewProxy(f.t).Addr(), role)
}

// What a look takes is in no latency and no phase.
func TestLookIsNoLatency(t *testing.T) {
	t.Parallel()
	const pause, statements = 100 * time.Millisecond, 3
	lambda, err := capture.NewLambda(t.Context(), func(string) string { return "" }, "env-0001", capture.Database{Host: "h", Name: "postgres", Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	f := start(t)
	f.child()
	f.beforeInsert(move)
	f = f.limited("SELECT, INSERT", fmt.Sprintf("pg_sleep(%v) IS NOT NULL", pause.Seconds()))
	f.w = worker.New(f.db, "env-0001", lambda, slog.New(slog.DiscardHandler))
	inv := invocation(bench.Individual, statements, 1)
	inv.Telemetry = &bench.TelemetryRequest{Mode: bench.TelemetryRelay, Detail: bench.DetailAll}
	r := f.invoke(context.Background(), inv)
	if r.StoredElsewhere != statements || r.Statements.Acknowledged != statements || r.Latency.Count != statements {
		t.Fatalf("%d stored elsewhere, statements %+v, %d latencies", r.StoredElsewhere, *r.Statements, r.Latency.Count)
	}
	if apart := r.DurationMs - float64(r.Latency.SumUs)/1000; apart < float64(statements*pause.Milliseconds()) {
		t.Errorf("%v ms of the loop are in no latency, want %d looks of %v", apart, statements, pause)
	}
	for _, s := range r.Slowest {
		if n := len(slices.DeleteFunc(slices.Clone(s.Phases), func(p bench.PhaseTime) bool { return p.Phase != "query" })); n != 1 {
			t.Errorf("phases %+v, want one query", s.Phases)
		}
	}
}

// A look that isn't answered leaves the outcome open, and the loop goes on.
func TestLookFails(t *testing.T) {
	t.Parallel()
	const tag = "the command tag reports 0 of 1 rows, and the query for their ids failed: "
	for name, tc := range map[string]struct {
		rights, condition string
		message           string
	}{
		"no right": {"SELECT (id), INSERT", "true", "42501: permission denied for table business_events"},
		"too slow": {"SELECT, INSERT", "pg_sleep(30) IS NOT NULL", "timeout: "},
		"an error": {"SELECT, INSERT", "1 / (length(id) - 36) > 0", "22012: division by zero"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.child()
			inv := invocation(bench.Individual, 3, 1)
			first := inv
			first.Iterations = 2
			f.invoke(context.Background(), first)
			f.beforeInsert(drop)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			r := f.limited(tc.rights, tc.condition).invoke(ctx, inv)
			if len(r.Errors) == 0 || r.Errors[0].Kind != failure.NotChecked || r.Errors[0].Statements < 2 || !strings.HasPrefix(r.Errors[0].Message, tag+tc.message) {
				t.Errorf("errors %+v, want %s", r.Errors, tc.message)
			}
			if a := *r.Statements; a.Unknown < 2 || a.Unknown+a.Failed != 3 {
				t.Errorf("statements %+v", a)
			}
		})
	}
}

// deaf is a way on which the answer to each n-th INSERT is lost.
func deaf(t *testing.T, n int64) net.Addr {
	t.Helper()
	socket := dsqltest.Socket(t)
	var answers atomic.Int64
	return dsqltest.Serve(t, func(client net.Conn) {
		server, err := net.Dial("unix", socket)
		if err != nil {
			t.Error(err)
			return
		}
		var wg sync.WaitGroup
		wg.Go(func() { copyUntil(server, client, func([]byte) bool { return false }) })
		copyUntil(client, server, func(answer []byte) bool {
			// It comes in one piece with ReadyForQuery, after the commit.
			return bytes.Contains(answer, []byte("INSERT 0 ")) && answers.Add(1)%n == 0
		})
		wg.Wait()
	}).Addr()
}

// copyUntil copies until an end is closed or a piece is the last, which isn't copied. It
// closes both.
func copyUntil(to, from net.Conn, last func([]byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	piece := make([]byte, 1<<16)
	for {
		n, err := from.Read(piece)
		if err != nil || last(piece[:n]) {
			return
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// A statement whose answer was lost finds its rows there, wherever a trigger wrote them
// and whatever it made of them. What isn't there is not confirmed.
func TestResentFindsItsRows(t *testing.T) { eachForm(t, testResentFindsItsRows) }

func testResentFindsItsRows(t *testing.T, form bench.Form) {
	batch := by(form, invocation(bench.Batch, 4, 10))
	for name, tc := range map[string]struct {
		trigger string
		want    ended
	}{
		"no trigger":        {"", ended{Statements: bench.Account{Planned: 4, Acknowledged: 4}, Confirmed: 3, Affected: 10, Present: 40}},
		"a date is set":     {"NEW.saved_date := now();", ended{Statements: bench.Account{Planned: 4, Acknowledged: 4}, Confirmed: 3, Affected: 10, Present: 40}},
		"written elsewhere": {move, ended{Statements: bench.Account{Planned: 4, Acknowledged: 4}, Confirmed: 3, Moved: 1, Present: 40}},
		"dropped": {drop, ended{
			Statements: bench.Account{Planned: 4, Unknown: 3, Failed: 1}, Kind: failure.NotStored, Message: "the server stored 0 of 10 rows and reported no error",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.child()
			f.beforeInsert(tc.trigger)
			// Of each two answers one is lost, so the first statement alone needs no second attempt.
			r := f.by(deaf(t, 2), "postgres").invoke(context.Background(), batch)
			if diff := cmp.Diff(tc.want, f.ended(r)); diff != "" || r.Resent != 3 {
				t.Errorf("%d sent again, want 3; -want +got\n%s", r.Resent, diff)
			}
		})
	}
}
