package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/report"
)

// drive runs the program and returns its exit code and what it printed.
func driveHere(t *testing.T, args ...string) (code int, printed string) {
	t.Helper()
	out, err := exec.Command(driverPath(t), args...).CombinedOutput()
	return exitCode(err), string(out)
}

// resultsOf is the results file of a run that writes to a database of its own.
func resultsOf(t *testing.T, database string, args ...string) string {
	t.Helper()
	folder := t.TempDir()
	code, printed := driveHere(t, append([]string{
		"run", "--database-url", database, "--num-lambdas", "2", "--iterations", "3", "--count", "4", "--warm-up", "0", "--telemetry", "off", "--out", folder,
	}, args...)...)
	if files := resultsFiles(folder); code == exitComplete && len(files) == 1 {
		return files[0]
	}
	t.Fatalf("exit code %d: %s", code, printed)
	return ""
}

// The rows of a run that goes on are its own: no cleanup takes them from under it.
func TestCleanupOfLiveRun(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	p := startRun(t, "--database-url", database, "--front", "off", "--telemetry", "off", "--scenario", "1", "--num-lambdas", "40", "--iterations", "2000", "--concurrency", "2")
	eventually.True(t, "rows in the table", func() bool {
		n, err := countRows(socket, "postgres")
		return err == nil && n != "0"
	})
	results := resultsFiles(p.out)
	if len(results) != 1 {
		t.Fatalf("results files %v", results)
	}
	r, err := readRecord(results[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{results[0]}, {"--run-id", r.Run.ID, "--out", p.out}} {
		code, printed := driveHere(t, append(append([]string{"cleanup"}, args...), "--database-url", database)...)
		if code != exitUsage || !strings.Contains(printed, "the run is still writing rows") {
			t.Errorf("%v: exit code %d: %s", args, code, printed)
		}
	}
	p.signal(os.Interrupt)
	if code := p.exit(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if r := p.record(); !r.Verification.OK || r.Verification.Lost > 0 {
		t.Errorf("%+v", r.Verification)
	}
}

// holdTable locks the table in the mode, until the connection's ROLLBACK or the test's end.
func holdTable(t *testing.T, socket, mode string) *pgx.Conn {
	t.Helper()
	c, err := connect(t.Context(), socket, "postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	if _, err := c.Exec(t.Context(), "BEGIN; LOCK TABLE car_entities_schema.business_events IN "+mode+" MODE"); err != nil {
		t.Fatal(err)
	}
	return c
}

// A cleanup that is killed midway leaves word in the results file, so that the rows
// it removed are not taken for lost.
func TestCleanupKilled(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	results := resultsOf(t, database)
	ctx := context.Background()
	holder := holdTable(t, socket, "SHARE")
	cmd := exec.Command(driverPath(t), "cleanup", results, "--database-url", database)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watcher, err := connect(ctx, socket, "postgres") // within a transaction what is shown stays the same
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watcher.Close(ctx) }()
	eventually.True(t, "the cleanup's DELETE", func() bool {
		var waits bool
		err := watcher.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM car%')").Scan(&waits)
		return err == nil && waits
	})
	kill(t, cmd.Process.Pid)
	_ = cmd.Wait() // it was killed
	if _, err := holder.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	before := read(t, results)
	code, printed := driveHere(t, "verify", results, "--database-url", database)
	if code != exitUsage || !strings.Contains(printed, "it was cut short, and more may be gone: it never said how it ended") || read(t, results) != before {
		t.Errorf("verify: exit code %d: %s", code, printed)
	}
	if code, printed := driveHere(t, "cleanup", results, "--database-url", database); code != exitComplete || inTable(t, socket) != 0 {
		t.Errorf("cleanup again: exit code %d: %s", code, printed)
	}
}

// Ctrl-C in a command without invocations gives up its query, and says so.
func TestQueryInterrupted(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	results := resultsOf(t, database)
	ctx := context.Background()
	holder := holdTable(t, socket, "ACCESS EXCLUSIVE")
	for _, c := range []struct{ command, want string }{
		{"verify", "error: stopped before every id was asked for; the results file is unchanged"},
		{"cleanup", "hint: 0 of the run's rows were removed; run it again to go on"}, // verify refuses after it
	} {
		stderr := create(t, filepath.Join(t.TempDir(), "stderr"))
		cmd := exec.Command(driverPath(t), c.command, results, "--database-url", database)
		cmd.Stderr = stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually.True(t, "a query that waits", func() bool {
			var waits bool
			err := holder.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").Scan(&waits)
			return err == nil && waits
		})
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		code, printed := exitCode(cmd.Wait()), ""
		if printed = read(t, stderr.Name()); code != exitInterrupted || !strings.Contains(printed, "interrupted: giving up the query in flight; again to end at once\n") ||
			!strings.Contains(printed, c.want) || strings.Contains(printed, "invocations") {
			t.Errorf("%s: exit code %d: %s", c.command, code, printed)
		}
	}
}

// If a verification can't be saved, it is printed with a true message.
func TestVerifyUnwritten(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	folder := t.TempDir()
	for len(folder) < 4000 { // no room for a temporary file's name, whoever writes it
		folder = filepath.Join(folder, strings.Repeat("d", min(200, 4080-len(folder))))
	}
	folder = filepath.Join(folder, strings.Repeat("e", 4084-len(folder)))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(folder, "r.json")
	if err := os.Rename(resultsOf(t, database), results); err != nil {
		t.Fatal(err)
	}
	before := read(t, results)
	if err := execute(socket, "postgres", "DELETE FROM car_entities_schema.business_events"); err != nil {
		t.Fatal(err)
	}
	code, printed := driveHere(t, "verify", results, "--database-url", database)
	for _, want := range []string{
		"error: 48 acknowledged rows are not in the table", "\nerror: write /",
		"hint: this verification is only on standard output; the results file is unchanged\n", "error: the list of the rows beside /",
	} {
		if strings.Count(printed, want) != 1 {
			t.Errorf("%d times %q", strings.Count(printed, want), want)
		}
	}
	for _, untrue := range []string{"exit code", "beside it", "out of date", "made again"} {
		if strings.Contains(printed, untrue) {
			t.Errorf("it says %q", untrue)
		}
	}
	if code != exitIncomplete || read(t, results) != before {
		t.Errorf("exit code %d", code)
	}
	if t.Failed() {
		t.Log(strings.ReplaceAll(printed, folder, "FOLDER"))
	}
}

// An older file doesn't say which database it was: a look goes on with a warning, and
// one that found the rows binds the later ones.
func TestOlderFileWithoutDatabase(t *testing.T) {
	socket := startDatabase(t)
	right, wrong := "postgres:///postgres?user=postgres&host="+socket, "postgres:///wrong?user=postgres&host="+socket
	results := resultsOf(t, right)
	if err := execute(socket, "postgres", "CREATE DATABASE wrong"); err != nil {
		t.Fatal(err)
	}
	if code, printed := driveHere(t, "schema", "--apply", "--database-url", wrong); code != exitComplete {
		t.Fatal(printed)
	}
	r, err := report.Read(results)
	if err != nil {
		t.Fatal(err)
	}
	r.Run.Database, r.Looks, r.Run.LocalTarget = nil, nil, nil // as an older version wrote it
	r.Verification, r.Run.Target = nil, bench.AWS
	if err := report.Rewrite(results, r); err != nil {
		t.Fatal(err)
	}
	const warning = "doesn't say which database the run wrote to"
	for _, step := range []struct {
		database string
		code     int
		warned   bool
		word     bench.Word // of the verdict afterwards
	}{{wrong, exitIncomplete, true, bench.Invalid}, {right, exitComplete, true, ""}, {wrong, exitUsage, false, ""}, {right, exitComplete, false, ""}} {
		code, printed := driveHere(t, "verify", results, "--database-url", step.database)
		r, err := report.Read(results)
		if err != nil {
			t.Fatal(err)
		}
		if code != step.code || strings.Contains(printed, warning) != step.warned || (r.Verdict.Word == bench.Invalid) != (step.word == bench.Invalid) {
			t.Errorf("%s: exit code %d, want %d; the verdict is %s: %s", step.database, code, step.code, r.Verdict.Word, printed)
		}
	}
	if r, err = report.Read(results); err != nil || len(r.Looks) != 3 || len(r.Poorer()) != 1 {
		t.Errorf("looks %+v, %v", r.Looks, err)
	}
}

// Whatever a results file names: nothing is written over but reports of that run.
func TestRemakeKeepsToReports(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	results := resultsOf(t, database)
	folder := t.TempDir()
	other := resultsOf(t, database)
	page := strings.TrimSuffix(other, ".json") + ".html"
	kept := map[string]string{"secret": "top\n", "empty.html": "", "page.html": "<!doctype html>\n<title>Load test of mine</title>", "other.html": read(t, page), "notes.md": "### Load test: mine\n"}
	names := map[string]bench.Format{"secret": bench.FormatText, "empty.html": bench.FormatHTML, "page.html": bench.FormatHTML, "other.html": bench.FormatHTML, "notes.md": bench.FormatMarkdown}
	_, _, err := report.Change(results, func(r *bench.Record) error {
		for name, format := range names {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(kept[name]), 0o600); err != nil {
				return err
			}
			r.Reports = append(r.Reports, bench.ReportFile{Format: format, File: filepath.Join(folder, name)})
		}
		r.Reports = append(r.Reports,
			bench.ReportFile{Format: bench.FormatText, File: folder},
			bench.ReportFile{Format: bench.FormatText, File: "/dev/null"},
			bench.ReportFile{Format: bench.FormatJSON, File: filepath.Base(results)},
			bench.ReportFile{Format: bench.FormatHTML, File: filepath.Join(folder, "gone.html")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	own := strings.TrimSuffix(results, ".json") + ".html"
	before := read(t, own)
	code, printed := driveHere(t, "verify", results, "--database-url", database)
	if code != exitComplete || read(t, own) == before || !bytes.Contains([]byte(printed), []byte("made again: "+own)) {
		t.Errorf("exit code %d: %s", code, printed)
	}
	for name := range kept {
		if got := read(t, filepath.Join(folder, name)); got != kept[name] {
			t.Errorf("%s was written over: %.80q", name, got)
		}
		if !strings.Contains(printed, "warning: "+filepath.Join(folder, name)+" is not made again") {
			t.Errorf("nothing is said of %s: %s", name, printed)
		}
	}
	if names := len(names); strings.Count(printed, "is not made again") != names+3 { // the folder, the device and what is gone, too
		t.Errorf("%d warnings: %s", strings.Count(printed, "is not made again"), printed)
	}
	if strings.Count(printed, "hint: driver report") != 1 || !strings.Contains(printed, "--out "+filepath.Join(folder, "gone.html")+" makes it") {
		t.Errorf("a hint would be the end of somebody's file: %s", printed)
	}
	if _, err := os.Stat(filepath.Join(folder, "gone.html")); err == nil {
		t.Error("a report that was removed is back")
	}
}
