package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
)

// process is the driver running in a TMPDIR and a results folder of its own.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	tmp, out       string
	stdout, stderr string // files
	ended          chan struct{}
}

// startDriver starts "driver run" as user as, which may be nil.
func startDriver(t *testing.T, program, tmp string, as *syscall.Credential, env []string, args ...string) *process {
	t.Helper()
	out, err := shortFolder() // t.TempDir's is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(out) })
	p := &process{t: t, tmp: tmp, out: out, ended: make(chan struct{})}
	p.stdout, p.stderr = filepath.Join(p.out, "stdout"), filepath.Join(p.out, "stderr")
	p.cmd = exec.Command(program, append([]string{"run", "--warm-up", "0", "--out", "."}, args...)...)
	p.cmd.Dir = p.out
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tmp, "TMPDIR=" + tmp, "GORACE=atexit_sleep_ms=0"}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	p.cmd.Stdout, p.cmd.Stderr = create(t, p.stdout), create(t, p.stderr)
	if as != nil {
		if err := os.Chown(p.out, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	p.begin(func() string { return "stderr: " + read(t, p.stderr) })
	return p
}

// begin starts the driver, and ends it with the test. messages are for the log of a test
// that failed.
func (p *process) begin(messages func() string) {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // its exit code is looked at by those who want it
	}()
	p.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, unless the test failed
		<-p.ended
		if p.t.Failed() {
			p.t.Logf("stdout: %s\n%s", read(p.t, p.stdout), messages())
		}
	})
}

// startRun is startDriver with a TMPDIR that no other test uses, and that must
// be empty at the end.
func startRun(t *testing.T, args ...string) *process {
	t.Helper()
	return startRunWith(t, nil, args...)
}

// startRunWith is startRun with further variables.
func startRunWith(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return startDriver(t, driverPath(t), tempFolder(t), nil, env, args...)
}

func driverPath(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("driver") // put on PATH by testscript
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func tempFolder(t *testing.T) string {
	t.Helper()
	tmp, err := shortFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually.True(t, "the end of every process", func() bool { return len(processesIn(tmp)) == 0 })
		removeEmpty(t, tmp)
	})
	return tmp
}

func create(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exit waits for the end of the driver and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	eventually.Receive(p.t, "the end of the driver", p.ended)
	return p.cmd.ProcessState.ExitCode()
}

// says waits until text is on stderr.
func (p *process) says(text string) {
	p.t.Helper()
	eventually.True(p.t, fmt.Sprintf("%q on stderr", text), func() bool { return strings.Contains(read(p.t, p.stderr), text) })
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// record reads the results file, in which everything must agree.
func (p *process) record() *bench.Record {
	p.t.Helper()
	files := resultsFiles(p.out)
	if len(files) != 1 {
		p.t.Fatalf("results files: %v, want one", files)
	}
	r, err := readRecord(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	if err := disagreement(r); err != nil {
		p.t.Error(err)
	}
	return r
}

// folder waits for the folder of the run's throwaway PostgreSQL.
func (p *process) folder() (folder string) {
	p.t.Helper()
	eventually.True(p.t, "PostgreSQL's folder", func() bool {
		found, err := filepath.Glob(filepath.Join(p.tmp, "dsqlload-*"))
		if err != nil || len(found) == 0 {
			return false
		}
		folder = found[0]
		return true
	})
	return folder
}

// writing waits until the run is under way: the table has rows.
func (p *process) writing() {
	p.t.Helper()
	folder := p.folder()
	eventually.True(p.t, "rows in the table", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), eventually.Patience)
		defer cancel()
		db, err := connect(ctx, folder, "postgres")
		if err != nil {
			return false // not up yet
		}
		defer func() { _ = db.Close(ctx) }()
		var some bool
		err = db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM car_entities_schema.business_events)").Scan(&some)
		return err == nil && some
	})
}

// children are the driver's own children of the given role.
func (p *process) children(role string) []int {
	var found []int
	for _, pid := range processesIn(p.tmp) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has just ended
		}
		_, after, _ := strings.Cut(string(stat), ") ") // "pid (name) state ppid ..."
		fields := strings.Fields(after)
		if len(fields) > 1 && fields[1] == strconv.Itoa(p.cmd.Process.Pid) && hasVariable(pid, "DSQLLOAD_ROLE="+role) {
			found = append(found, pid)
		}
	}
	return found
}

// processesIn are those with this TMPDIR, or, as PostgreSQL overwrites its
// environment, with a current folder in it.
func processesIn(tmp string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
		if err == nil && strings.HasPrefix(folder, tmp+"/") || hasVariable(pid, "TMPDIR="+tmp) {
			found = append(found, pid)
		}
	}
	return found
}

func hasVariable(pid int, variable string) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(append([]byte{0}, text...), []byte("\x00"+variable+"\x00"))
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestEnvironmentKilled(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--scenario", "1", "--num-lambdas", "3", "--iterations", "30000")
	p.writing()
	// It fails one invocation whether or not it has been given it yet.
	kill(t, p.children("environment")[0])
	if code := p.exit(); code != exitIncomplete {
		t.Errorf("exit code %d, want %d", code, exitIncomplete)
	}
	r := p.record()
	s := r.Scenario1
	want := bench.Account{Planned: 90000, Acknowledged: 60000, Unknown: 30000}
	if diff := cmp.Diff(want, s.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"Runtime.ExitError": 1}, s.InvocationErrors); diff != "" {
		t.Errorf("errors of invocations (-want +got):\n%s", diff)
	}
	if r.Run.Status != bench.Incomplete || !r.Verification.OK || r.Verification.Lost != 0 {
		t.Errorf("status %s, verification %+v", r.Run.Status, r.Verification)
	}
}

func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--scenario", "1", "--num-lambdas", "2", "--iterations", "20000")
	p.writing()
	line, _, _ := strings.Cut(read(t, filepath.Join(p.folder(), "data", "postmaster.pid")), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	kill(t, pid)
	if code := p.exit(); code != exitIncomplete {
		t.Errorf("exit code %d, want %d", code, exitIncomplete)
	}
	r := p.record()
	if s := r.Scenario1; s.Rows.Planned != 40000 || s.Rows.Acknowledged == 0 || s.Rows.Failed+s.Rows.Unknown == 0 {
		t.Errorf("rows %+v: want some of 40000 acknowledged and some not", s.Rows)
	}
	if diff := cmp.Diff([]string{"PostgreSQL ended during the run"}, r.Run.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if r.Run.Status != bench.Incomplete || r.Verification.OK || r.Verification.Problem == "" {
		t.Errorf("status %s, verification %+v", r.Run.Status, r.Verification)
	}
}

func TestDriverKilled(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--num-lambdas", "2", "--iterations", "1000000", "--count", "1")
	p.writing()
	folder := p.folder()
	if n := len(p.children("postgres")); n != 1 || len(p.children("environment")) == 0 {
		t.Errorf("%d keepers and environments %v: want 1 and some", n, p.children("environment"))
	}
	kill(t, p.cmd.Process.Pid)
	<-p.ended
	killed := time.Now()
	eventually.True(t, "the end of every child", func() bool { return len(processesIn(p.tmp)) == 0 })
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", folder, err)
	}
	if took := time.Since(killed); took > eventually.Patience {
		t.Errorf("the children ended after %v", took)
	}
	text, err := os.ReadFile(resultsFiles(p.out)[0])
	if err != nil || !strings.Contains(string(text), `"status": "running"`) {
		t.Errorf("what a killed run leaves: %s, %v", text, err)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	p := startRun(t, "--scenario", "1", "--num-lambdas", "60", "--iterations", "500", "--concurrency", "2")
	p.writing()
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	p.says("interrupted: waiting for the invocations in flight")
	r := p.record()
	rows := r.Scenario1.Rows
	want := bench.Account{Planned: 30000, Acknowledged: rows.Acknowledged, NotStarted: 30000 - rows.Acknowledged}
	if diff := cmp.Diff(want, rows); diff != "" || rows.Acknowledged == 0 || rows.NotStarted == 0 {
		t.Errorf("rows %+v (-want +got):\n%s", rows, diff)
	}
	if r.Run.Status != bench.Interrupted || !r.Verification.OK || r.Verification.AcknowledgedPresent != rows.Acknowledged {
		t.Errorf("status %s, verification %+v", r.Run.Status, r.Verification)
	}
}

// A second signal gives up what is in flight, whichever the two signals are.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	for name, signals := range map[string][2]os.Signal{"INT": {syscall.SIGINT, syscall.SIGINT}, "HUP, then TERM": {syscall.SIGHUP, syscall.SIGTERM}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startRun(t, "--scenario", "1", "--num-lambdas", "4", "--iterations", "1000000", "--concurrency", "2")
			p.writing()
			p.signal(signals[0])
			p.says("interrupted: waiting")
			p.signal(signals[1])
			if code := p.exit(); code != exitInterrupted {
				t.Errorf("exit code %d, want %d", code, exitInterrupted)
			}
			p.says("giving up the invocations in flight")
			r := p.record()
			want := bench.Account{Planned: 4e6, Unknown: 2e6, NotStarted: 2e6}
			if diff := cmp.Diff(want, r.Scenario1.Rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if r.Run.Status != bench.Interrupted || r.Verification.Problem != "the run was given up before the look at the table" {
				t.Errorf("status %s, verification %+v", r.Run.Status, r.Verification)
			}
		})
	}
}

// Interrupted before anything is up, there is nothing to report.
func TestInterruptedAtStart(t *testing.T) {
	t.Parallel()
	p := startRun(t)
	p.says("starting a throwaway PostgreSQL")
	p.folder()
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if files := resultsFiles(p.out); len(files) > 0 { // all was up before the signal came
		if r := p.record(); r.Run.Status != bench.Interrupted {
			t.Errorf("status %s", r.Run.Status)
		}
	}
}

func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	tmp := tempFolder(t)
	var runs []*process
	for range 2 {
		runs = append(runs, startDriver(t, driverPath(t), tmp, nil, nil, "--num-lambdas", "3", "--iterations", "200"))
	}
	for _, p := range runs {
		if code := p.exit(); code != exitComplete {
			t.Errorf("exit code %d, want %d", code, exitComplete)
		}
		r := p.record()
		got := []int64{r.Scenario1.Rows.Acknowledged, r.Scenario2.Rows.Acknowledged, r.Verification.Present}
		if diff := cmp.Diff([]int64{600, 60000, 60600}, got); diff != "" {
			t.Errorf("rows of 1, of 2, in the table (-want +got):\n%s", diff)
		}
	}
}

// As a user without rights: nobody when the tests run as root.
func TestUnprivileged(t *testing.T) {
	tmp := tempFolder(t)
	program := filepath.Join(tmp, "driver")
	copyFile(t, driverPath(t), program)
	t.Cleanup(func() { _ = os.Remove(program) }) // else the next clean-up tells
	t.Parallel()                                 // not before: a file that a fork holds open for writing can't be run
	as := nobody(t)
	if as != nil {
		if err := os.Chown(tmp, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	p := startDriver(t, program, tmp, as, nil, "--num-lambdas", "3", "--iterations", "2", "--count", "5")
	if code := p.exit(); code != exitComplete {
		t.Errorf("exit code %d, want %d", code, exitComplete)
	}
	r := p.record()
	got := []int64{r.Scenario1.Rows.Acknowledged, r.Scenario2.Rows.Acknowledged, r.Verification.Present}
	if diff := cmp.Diff([]int64{30, 30, 60}, got); diff != "" {
		t.Errorf("rows of 1, of 2, in the table (-want +got):\n%s", diff)
	}
}

// nobody is nil when the tests don't run as root.
func nobody(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	if errUID != nil || errGID != nil {
		t.Fatal(errUID, errGID)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }() // only read
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}
