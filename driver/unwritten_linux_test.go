package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Results that can't be written at the end of a run are reported once, with where
// the figures are, and no file is named as the run's that isn't.
func TestResultsUnwritten(t *testing.T) {
	for _, tc := range []struct {
		name  string
		json  bool
		spoil func(t *testing.T, out string) // once the run is under way
		cause string
	}{
		{"no space", false, fill, "no space left on device"},
		{"no space, JSON", true, fill, "no space left on device"},
		{"the folder is gone", false, func(t *testing.T, out string) {
			files, err := filepath.Glob(filepath.Join(out, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
			if err := syscall.Unmount(out, 0); err == nil {
				return
			}
			if err := os.Remove(out); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if err := os.Mkdir(out, 0o755); err != nil {
				t.Fatal(err)
			}
			if tc.cause != "" {
				if err := syscall.Mount("none", out, "tmpfs", 0, "size=256k"); err != nil {
					t.Skipf("needs a small file system: %v", err)
				}
				t.Cleanup(func() { _ = syscall.Unmount(out, syscall.MNT_DETACH) }) // it may be gone
			}
			checks := filepath.Join(t.TempDir(), "checks.xml")
			// One invocation, so that the journal has no line, and no page to fill, before its end.
			args := []string{"--scenario", "1", "--num-lambdas", "1", "--iterations", "8000", "--out", out, "--junit", checks}
			if tc.json {
				args = append(args, "--json")
			}
			p := startRun(t, args...)
			p.writing()
			tc.spoil(t, out)
			if code := p.exit(); code != exitIncomplete {
				t.Errorf("exit code %d, want %d", code, exitIncomplete)
			}
			stdout, stderr := read(t, p.stdout), read(t, p.stderr)
			if strings.Count(stderr, "error: ") != 1 || !strings.Contains(stderr, "error: write "+out) || !strings.Contains(stderr, tc.cause) {
				t.Errorf("stderr tells it %d times: %s", strings.Count(stderr, "error: "), stderr)
			}
			if !strings.Contains(stderr, "hint: the run's figures are only in what is printed on standard output; "+out) {
				t.Errorf("it doesn't say where the figures are: %s", stderr)
			}
			if tc.cause != "" && strings.Count(stderr, "warning: journal: ") != 1 {
				t.Errorf("the journal's end isn't told once: %s", stderr)
			}
			if strings.Contains(stdout, "Results:") || strings.Contains(stdout, "Report:") {
				t.Errorf("it names a file that isn't there: %s", stdout)
			}
			if !strings.Contains(stdout, "8,000") && !strings.Contains(stdout, `"total_inserts": 8000`) {
				t.Errorf("the figures aren't printed: %s", stdout)
			}
			if text := read(t, checks); !strings.Contains(text, "<testsuite") {
				t.Errorf("checks: %s", text)
			}
		})
	}
}

// fill leaves no room in a file system.
func fill(t *testing.T, folder string) {
	t.Helper()
	f := create(t, filepath.Join(folder, "ballast"))
	for _, size := range []int{4096, 1} {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}

// Standard output that takes nothing is reported once.
func TestStandardOutputFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = full.Close() }) // nothing was written
	var stderr strings.Builder
	cmd := exec.Command(driverPath(t), "run", "--quiet", "--scenario", "1", "--num-lambdas", "1", "--iterations", "1", "--out", t.TempDir())
	cmd.Env = append(os.Environ(), "TMPDIR="+tempFolder(t), "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = full, &stderr
	if code := exitCode(cmd.Run()); code != exitIncomplete || stderr.String() != "error: print the figures: write /dev/stdout: no space left on device\n" {
		t.Errorf("exit code %d, stderr %s", code, stderr.String())
	}
}

// A file of checks that can't be written anew is reported as an older run's.
func TestChecksUnwritten(t *testing.T) {
	t.Parallel()
	checks := filepath.Join(t.TempDir(), "checks.xml")
	if err := os.WriteFile(checks, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startRun(t, "--scenario", "1", "--num-lambdas", "4", "--iterations", "1000", "--concurrency", "1", "--junit", checks)
	p.writing()
	if err := os.Remove(checks); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(checks, 0o755); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(); code != exitIncomplete {
		t.Errorf("exit code %d, want %d", code, exitIncomplete)
	}
	p.says("hint: " + checks + " is an older file, not this run's")
}
