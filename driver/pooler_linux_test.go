package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local/postgres/pgbouncertest"
)

// poolModes are PgBouncer's, and what is said of each.
var poolModes = map[string]string{
	"session": "a pooler in session mode is in front of this database", "transaction": "a transaction pooler is in front of this database",
	"statement": "a pooler in statement mode is in front of this database",
}

// The front is refused behind a pooler, by all that would put it there, before
// anything is started or made.
func TestFrontBehindAPooler(t *testing.T) {
	folder := startDatabase(t)
	for mode, says := range poolModes {
		b := pgbouncertest.Start(t, folder, "pool_mode = "+mode)
		for name, args := range map[string][]string{
			"run":    {"run", "--out", t.TempDir(), "--telemetry", "off", "--num-lambdas", "1", "--iterations", "1"},
			"doctor": {"doctor", "--telemetry", "off", "--num-lambdas", "1", "--iterations", "1"},
			"local":  {"local"},
		} {
			code, printed := ended(t, append(args, "--database-url", b.URL("postgres"))...)
			want := map[string]int{"run": exitUsage, "doctor": exitIncomplete, "local": exitUsage}[name]
			if code != want || !strings.Contains(printed, says+", and the front needs") || !strings.Contains(printed, "name the server's own port, or --front off") {
				t.Errorf("%s, %s: exit code %d\n%s", mode, name, code, printed)
			}
		}
	}
	if n, err := countRows(folder, "postgres"); err == nil {
		t.Errorf("the table was made, with %s rows", n)
	}
}

// Without the front everything works behind a pooler, and says that it is there.
func TestRunBehindAPooler(t *testing.T) {
	folder := startDatabase(t)
	for mode, says := range poolModes {
		b := pgbouncertest.Start(t, folder, "pool_mode = "+mode)
		at := []string{"--database-url", b.URL("postgres")}
		p := startRun(t, append(at, "--front", "off", "--telemetry", "off", "--num-lambdas", "3", "--iterations", "40", "--count", "5", "--warm-up", "2")...)
		if code := p.exit(); code != exitComplete {
			t.Errorf("%s: exit code %d", mode, code)
		}
		p.says("note: " + says)
		r := p.record()
		if v := r.Verification; !v.OK || v.AcknowledgedPresent != 1200 {
			t.Errorf("%s: verification %+v", mode, v)
		}
		if text := read(t, resultsFiles(p.out)[0]); !strings.Contains(text, says) {
			t.Errorf("%s: the results don't say that %s", mode, says)
		}
		if out := verifiedAt(t, resultsFiles(p.out)[0], b.URL("postgres")); !strings.Contains(out, "Acknowledged, LOST:        0") {
			t.Errorf("%s: verify: %s", mode, out)
		}
		if code, printed := ended(t, append([]string{"doctor", "--front", "off", "--telemetry", "off", "--num-lambdas", "1"}, at...)...); code != exitComplete || !strings.Contains(printed, says) {
			t.Errorf("%s: doctor: exit code %d\n%s", mode, code, printed)
		}
		if code, printed := ended(t, append([]string{"cleanup", resultsFiles(p.out)[0]}, at...)...); code != exitComplete {
			t.Errorf("%s: cleanup: exit code %d\n%s", mode, code, printed)
		}
		if n, err := countRows(folder, "postgres"); err != nil || n != "0" {
			t.Errorf("%s: %s rows are left, %v", mode, n, err)
		}
	}
}

// A pooler in session mode needs one connection to the server more than there are
// invocations at once, for all that the driver asks; without a warm-up none more.
func TestRunBehindASmallPooler(t *testing.T) {
	folder := startDatabase(t)
	for warmUp, size := range map[string]int{"0": 2, "2": 3} {
		b := pgbouncertest.Start(t, folder, "pool_mode = session", fmt.Sprintf("default_pool_size = %d", size), "query_wait_timeout = 10")
		p := startRun(t, "--database-url", b.URL("postgres"), "--front", "off", "--telemetry", "off", "--no-html", "--scenario", "2",
			"--num-lambdas", "6", "--concurrency", "2", "--iterations", "20", "--count", "500", "--warm-up", warmUp)
		if code, r := p.exit(), p.record(); code != exitComplete || !r.Verification.OK || r.Verification.AcknowledgedPresent != 6*20*500 {
			t.Errorf("warm-up of %s: exit code %d, verification %+v", warmUp, code, r.Verification)
		}
	}
}

// verifiedAt is what driver verify prints of the results, looked for at url.
func verifiedAt(t *testing.T, results, url string) string {
	t.Helper()
	out, err := exec.Command(driverPath(t), "verify", results, "--database-url", url).CombinedOutput()
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	return string(out)
}

// driver local behind a pooler serves a function whose rows arrive.
func TestLocalBehindAPooler(t *testing.T) {
	folder := startDatabase(t)
	b := pgbouncertest.Start(t, folder, "pool_mode = transaction", "default_pool_size = 2")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := filepath.Join(t.TempDir(), "log")
	out, done := create(t, log), make(chan int)
	go func() {
		done <- program(ctx, []string{"local", "--front", "off", "--database-url", b.URL("postgres")}, out, out)
	}()
	endpoint := regexp.MustCompile(`Lambda endpoint: (\S+)`)
	eventually.True(t, "the endpoint", func() bool { return endpoint.MatchString(read(t, log)) })
	url := endpoint.FindStringSubmatch(read(t, log))[1] + "/2015-03-31/functions/dsql-load-test-lambda/invocations"
	client := http.Client{Timeout: eventually.Patience}
	for range 3 {
		answer, err := client.Post(url, "application/json", strings.NewReader(`{"scenario":"batch","count":10,"iterations":5}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	if n, err := countRows(folder, "postgres"); err != nil || n != "150" {
		t.Errorf("%s rows, %v, want 150", n, err)
	}
	stop()
	eventually.Receive(t, "the end of driver local", done)
	if text := read(t, log); !strings.Contains(text, "note: "+poolModes["transaction"]) {
		t.Errorf("no note: %s", text)
	}
}

// Whatever happens to a pooler and its server in the middle of a run, each row is where
// the account says.
func TestPoolerTrouble(t *testing.T) {
	folder := startDatabase(t)
	// A server that lost one of its processes starts anew, and must have kept what it acknowledged.
	if err := execute(folder, "postgres", "ALTER ROLE postgres SET synchronous_commit = on"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings []string
		args     []string
		happens  func(*testing.T, *pgbouncertest.Bouncer)
	}{
		"it is killed, and starts again": {
			happens: func(_ *testing.T, b *pgbouncertest.Bouncer) { b.Kill(); b.Run() },
		},
		"the server's process is killed": {
			settings: []string{"server_login_retry = 1"},
			happens:  func(t *testing.T, _ *pgbouncertest.Bouncer) { kill(t, backend(t, folder)) },
		},
		"the server ends its connections": {
			happens: func(t *testing.T, _ *pgbouncertest.Bouncer) { endStatements(t, folder) },
		},
		"it takes too few clients": {
			settings: []string{"max_client_conn = 5"}, args: []string{"--function-timeout", "4s"},
			happens: func(*testing.T, *pgbouncertest.Bouncer) {},
		},
		"its clients wait too long": {
			settings: []string{"default_pool_size = 1", "query_wait_timeout = 1"},
			happens: func(t *testing.T, _ *pgbouncertest.Bouncer) {
				if err := execute(folder, "postgres", "BEGIN; LOCK TABLE car_entities_schema.business_events; SELECT pg_sleep(3); COMMIT"); err != nil {
					t.Error(err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := execute(folder, "postgres", "DROP SCHEMA IF EXISTS car_entities_schema CASCADE"); err != nil {
				t.Fatal(err)
			}
			b := pgbouncertest.Start(t, folder, append(c.settings, "pool_mode = transaction")...)
			p := startRun(t, append([]string{
				"--database-url", b.URL("postgres"), "--front", "off", "--telemetry", "off", "--no-html", "--scenario", "1", "--num-lambdas", "8", "--iterations", "800",
			}, c.args...)...)
			eventually.True(t, "rows in the table", func() bool {
				n, err := countRows(folder, "postgres")
				return err == nil && n != "0"
			})
			c.happens(t, b)
			code, r := p.exit(), p.record()
			s, v := r.Scenario1, r.Verification
			t.Logf("exit code %d, %+v, retried %v, errors %v, verification %+v", code, s.Rows, s.Retried, s.ErrorsByKind, v)
			if v.Problem != "" || v.Lost != 0 || v.Unexpected == nil || *v.Unexpected != 0 {
				t.Errorf("verification %+v", v)
			}
			if len(s.Retried) == 0 && len(s.ConnectRetries) == 0 {
				t.Errorf("nothing was tried again: it wasn't hit")
			}
			if name != "it takes too few clients" && s.Rows.Acknowledged != s.Rows.Planned {
				t.Errorf("rows %+v: want all acknowledged, for it passes", s.Rows)
			}
		})
	}
}

// others are the server's processes for clients.
const others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"

// endStatements ends connections of the server in the middle of a statement.
func endStatements(t *testing.T, folder string) {
	t.Helper()
	ctx := t.Context()
	db, err := connect(ctx, folder, "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if _, err := db.Exec(ctx, "BEGIN; LOCK TABLE car_entities_schema.business_events"); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "a statement that waits for the table", func() bool {
		var ended int
		err := db.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "+others).Scan(&ended)
		if err == nil && ended == 0 { // the transaction sees what it saw first
			_, err = db.Exec(ctx, "SELECT pg_stat_clear_snapshot()")
		}
		return err == nil && ended > 0
	})
	if _, err := db.Exec(ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
}

// backend is a process of the server that works for a client.
func backend(t *testing.T, folder string) (pid int) {
	t.Helper()
	ctx := t.Context()
	db, err := connect(ctx, folder, "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if err := db.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE "+others+" LIMIT 1").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}
