package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	gopsutil "github.com/shirou/gopsutil/v4/process"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/event"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/postgrestest"
)

// untold is the longest time before its end of which a killed function may have told nothing: it
// tells each second.
const untold = 2 * time.Second

// testFunctionKilled kills one of two functions in the middle. What it had told stays
// acknowledged and is in the table; the rest is unknown.
func (l *lab) testFunctionKilled(t *testing.T) {
	const each = 10 * time.Millisecond // a row
	run, after := 10*time.Second, 6*time.Second
	if *long {
		run, after = 90*time.Second, 60*time.Second
	}
	iterations := int(run / each)
	at := l.database(t, "function_killed", fmt.Sprintf("PERFORM pg_sleep(%v);", each.Seconds()))
	db := postgrestest.Connect(t, at)
	p := l.start(t, append(l.observed(), to(at)...), "--scenario", "1", "--num-lambdas", "2", "--concurrency", "2",
		"--iterations", strconv.Itoa(iterations), "--warm-up", "0")
	eventually.Nil(t, func() error { // both run, and wait for nothing else
		var rows int
		err := db.QueryRow(t.Context(), "SELECT count(*) FROM car_entities_schema.business_events").Scan(&rows)
		if err == nil && rows < 20 {
			err = fmt.Errorf("%d rows", rows)
		}
		return err
	})
	environments := p.children(t, "environment")
	if len(environments) != 2 {
		t.Fatalf("environments %v, want two", environments)
	}
	time.Sleep(after) // how long it runs is what is tested
	killed := time.Now()
	if err := environments[0].Kill(); err != nil {
		t.Fatal(err)
	}
	r := p.wait()
	if err := is("exit code", r.code, 1); err != nil || r.record == nil {
		t.Fatalf("%v; results %v", err, r.record)
	}

	made := l.made(t, at)
	table, early := make([]int, 2), make([]int, 2) // rows of each invocation, and those that it must have told of
	ids, plan := event.NewIDs(r.id()), r.record.Run.Config.Plans(r.id())[0]
	idOf := func(invocation, n int) string { return ids.At(event.At(plan.Invocation(invocation), n, 0)) }
	for i := range table {
		for n := range iterations {
			if moment, ok := made[idOf(i, n)]; ok {
				table[i]++
				if moment.Before(killed.Add(-untold)) {
					early[i]++
				}
			}
		}
	}
	dead := slices.Index(table, slices.Min(table))
	rows := r.record.Scenario1.Rows
	told := int(rows.Acknowledged) - iterations // by the killed function
	t.Logf("killed with %d of %d rows in the table, %d of them made %v before; %d acknowledged", table[dead], iterations, early[dead], untold, told)
	if table[1-dead] != iterations || table[dead] == iterations || early[dead] == 0 {
		t.Fatalf("rows in the table %v, early ones %v: want one killed in the middle", table, early)
	}
	if told < early[dead] || told > table[dead] {
		t.Errorf("%d rows acknowledged, want %d to %d", told, early[dead], table[dead])
	}
	for n := range told { // it told of them one after the other
		if _, ok := made[idOf(dead, n)]; !ok {
			t.Errorf("row %d is acknowledged and not in the table", n)
		}
	}
	l.checkFunctionKilled(t, r, bench.Account{Planned: int64(2 * iterations), Acknowledged: rows.Acknowledged, Unknown: int64(iterations - told)})
}

// checkFunctionKilled: the accounts, the telemetry and the dashboards of the run agree.
func (l *lab) checkFunctionKilled(t *testing.T, r *run, rows bench.Account) {
	t.Helper()
	v := r.record.Verification
	if err := errors.Join(is("rows", r.record.Scenario1.Rows, rows), agree(r, rows.Acknowledged), balanced(r.record.Telemetry),
		is("status", r.record.Run.Status, bench.Incomplete), is("verified", v.OK, true), is("lost rows", v.Lost, 0),
		is("acknowledged rows in the table", v.AcknowledgedPresent, rows.Acknowledged),
		is("errors", fmt.Sprint(r.record.Scenario1.InvocationErrors), "map[Runtime.ExitError:1]")); err != nil {
		t.Error(err)
	}
	l.view(t, r).checkRun(t, r, "incomplete")
}

// made returns the rows in the table: when each was made, by its id.
func (l *lab) made(t *testing.T, database string) map[string]time.Time {
	t.Helper()
	rows, err := postgrestest.Connect(t, database).Query(t.Context(), "SELECT id, created_date FROM car_entities_schema.business_events")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]time.Time{}
	for rows.Next() {
		var id string
		var moment time.Time
		if err := rows.Scan(&id, &moment); err != nil {
			t.Fatal(err)
		}
		all[id] = moment
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// children returns the driver's own children of a role.
func (p *process) children(t *testing.T, role string) (found []*gopsutil.Process) {
	t.Helper()
	driver, err := gopsutil.NewProcessWithContext(t.Context(), int32(p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	all, err := driver.ChildrenWithContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range all {
		variables, err := child.EnvironWithContext(t.Context())
		if errors.Is(err, os.ErrNotExist) {
			continue // it has just ended
		}
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(variables, "DSQLLOAD_ROLE="+role) {
			found = append(found, child)
		}
	}
	return found
}
