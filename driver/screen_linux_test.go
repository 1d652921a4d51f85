package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/screen/screentest"
)

// onTerminal is the driver in the foreground of a terminal, its standard output
// in a file.
type onTerminal struct {
	*process
	tty *screentest.Terminal
}

func startOnTerminal(t *testing.T, args ...string) *onTerminal {
	t.Helper()
	out, err := shortFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(out) })
	tmp := tempFolder(t)
	p := &process{t: t, tmp: tmp, out: out, stdout: filepath.Join(out, "stdout"), ended: make(chan struct{})}
	tty := screentest.Open(t, 90, 30)
	p.cmd = exec.Command(driverPath(t), append([]string{"run", "--out", ".", "--no-html"}, args...)...)
	p.cmd.Dir = out
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tmp, "TMPDIR=" + tmp, "GORACE=atexit_sleep_ms=0", "TERM=xterm-256color"}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = tty.Side, create(t, p.stdout), tty.Side
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.begin(func() string { return fmt.Sprintf("terminal: %q", tty.Drawn()) })
	return &onTerminal{p, tty}
}

// exits wants that exit code, and a terminal that a shell can go on with.
func (p *onTerminal) exits(code int) {
	p.t.Helper()
	if got := p.exit(); got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
	p.tty.AwaitCursor()
	if !p.tty.Cooked() || p.tty.Asked() {
		p.t.Errorf("the terminal is cooked: %v, was asked something: %v", p.tty.Cooked(), p.tty.Asked())
	}
}

// A whole run: every part gets its bar, and what stays is each one's result.
func TestScreenOfRun(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "--num-lambdas", "40", "--iterations", "60", "--count", "10", "--concurrency", "4", "--warm-up", "4")
	from := p.tty.Await(0, "starting", "individual  ░", "Ctrl-C: stop")
	from = p.tty.Await(from, "of 24,000 rows", "let the 4 in flight finish and report")
	p.tty.Resize(50, 30)
	from = p.tty.Await(from, "individual", "\r\n  ") // a bar's figures are on a line of their own
	p.tty.Resize(90, 30)
	p.tty.Await(from, "batch")
	p.exits(exitComplete)
	p.tty.Await(from, "batch       ████████████ 100 %  24,000 rows, ")
	drawn := ansi.Strip(p.tty.Drawn())
	last := drawn[strings.LastIndex(drawn, "warm-up "):]
	for _, name := range []string{"warm-up", "individual", "batch"} {
		if !strings.Contains(last, name) {
			t.Errorf("%s is not in what stays: %q", name, last)
		}
	}
	if strings.Contains(last, "Ctrl-C") || strings.Contains(last, " left") {
		t.Errorf("what stays isn't the end: %q", last)
	}
	if text := read(t, p.stdout); strings.Contains(text, "\x1b") || !strings.Contains(text, "Results: ") {
		t.Errorf("stdout: %q", text)
	}
}

// Ctrl-C comes from the keyboard: the first drains.
func TestScreenInterrupted(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "--scenario", "1", "--warm-up", "0", "--num-lambdas", "60", "--iterations", "500", "--concurrency", "2")
	from := p.tty.Await(0, "let the 2 in flight finish and report")
	p.writing()
	p.tty.Type("\x03")
	p.tty.Await(from, "interrupted: waiting for the invocations in flight")
	p.exits(exitInterrupted)
	if strings.Contains(p.tty.Drawn(), "^C") {
		t.Error("the screen shows the keys")
	}
	r := p.record()
	if a := r.Scenario1.Rows; r.Run.Status != bench.Interrupted || a.Acknowledged == 0 || a.NotStarted == 0 || a.Unknown != 0 {
		t.Errorf("status %s, rows %+v", r.Run.Status, a)
	}
}

// The second gives up what is in flight.
func TestScreenGivenUp(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "--scenario", "1", "--warm-up", "0", "--num-lambdas", "2", "--iterations", "1000000")
	from := p.tty.Await(0, "let the 2 in flight finish and report")
	p.writing()
	p.tty.Type("\x03")
	from = p.tty.Await(from, "draining: 2 in flight; Ctrl-C again gives them up")
	p.tty.Type("\x03")
	p.tty.Await(from, "giving up the invocations in flight")
	p.exits(exitInterrupted)
	// What they told before they were given up stays acknowledged.
	if r := p.record(); r.Run.Status != bench.Interrupted || r.Scenario1.Rows.Unknown == 0 || r.Scenario1.Rows.Unknown+r.Scenario1.Rows.Acknowledged != 2_000_000 {
		t.Errorf("status %s, rows %+v", r.Run.Status, r.Scenario1.Rows)
	}
}

// The third ends the program at once, unless it has just ended by itself.
func TestScreenLeft(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "--scenario", "1", "--warm-up", "0", "--num-lambdas", "2", "--iterations", "1000000")
	p.tty.Await(0, "let the 2 in flight finish and report")
	p.writing()
	// Signals in a row may become one: each must have been seen before the next.
	p.tty.Type("\x03")
	from := p.tty.Await(0, "draining: 2 in flight")
	p.tty.Type("\x03")
	p.tty.Await(from, "giving up the invocations in flight")
	p.tty.Type("\x03")
	p.exits(exitInterrupted)
}

// A run that can't begin leaves its errors and nothing else.
func TestScreenOfFailure(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "--database-url", "postgres://nobody@127.0.0.1:1/nowhere")
	p.exits(exitUsage)
	from := p.tty.Await(0, "error: --database-url: ")
	drawn := ansi.Strip(p.tty.Drawn()[:from])
	if last := drawn[strings.LastIndex(drawn, "Ctrl-C")+1:]; strings.Contains(last, "individual") {
		t.Errorf("bars stay: %q", last)
	}
}
