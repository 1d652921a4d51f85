package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
)

// A terminal that goes away, which sends SIGHUP more than once, and SIGTERM drain
// as Ctrl-C does.
func TestSignalsDrain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		signals []os.Signal
	}{
		{"TERM", []os.Signal{syscall.SIGTERM}},
		{"HUP", []os.Signal{syscall.SIGHUP}},
		{"HUP twice at once", []os.Signal{syscall.SIGHUP, syscall.SIGHUP}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := startRun(t, "--scenario", "1", "--num-lambdas", "60", "--iterations", "500", "--concurrency", "2")
			p.writing()
			began := time.Now()
			for _, s := range tc.signals {
				p.signal(s)
			}
			if time.Since(began) > 500*time.Millisecond {
				t.Skip("the machine stood still between the signals: these were two")
			}
			if code := p.exit(); code != exitInterrupted {
				t.Errorf("exit code %d, want %d", code, exitInterrupted)
			}
			r := p.record()
			if rows := r.Scenario1.Rows; rows.Acknowledged == 0 || rows.NotStarted == 0 || rows.Acknowledged+rows.NotStarted != rows.Planned {
				t.Errorf("rows %+v", rows)
			}
			if r.Run.Status != bench.Interrupted || !r.Verification.OK {
				t.Errorf("status %s, verification %+v", r.Run.Status, r.Verification)
			}
		})
	}
}

// nohup, which ignores SIGHUP, is obeyed.
func TestNohup(t *testing.T) {
	nohup := filepath.Join(t.TempDir(), "nohup")
	script := "#!/bin/sh\ntrap '' HUP\nexec " + driverPath(t) + " \"$@\"\n"
	if err := os.WriteFile(nohup, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Parallel() // not before: a file that a fork holds open for writing can't be run
	p := startDriver(t, nohup, tempFolder(t), nil, nil, "--scenario", "1", "--num-lambdas", "20", "--iterations", "500", "--concurrency", "2")
	p.writing()
	p.signal(syscall.SIGHUP)
	if code := p.exit(); code != exitComplete {
		t.Errorf("exit code %d, want %d", code, exitComplete)
	}
	if r := p.record(); r.Run.Status != bench.Complete {
		t.Errorf("status %s", r.Run.Status)
	}
}

// Whoever reads the messages may go.
func TestNobodyReadsMessages(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(driverPath(t), "run", "--scenario", "1", "--num-lambdas", "2", "--iterations", "10", "--out", out)
	cmd.Env = append(os.Environ(), "TMPDIR="+tempFolder(t), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = r.Close(), w.Close() // the driver has its own end of it
	if code := exitCode(cmd.Wait()); code != exitComplete {
		t.Errorf("exit code %d, want %d", code, exitComplete)
	}
	files := resultsFiles(out)
	if len(files) != 1 {
		t.Fatalf("results files %v", files)
	}
	if record, err := readRecord(files[0]); err != nil || record.Run.Status != bench.Complete {
		t.Errorf("%+v, %v", record, err)
	}
}

// driver local tells no password, and leaves nothing behind: it ends by SIGHUP as
// by Ctrl-C, and may be killed.
func TestLocalEnds(t *testing.T) {
	socket := startDatabase(t)
	for _, tc := range []struct {
		name   string
		signal syscall.Signal
		code   int
		args   []string
	}{
		{"HUP", syscall.SIGHUP, exitComplete, nil},
		{"TERM, an existing database", syscall.SIGTERM, exitComplete, []string{"--database-url", "postgres:///postgres?user=postgres&password=geheim&host=" + socket}},
		{"killed", syscall.SIGKILL, -1, nil},
		{"killed, an existing database", syscall.SIGKILL, -1, []string{"--database-url", "user=postgres dbname=postgres password=geheim host=" + socket}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tmp := tempFolder(t) // it must be empty at the end
			stdout := create(t, filepath.Join(t.TempDir(), "stdout"))
			cmd := exec.Command(driverPath(t), append([]string{"local", "--dsql", "--max-in-flight", "8"}, tc.args...)...)
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "GORACE=atexit_sleep_ms=0")
			cmd.Stdout = stdout
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test failed
			eventually.True(t, "what a client needs", func() bool { return strings.Contains(read(t, stdout.Name()), "psql -h") })
			if found, err := filepath.Glob(filepath.Join(tmp, "dsqlload-certificate-*", "*.pem")); err != nil || len(found) != 1 {
				t.Errorf("certificates %v, %v", found, err)
			}
			if err := cmd.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			if code := exitCode(cmd.Wait()); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if text := read(t, stdout.Name()); strings.Contains(text, "geheim") || len(tc.args) > 0 && !strings.Contains(text, "password=xxxxx") {
				t.Errorf("it prints the password: %s", text)
			}
			eventually.True(t, "the end of every process", func() bool { return len(processesIn(tmp)) == 0 })
		})
	}
}
