package worker_test

import (
	"context"
	"testing"

	"dsql-load-test/internal/bench"
)

// TestApplicationName: one environment serves two runs, one after the other, and then invocations
// without a run id. Each row's data is the application_name of the session that inserted it.
func TestApplicationName(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Do("CREATE TABLE seen (name text)")
	f.beforeInsert("INSERT INTO seen VALUES (current_setting('application_name') || ' ' || pg_backend_pid());")
	const other = "01M850BJEVW2N143JB0YS2GE2T"
	for _, id := range []string{runID, runID, other, "", "", runID} {
		inv := invocation(bench.Individual, 2, 1)
		inv.RunID = id
		f.invoke(context.Background(), inv)
	}
	for _, c := range []struct {
		name       string
		rows, pids int64
	}{{bench.ApplicationName(runID), 6, 2}, {bench.ApplicationName(other), 2, 1}, {"dsqlload", 4, 1}} {
		rows := f.Number("SELECT count(*) FROM seen WHERE split_part(name, ' ', 1) = $1", c.name)
		pids := f.Number("SELECT count(DISTINCT name) FROM seen WHERE split_part(name, ' ', 1) = $1", c.name)
		if rows != c.rows || pids != c.pids {
			t.Errorf("%s: %d rows by %d sessions, want %d by %d", c.name, rows, pids, c.rows, c.pids)
		}
	}
	if n := f.Number("SELECT count(*) FROM seen"); n != 12 {
		t.Errorf("%d rows in all, want 12", n)
	}
}
