package main

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// codes are a verdict's reasons: severity, code and scenario.
func codes(v *bench.Verdict) (all []string) {
	for _, r := range v.Reasons {
		all = append(all, strings.TrimSpace(string(r.Severity)+" "+r.Code+" "+string(r.Scenario)))
	}
	return all
}

// A driver that stood still says so: the figures are of that, too.
func TestStopped(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--scenario", "1", "--num-lambdas", "2", "--iterations", "10000")
	p.writing()
	p.signal(syscall.SIGSTOP)
	time.Sleep(4 * time.Second)
	p.signal(syscall.SIGCONT)
	if code := p.exit(); code != exitComplete {
		t.Errorf("exit code %d, want %d", code, exitComplete)
	}
	r := p.record()
	c := r.Scenario1.Client
	if c == nil || c.LagMaxMs == nil || *c.LagMaxMs < 3000 {
		t.Fatalf("client %+v", c)
	}
	want := "SUSPECT driver_stalled individual"
	if *c.LagMaxMs < 0.05*r.Scenario1.TotalDurationMs { // a very slow machine
		want = "NOTE driver_stalled individual"
	}
	if got := codes(r.Verdict); !slices.Contains(got, want) || !slices.Contains(got, "NOTE silent_seconds individual") {
		t.Errorf("reasons %q, want %s and silent seconds", got, want)
	}
}

// Interrupted in the first of two scenarios, the second was never to run.
func TestInterruptedBeforeTheSecond(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--num-lambdas", "60", "--iterations", "500", "--concurrency", "2")
	p.writing()
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	r := p.record()
	got := codes(r.Verdict)
	if r.Verdict.Word != bench.Suspect || !slices.Contains(got, "SUSPECT interrupted") || !slices.Contains(got, "NOTE not_run batch") || !r.Verification.OK {
		t.Errorf("%s, reasons %q, verification %+v", r.Verdict.Word, got, r.Verification)
	}
	if text := read(t, p.stdout); !strings.Contains(text, "Batch inserts\n  not run: the run was stopped before its turn\n") {
		t.Errorf("the summary says\n%s", text)
	}
}

// A run whose driver is gone is killed in all that is said of it, and is given no
// advice that can't work: its throwaway database is gone.
func TestKilledIsTold(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--num-lambdas", "2", "--iterations", "1000000", "--count", "1")
	p.writing()
	results := resultsFiles(p.out)[0]
	said := func(status string) {
		t.Helper()
		for _, args := range [][]string{{"report", results}, {"history", "--out", p.out}} {
			text, err := exec.Command(driverPath(t), args...).CombinedOutput()
			if err != nil || !strings.Contains(string(text), status) || strings.Contains(string(text), "driver verify") {
				t.Errorf("%v: %v, want %q:\n%s", args, err, status, text)
			}
		}
	}
	said("running")
	kill(t, p.cmd.Process.Pid)
	<-p.ended
	said("killed")
}
