package verify

import (
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
)

var second = time.Date(2026, 11, 24, 21, 3, 7, 0, time.UTC)

func answer(environment string, seconds ...int64) *bench.Response {
	a := &bench.Response{EnvironmentID: environment}
	for i, n := range seconds {
		a.Timeline = append(a.Timeline, bench.Second{Unix: second.Unix() + int64(i), Statements: n})
	}
	return a
}

// What a row's answer tells is told of it, and nothing else.
func TestPlacing(t *testing.T) {
	batch := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 9, Iterations: 10, Count: 100}}
	single := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 9, Iterations: 3, Count: 4}}
	slow := answer("b")
	slow.Slowest = []bench.Statement{{Iteration: 2, Row: 1, StartedUs: second.UnixMicro() + 900_000, LatencyUs: 200_000}}
	at := func(seconds int) *time.Time { return new(second.Add(time.Duration(seconds) * time.Second)) }
	for _, c := range []struct {
		name   string
		plan   bench.Plan
		result bench.Result
		n, k   int
		want   bench.PlacedRow
	}{
		{
			"the first second", batch,
			bench.Result{Index: 3, Response: answer("a", 2, 5, 3)},
			1, 99,
			bench.PlacedRow{Invocation: 3, Iteration: 1, Row: 99, Environment: new("a"), At: at(0), TimeOf: bench.StatementEnd},
		},
		{
			"the next one", batch,
			bench.Result{Response: answer("a", 2, 5, 3)},
			2, 0,
			bench.PlacedRow{Iteration: 2, Environment: new("a"), At: at(1), TimeOf: bench.StatementEnd},
		},
		{
			"the last one", batch,
			bench.Result{Response: answer("a", 2, 5, 3)},
			9, 0,
			bench.PlacedRow{Iteration: 9, Environment: new("a"), At: at(2), TimeOf: bench.StatementEnd},
		},
		{
			"not started", batch,
			bench.Result{Sent: second.Add(time.Second / 2), Response: answer("a", 2)},
			2, 0,
			bench.PlacedRow{Iteration: 2, Environment: new("a"), At: at(0), TimeOf: bench.InvocationSent},
		},
		{
			"one of the slowest", single,
			bench.Result{Sent: second, Response: slow},
			9, 0,
			bench.PlacedRow{Iteration: 2, Row: 1, Environment: new("b"), At: at(1), TimeOf: bench.StatementEnd},
		},
		{
			"another one", single,
			bench.Result{Sent: second, Response: slow},
			10, 0,
			bench.PlacedRow{Iteration: 2, Row: 2, Environment: new("b"), At: at(0), TimeOf: bench.InvocationSent},
		},
		{
			"no answer", single,
			bench.Result{Sent: second},
			0, 0,
			bench.PlacedRow{At: at(0), TimeOf: bench.InvocationSent},
		},
		{"nothing known", single, bench.Result{}, 0, 0, bench.PlacedRow{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := newPlacing(c.plan).place([]row{{id: "x", outcome: bench.Acknowledged, result: &c.result, n: c.n, k: c.k}})
			c.want.ID, c.want.Scenario, c.want.Outcome = "x", c.plan.Scenario, bench.Acknowledged
			if diff := cmp.Diff([]bench.PlacedRow{c.want}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// spread places rows of invocations that answered alike, and says where they are.
func spread(p bench.Plan, result bench.Result, rows ...[3]int) string {
	placing, results := newPlacing(p), map[int]*bench.Result{}
	for _, r := range rows {
		if results[r[0]] == nil {
			of := result
			of.Index = r[0]
			results[r[0]] = &of
		}
		placing.place([]row{{outcome: bench.Acknowledged, result: results[r[0]], n: r[1], k: r[2]}})
	}
	return placing.lost.text()
}

func TestWhere(t *testing.T) {
	batch := bench.Plan{Scenario: bench.Batch, Load: bench.Load{NumLambdas: 99, Iterations: 10, Count: 2}}
	single := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 99, Iterations: 10, Count: 1}}
	known := bench.Result{Response: answer("env", 5, 5)}
	var many [][3]int
	for i := range 8 {
		many = append(many, [3]int{40 + i, 0, 0}, [3]int{40 + i, 0, 1}, [3]int{40 + i, 1, 0}, [3]int{40 + i, 1, 1})
	}
	for _, c := range []struct{ name, got, want string }{
		{"nothing", spread(batch, known), ""},
		{"a row", spread(batch, known, [3]int{3, 0, 1}), "batch: 1 row of 1 statement, all in invocation 3, ended 21:03:07 UTC, environment env"},
		{"whole statements", spread(batch, known, many...), "batch: 16 whole statements, all in invocations 40-47, ended 21:03:07 UTC, environment env"},
		{
			"and others", spread(batch, known, [3]int{3, 0, 1}, [3]int{3, 9, 0}, [3]int{3, 9, 1}, [3]int{5, 9, 1}),
			"batch: 1 whole statement and 2 rows of 2 others, all in invocations 3, 5, ended 21:03:07 to 21:03:08 UTC, environment env",
		},
		{"individual", spread(single, known, [3]int{3, 0, 0}, [3]int{3, 1, 0}, [3]int{4, 0, 0}), "individual: all in invocations 3-4, ended 21:03:07 UTC, environment env"},
		{
			"far apart, in a second", spread(single, known, [3]int{1, 0, 0}, [3]int{3, 0, 0}, [3]int{5, 0, 0}, [3]int{7, 0, 0}, [3]int{9, 0, 0}, [3]int{11, 0, 0}, [3]int{12, 0, 0}),
			"individual: in 7 invocations from 1 to 12, ended 21:03:07 UTC, environment env",
		},
		{
			"five ranges", spread(single, known, [3]int{1, 0, 0}, [3]int{3, 0, 0}, [3]int{5, 0, 0}, [3]int{7, 0, 0}, [3]int{9, 0, 0}, [3]int{10, 0, 0}),
			"individual: all in invocations 1, 3, 5, 7, 9-10, ended 21:03:07 UTC, environment env",
		},
		{"sent", spread(single, bench.Result{Sent: second}, [3]int{1, 0, 0}), "individual: all in invocation 1, sent 21:03:07 UTC"},
		{"nothing known", spread(single, bench.Result{}, [3]int{1, 0, 0}), "individual: all in invocation 1"},
		{
			"a time of some", spread(batch, bench.Result{Response: answer("env", 1)}, [3]int{1, 0, 0}, [3]int{1, 5, 0}),
			"batch: 2 rows of 2 statements, all in invocation 1, ended 21:03:07 UTC as far as known (1 rows), environment env",
		},
		{
			"both times", spread(single, bench.Result{Sent: second.Add(-24 * time.Hour), Response: answer("env", 1)}, [3]int{1, 0, 0}, [3]int{1, 5, 0}),
			"individual: all in invocation 1, sent or ended 2026-11-23 21:03:07 to 2026-11-24 21:03:07 UTC, environment env",
		},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, c.got, c.want)
		}
	}
}

// Rows that share no environment have none.
func TestWhereOfEnvironments(t *testing.T) {
	p := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 9, Iterations: 1, Count: 1}}
	placing := newPlacing(p)
	for i, environment := range []string{"a", "b", "a"} {
		placing.place([]row{{outcome: bench.Failed, result: &bench.Result{Index: i, Response: answer(environment)}}})
	}
	if got, want := placing.unexpected.text(), "individual: all in invocations 0-2"; got != want || placing.lost.text() != "" {
		t.Errorf("%s, want %s; lost: %s", got, want, placing.lost.text())
	}
}

// A million rows are placed without memory for each, and a long answer is gone through
// once.
func TestPlacingAMillion(t *testing.T) {
	p := bench.Plan{Scenario: bench.Individual, Load: bench.Load{NumLambdas: 10, Iterations: 100_000, Count: 1}}
	placing := newPlacing(p)
	seconds := make([]int64, 900)
	for i := range seconds {
		seconds[i] = 112
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for i := range p.Load.NumLambdas {
		result := &bench.Result{Index: i, Response: answer("env", seconds...)}
		for n := range p.Load.Iterations {
			placing.place([]row{{outcome: bench.Acknowledged, result: result, n: n}})
		}
	}
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if placing.lost.rows != 1_000_000 || placing.lost.text() != "individual: all in invocations 0-9, ended 21:03:07 to 21:17:59 UTC, environment env" {
		t.Errorf("%d rows: %s", placing.lost.rows, placing.lost.text())
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 10<<20 || took > time.Minute {
		t.Errorf("it took %v and %d bytes", took, grown)
	}
}
