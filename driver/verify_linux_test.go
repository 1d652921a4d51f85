package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/report"
)

// A driver on AWS that is killed leaves a file and a journal; the function goes
// on. Afterwards each id is settled: what was acknowledged is told from what
// wasn't, and what is there is what the table has.
func TestKilledThenVerified(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	endpoint := lambdaService(t, database)
	const invocations, statements, rows = 200, 40, 50
	p := startRunWith(t, []string{"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"},
		"--target", "aws", "--skip-checks", "--endpoint-url", endpoint, "--database-url", database, "--telemetry", "off",
		"--scenario", "2", "--num-lambdas", "200", "--iterations", "40", "--count", "50", "--concurrency", "4")
	journal := ""
	eventually.True(t, "some invocations in the journal", func() bool {
		found, err := filepath.Glob(filepath.Join(p.out, "*.journal"))
		if err != nil || len(found) == 0 {
			return false
		}
		journal = found[0]
		return strings.Count(read(t, journal), "\n") >= 6
	})
	kill(t, p.cmd.Process.Pid)
	<-p.ended
	results := strings.TrimSuffix(journal, ".journal") + ".json"
	if r, err := readRecord(results); err != nil || r.Run.Status != bench.Running {
		t.Fatalf("results of the killed run: %+v, %v", r, err)
	}
	noted := int64(strings.Count(read(t, journal), "\n")) * statements * rows
	before := settled(t, socket)
	stdout, err := exec.Command(driverPath(t), "verify", results, "--database-url", database, "--json").Output()
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	var v bench.Verification
	if err := json.Unmarshal(stdout, &v); err != nil {
		t.Fatal(err)
	}
	after := inTable(t, socket)
	all := v.AcknowledgedPresent + v.UnacknowledgedPresent + v.Absent
	if v.AcknowledgedPresent != noted || v.Present < before || v.Present > after || all != invocations*statements*rows || v.Lost != 0 || !v.OK {
		t.Errorf("%+v, with %d rows acknowledged in the journal and %d to %d in the table", v, noted, before, after)
	}
	r, err := readRecord(results)
	if err != nil || r.Run.Status != bench.Killed || r.Verification.Present != v.Present {
		t.Errorf("results afterwards: %+v, %v", r, err)
	}
	if err := execute(socket, "postgres", "DELETE FROM car_entities_schema.business_events"); err != nil {
		t.Fatal(err)
	}
	again := exec.Command(driverPath(t), "verify", results, "--database-url", database)
	out, _ := again.CombinedOutput()
	if code := again.ProcessState.ExitCode(); code != exitIncomplete || !bytes.Contains(out, []byte("acknowledged rows are not in the table")) {
		t.Errorf("exit code %d with the rows gone: %s", code, out)
	}
}

// lambdaService starts "driver local" on the database and returns its endpoint.
func lambdaService(t *testing.T, database string, args ...string) string {
	t.Helper()
	tmp := tempFolder(t)
	out := create(t, filepath.Join(t.TempDir(), "stdout"))
	cmd := exec.Command(driverPath(t), append([]string{"local", "--database-url", database, "--front", "off"}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "GORACE=atexit_sleep_ms=0")
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it has ended, when the test failed
		_ = cmd.Wait()
	})
	endpoint := ""
	eventually.True(t, "the Lambda service's endpoint", func() bool {
		endpoint = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(read(t, out.Name()))
		return endpoint != ""
	})
	return endpoint
}

// settled waits until the function seems to write no more, and returns how many
// rows there are.
func settled(t *testing.T, socket string) (n int64) {
	t.Helper()
	same := 0
	eventually.True(t, "the end of what the function still wrote", func() bool {
		got := inTable(t, socket)
		if got != n {
			same = 0
		}
		n = got
		same++
		return same > 50
	})
	return n
}

func inTable(t *testing.T, socket string) int64 {
	t.Helper()
	text, err := countRows(socket, "postgres")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A killed run ended when its journal was last written to; without a line of it
// nobody knows.
func TestEndOfKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	started := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		journal string
		want    float64
	}{{"", 0}, {"{}\n", 3600}} {
		journal, last := report.JournalOf(path), started.Add(time.Hour)
		if err := errors.Join(os.WriteFile(journal, []byte(c.journal), 0o600), os.Chtimes(journal, last, last)); err != nil {
			t.Fatal(err) // the kernel's own times of files lag a little behind the clock
		}
		r := &bench.Record{Run: bench.Run{Status: bench.Running, StartedAt: started, EndedAt: started.Add(time.Second), DurationSeconds: 1}}
		report.EndKilled(path, r)
		if got := r.Run.DurationSeconds; r.Run.Status != bench.Killed || got < c.want || got > c.want+60 || r.Run.EndedAt.Sub(started).Seconds() != got {
			t.Errorf("journal %q: %s after %v s, want %v", c.journal, r.Run.Status, got, c.want)
		}
	}
}
