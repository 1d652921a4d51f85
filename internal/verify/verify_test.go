package verify_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/verify"
)

func TestMain(m *testing.M) {
	if child.Role() == postgres.Role {
		postgres.Keep()
		return
	}
	os.Exit(m.Run())
}

const runID = "01M850BJEVW2N143JB0YS2GE2T"

// insert writes the rows of the plan whose statement the filter names.
func insert(t *testing.T, db *dsql.DB, p bench.Plan, wanted func(invocation, n int) bool) {
	t.Helper()
	g, err := event.New(p.RunID, p.Seed, p.EventType)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Load.NumLambdas {
		inv := p.Invocation(i)
		s, err := db.NewInsert(bench.ByValues, inv.RowsPerStatement())
		if err != nil {
			t.Fatal(err)
		}
		for n := range inv.Statements() {
			if !wanted(i, n) {
				continue
			}
			var events []event.Event
			for k := range inv.RowsPerStatement() {
				events = append(events, g.Event(nil, event.At(inv, n, k), time.Now()))
			}
			if got, err := s.Exec(t.Context(), events); err != nil || got != int64(len(events)) {
				t.Fatalf("insert: %d rows, %v", got, err)
			}
		}
	}
}

func all(int, int) bool { return true }

// began is when the function began, by its clock.
var began = time.Date(2026, 11, 24, 21, 3, 7, 0, time.UTC)

// results answer for the plan: invocation 0 acknowledged all but its last
// statement, which failed, in one second; 1 acknowledged all, the first in one second
// and the others in the next but one; 2 was never answered.
func results(p bench.Plan) []bench.Result {
	n := p.Invocation(0).Statements()
	return []bench.Result{
		{Index: 0, Outcome: bench.Acknowledged, Sent: began, Response: &bench.Response{
			Statements: &bench.Account{Planned: int64(n), Acknowledged: int64(n) - 1, Failed: 1}, Failed: bench.Ranges{{n - 1, n}},
			EnvironmentID: "env-a", Timeline: []bench.Second{{Unix: began.Unix(), Statements: int64(n)}},
		}},
		{Index: 1, Outcome: bench.Acknowledged, Sent: began, Response: &bench.Response{
			Statements: &bench.Account{Planned: int64(n), Acknowledged: int64(n)}, EnvironmentID: "env-b",
			Timeline: []bench.Second{{Unix: began.Unix(), Statements: 1}, {Unix: began.Unix() + 2, Statements: int64(n) - 1}},
		}},
		{Index: 2, Outcome: bench.Unknown, Sent: began},
	}
}

// placed is the row of a plan's invocation, as a look at the table has it.
func placed(p bench.Plan, invocation, n, k int, o bench.Outcome) bench.PlacedRow {
	ids, inv := event.NewIDs(p.RunID), p.Invocation(invocation)
	at := event.At(inv, n, k)
	second, environment := began, "env-a"
	if invocation == 1 {
		environment = "env-b"
		if n > 0 {
			second = began.Add(2 * time.Second)
		}
	}
	return bench.PlacedRow{
		ID: ids.At(at), Scenario: p.Scenario, Invocation: invocation, Iteration: at.Iteration, Row: at.Row, Outcome: o,
		Environment: &environment, At: &second, TimeOf: bench.StatementEnd,
	}
}

// lost are the rows in the order of the plan, and what is expected of a look at them.
func lost(p bench.Plan, from, to [3]int, where string, v bench.Verification) bench.Verification {
	for i := from[0]; i <= to[0]; i++ {
		for n := from[1]; n <= to[1]; n++ {
			for k := from[2]; k <= to[2]; k++ {
				v.Lost++
				if len(v.LostRows) < bench.PlacedKept {
					r := placed(p, i, n, k, bench.Acknowledged)
					v.LostRows, v.LostIDs = append(v.LostRows, r), append(v.LostIDs, r.ID)
				}
			}
		}
	}
	v.LostWhere, v.Unexpected = where, new(int64)
	v.Problem = fmt.Sprintf("%d acknowledged rows are not in the table (%s)", v.Lost, where)
	v.AcknowledgedPresent -= v.Lost
	v.Present -= v.Lost
	return v
}

// inOrder reports whether rows of one scenario are in the order of the plan.
func inOrder(rows []bench.PlacedRow) bool {
	return slices.IsSortedFunc(rows, func(a, b bench.PlacedRow) int {
		return cmp.Or(a.Invocation-b.Invocation, a.Iteration-b.Iteration, a.Row-b.Row)
	})
}

func acknowledged(n int) func(int, int) bool {
	return func(invocation, statement int) bool { return invocation == 1 || invocation == 0 && statement < n-1 }
}

func TestVerify(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	server, err := postgres.Start(ctx, postgres.Options{MaxConnections: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	db, err := dsql.Open(ctx, server.URL, 6)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Table().Ensure(ctx); err != nil {
		t.Fatal(err)
	}
	// Batches of 700 make each invocation cross the border of a query's ids.
	batch := bench.Plan{RunID: runID, Scenario: bench.Batch, EventType: bench.CarCreated, Load: bench.Load{NumLambdas: 3, Iterations: 4, Count: 700}}
	single := bench.Plan{RunID: runID, Scenario: bench.Individual, EventType: bench.CarCreated, Load: bench.Load{NumLambdas: 3, Iterations: 5, Count: 2}}
	ids := event.NewIDs(runID)
	ofBatch := func(invocation, n, row int) string { return ids.At(event.At(batch.Invocation(invocation), n, row)) }
	one := []string{ofBatch(1, 2, 699)}
	var statement, many, scattered []string
	for k := range 700 {
		statement = append(statement, ofBatch(1, 1, k))
	}
	for i := range 2 {
		for n := range 3 {
			for k := range 700 {
				many = append(many, ofBatch(i, n, k))
			}
		}
	}
	for k := range 12 {
		scattered = append(scattered, ofBatch(1, 0, k))
	}
	none := new(int64)
	const rowsBatch, rowsSingle = 3 * 4 * 700, 3 * 10
	const planned, known = rowsBatch + rowsSingle, 7*700 + 19
	as := bench.Verification{AcknowledgedPresent: known, Absent: planned - known, Present: known} // before something is lost
	for _, c := range []struct {
		name   string
		mode   bench.Verify
		extra  func(invocation, n int) bool // unacknowledged single rows that are there
		remove []string
		want   bench.Verification
	}{
		{"all as acknowledged", bench.VerifyFull, nil, nil, bench.Verification{OK: true, AcknowledgedPresent: known, Absent: planned - known, Present: known, Unexpected: none}},
		{"one lost", bench.VerifyFull, nil, one, lost(batch, [3]int{1, 2, 699}, [3]int{1, 2, 699},
			"batch: 1 row of 1 statement, all in invocation 1, ended 21:03:09 UTC, environment env-b", as)},
		{"a statement lost", bench.VerifyFull, nil, statement, lost(batch, [3]int{1, 1, 0}, [3]int{1, 1, 699},
			"batch: 1 whole statement, all in invocation 1, ended 21:03:09 UTC, environment env-b", as)},
		{"many lost, in several queries", bench.VerifyFull, nil, many, lost(batch, [3]int{0, 0, 0}, [3]int{1, 2, 699},
			"batch: 6 whole statements, all in invocations 0-1, ended 21:03:07 to 21:03:09 UTC", as)},
		{"one unacknowledged present", bench.VerifyFull, func(i, n int) bool { return i == 2 && n == 3 }, nil, bench.Verification{
			OK:                  true,
			AcknowledgedPresent: known, UnacknowledgedPresent: 1, Absent: planned - known - 1, Present: known + 1, Unexpected: none,
		}},
		{"one failed and yet present", bench.VerifyFull, func(i, n int) bool { return i == 0 && n == 9 }, nil, bench.Verification{
			OK:                  true,
			AcknowledgedPresent: known, UnacknowledgedPresent: 1, Absent: planned - known - 1, Present: known + 1, Unexpected: new(int64(1)),
			UnexpectedRows:  []bench.PlacedRow{placed(single, 0, 9, 0, bench.Failed)},
			UnexpectedWhere: "individual: all in invocation 0, ended 21:03:07 UTC, environment env-a",
		}},
		{"ten of many lost are named", bench.VerifyFull, nil, scattered, lost(batch, [3]int{1, 0, 0}, [3]int{1, 0, 11},
			"batch: 12 rows of 1 statement, all in invocation 1, ended 21:03:07 UTC, environment env-b", as)},
		{"count", bench.VerifyCount, nil, nil, bench.Verification{OK: true, Present: known}},
		{"count of too few", bench.VerifyCount, nil, one, bench.Verification{
			Problem: fmt.Sprintf("%d rows acknowledged, only %d of the planned ids are in the table", known, known-1), Present: known - 1,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			insert(t, db, batch, acknowledged(4))
			insert(t, db, single, acknowledged(10))
			if c.extra != nil {
				insert(t, db, single, c.extra)
			}
			if n, err := db.Table().Delete(ctx, c.remove); err != nil || n != int64(len(c.remove)) {
				t.Fatalf("delete: %d rows, %v", n, err)
			}
			var told []int64
			var found []bench.PlacedRow
			got := verify.Run(ctx, db, c.mode, []verify.Scenario{{Plan: batch, Results: results(batch)}, {Plan: single, Results: results(single)}}, verify.Progress{
				Asked: func(ids int64) { told = append(told, ids) },
				Found: func(rows []bench.PlacedRow) { found = append(found, rows...) },
			})
			if n := got.Lost + bench.Known(got.Unexpected); n != int64(len(found)) || !inOrder(found) {
				t.Errorf("told of %d rows, in order: %v; there are %d", len(found), inOrder(found), n)
			}
			if !slices.IsSorted(told) || told[len(told)-1] != planned {
				t.Errorf("told of %d ids of %d", told, planned)
			}
			if got.DurationMs <= 0 {
				t.Errorf("it took %v ms", got.DurationMs)
			}
			got.DurationMs = 0
			c.want.Mode, c.want.IDsAsked = c.mode, planned
			if diff := gocmp.Diff(&c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			removed := int64(0)
			for _, p := range []bench.Plan{batch, single} {
				n, err := verify.Remove(ctx, db, p, nil)
				if err != nil {
					t.Fatal(err)
				}
				removed += n
			}
			if removed != got.Present {
				t.Errorf("%d rows removed, %d were there", removed, got.Present)
			}
		})
	}
	t.Run("remove leaves other runs and scenarios", func(t *testing.T) {
		other, warmUp := single, single
		other.RunID, warmUp.WarmUp = "01M850BJEVW2N143JB0YS2GE2V", true
		for _, p := range []bench.Plan{single, other, warmUp} {
			insert(t, db, p, all)
		}
		if n, err := verify.Remove(ctx, db, warmUp, nil); err != nil || n != rowsSingle {
			t.Errorf("removed %d rows, %v; want %d", n, err, rowsSingle)
		}
		for _, p := range []bench.Plan{single, other} {
			v := verify.Run(ctx, db, bench.VerifyCount, []verify.Scenario{{Plan: p, Results: results(p)}}, verify.Progress{})
			if v.Present != rowsSingle {
				t.Errorf("%d rows left, want %d", v.Present, rowsSingle)
			}
		}
		if n, err := verify.Remove(ctx, db, warmUp, nil); err != nil || n != 0 {
			t.Errorf("removed %d rows again, %v", n, err)
		}
	})
	t.Run("a foreign function", func(t *testing.T) {
		r := []bench.Result{{Outcome: bench.Acknowledged, Response: &bench.Response{SuccessCount: 10}}}
		got := verify.Run(ctx, db, bench.VerifyFull, []verify.Scenario{{Plan: single, Results: r}}, verify.Progress{})
		want := "could not look at the table: invocation 0: " + verify.ErrForeign.Error()
		if got.OK || got.Problem != want {
			t.Errorf("ok %v, problem %q, want %q", got.OK, got.Problem, want)
		}
	})
	t.Run("given up", func(t *testing.T) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		got := verify.Run(gone, db, bench.VerifyFull, []verify.Scenario{{Plan: batch, Results: results(batch)}}, verify.Progress{})
		if got.OK || got.Problem == "" {
			t.Errorf("ok %v, problem %q of a look that could not be", got.OK, got.Problem)
		}
	})
	t.Run("too many connections for a while", func(t *testing.T) {
		var held []*dsql.DB
		for {
			other, err := dsql.Open(ctx, server.URL, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if _, err := other.Ping(ctx); err != nil {
				if failure.Explain(err).SQLSTATE != "53300" {
					t.Fatal(err)
				}
				break
			}
			held = append(held, other)
		}
		late, err := dsql.Open(ctx, server.URL, 6)
		if err != nil {
			t.Fatal(err)
		}
		defer late.Close()
		var free sync.Once
		waiting := func(why error) {
			if failure.Explain(why).SQLSTATE != "53300" {
				t.Errorf("waiting for %v", why)
			}
			free.Do(func() {
				for _, other := range held {
					other.Close()
				}
			})
		}
		insert(t, db, batch, all)
		got := verify.Run(ctx, late, bench.VerifyCount, []verify.Scenario{{Plan: batch, Results: results(batch)}}, verify.Progress{Waiting: waiting})
		if !got.OK || got.Present != rowsBatch || len(held) == 0 {
			t.Errorf("%+v, with %d connections held", got, len(held))
		}
	})
}
