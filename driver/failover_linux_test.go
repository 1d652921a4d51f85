package main

import (
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/eventually"
)

// standby starts a PostgreSQL that follows the one in the folder primary for the length
// of the test, and returns its socket's folder and what makes it the primary.
func standby(t *testing.T, primary string) (folder string, promote func()) {
	t.Helper()
	folder, do := serverFolder(t)
	data := filepath.Join(folder, "data")
	do("pg_basebackup", "-D", data, "-h", primary, "-U", "postgres", "-R", "-c", "fast", "-N")
	startServer(t, folder, do)
	return folder, func() { do("pg_ctl", "-D", data, "-w", "promote") }
}

// A failover in the middle of a run costs it the statements that were under way at most,
// with the front and without, and the account is right: also where the address leads to
// the standby, which takes no writes, before it is the primary.
func TestFailover(t *testing.T) {
	for name, c := range map[string]struct{ front, query string }{
		"front":            {"on", "&target_session_attrs=read-write"},
		"to the read-only": {"off", ""},
	} {
		t.Run(name, func(t *testing.T) {
			primary, do := serverFolder(t)
			do("initdb", "-D", filepath.Join(primary, "data"), "-U", "postgres", "-A", "trust", "-N")
			startServer(t, primary, do)
			if err := executeEach(primary, "postgres", strings.Join(table.Schema(), "; ")+"; ALTER ROLE postgres SET synchronous_commit = remote_apply; ALTER ROLE postgres SET lock_timeout = '59s'"); err != nil {
				t.Fatal(err)
			}
			second, promote := standby(t, primary)
			if err := executeEach(primary, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()"); err != nil {
				t.Fatal(err)
			}
			at := "postgres:///postgres?user=postgres&host=" + primary + "," + second + c.query
			p := startRunWith(t, nil, "--telemetry", "off", "--scenario", "1", "--num-lambdas", "2", "--iterations", "6000", "--warm-up", "0",
				"--front", c.front, "--database-url", at, "--retries", "10")
			eventually.True(t, "rows", func() bool { return inTable(t, primary) > 500 })
			do("pg_ctl", "-D", filepath.Join(primary, "data"), "-m", "immediate", "stop")
			promote()
			code := p.exit()
			results := resultsFiles(p.out)
			if len(results) != 1 {
				t.Fatalf("exit code %d, results %v", code, results)
			}
			r, err := readRecord(results[0])
			if err != nil {
				t.Fatal(err)
			}
			rows, v := r.Scenario1.Rows, r.Verification
			if !rows.Balanced() || rows.Acknowledged+2 < 12000 || v == nil || v.Lost != 0 || v.Present != inTable(t, second) {
				t.Errorf("exit code %d, rows %+v, verification %+v, %d in the table", code, rows, v, inTable(t, second))
			}
			if len(r.Scenario1.Retried) == 0 {
				t.Error("nothing was tried again: the test shows nothing")
			}
			if len(r.Run.ServerSettings) != 2 || r.Run.ServerSettings[0].Name != "lock_timeout" || r.Run.ServerSettings[1].Name != "synchronous_standby_names" {
				t.Errorf("settings %+v", r.Run.ServerSettings)
			}
		})
	}
}
