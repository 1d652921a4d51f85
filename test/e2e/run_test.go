package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
)

// process is a running driver.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	out   string // its results folder, with what it wrote
	ended chan struct{}
	end   time.Time // valid when ended is closed
}

// run is the output of a driver that ended.
type run struct {
	code           int
	end            time.Time // of the process
	record         *bench.Record
	text           string // of the results file
	stdout, stderr string
}

// observed returns the variables that make a run use the stack.
func (l *lab) observed() []string {
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + l.stack.OTLPEndpoint,
		"DSQLLOAD_COLLECTOR_METRICS_URL=" + l.stack.CollectorMetricsURL,
		"DSQLLOAD_PROMETHEUS_URL=" + l.stack.PrometheusURL,
		"DSQLLOAD_JAEGER_URL=" + l.stack.JaegerURL,
	}
}

// start starts "driver run" with the variables. No other variable of this process can
// change the run.
func (l *lab) start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, out: t.TempDir(), ended: make(chan struct{})}
	p.cmd = exec.Command(l.driver, append([]string{"run", "--out", p.out}, args...)...)
	p.cmd.Dir = p.out // no config.json is there
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + l.tmp, "TMPDIR=" + l.tmp}, env...)
	p.cmd.Stdout, p.cmd.Stderr = create(t, p.file("stdout")), create(t, p.file("stderr"))
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // its exit code is looked at
		p.end = time.Now()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, unless the test failed
		<-p.ended
		if t.Failed() {
			t.Logf("driver %s\nstdout: %s\nstderr: %s", strings.Join(args, " "), read(t, p.file("stdout")), read(t, p.file("stderr")))
		}
	})
	return p
}

func (p *process) file(name string) string { return filepath.Join(p.out, name) }

// wait waits for the end of the run and checks that its outputs agree.
func (p *process) wait() *run {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(10 * time.Minute):
		p.t.Fatal("the driver doesn't end")
	}
	r := &run{code: p.cmd.ProcessState.ExitCode(), end: p.end, stdout: read(p.t, p.file("stdout")), stderr: read(p.t, p.file("stderr"))}
	files, err := filepath.Glob(p.file("results_*.json"))
	if err != nil || len(files) > 1 {
		p.t.Fatalf("results: %v, %v", files, err)
	}
	if len(files) == 0 {
		return r
	}
	r.text = read(p.t, files[0])
	r.record = &bench.Record{}
	if err := json.Unmarshal([]byte(r.text), r.record); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// runs runs the driver to its end and checks the exit code.
func (l *lab) run(t *testing.T, code int, env []string, args ...string) *run {
	t.Helper()
	r := l.start(t, env, args...).wait()
	if r.code != code || r.record == nil {
		t.Fatalf("exit code %d, want %d with results", r.code, code)
	}
	return r
}

func (r *run) id() string { return r.record.Run.ID }

// window returns the time range that the run's links open.
func (r *run) window() (from, to time.Time) {
	return r.record.Run.StartedAt.Add(-30 * time.Second), r.record.Run.EndedAt.Add(30 * time.Second)
}

// slowest returns the slowest statements of all scenarios, the slowest first.
func (r *run) slowest() []bench.Statement {
	var all []bench.Statement
	for _, s := range r.record.Summaries() {
		all = append(all, s.Slowest...)
	}
	slices.SortFunc(all, func(a, b bench.Statement) int { return int(b.LatencyUs - a.LatencyUs) })
	return all
}

// complete returns what is missing in the results of the run. Lost telemetry must not change
// them.
func (r *run) complete(rows int64) error {
	var all bench.Account
	var latencies int64
	for _, s := range r.record.Summaries() {
		all.Add(s.Rows)
		latencies += s.StatementLatency.Count
		if !s.Statements.Complete() || latencies == 0 || len(s.Slowest) == 0 {
			return fmt.Errorf("%s: statements %+v, %d latencies, %d slowest", s.Scenario, *s.Statements, latencies, len(s.Slowest))
		}
	}
	v := r.record.Verification
	return errors.Join(is("rows", all, bench.Account{Planned: rows, Acknowledged: rows}), is("verified", v.OK, true),
		is("lost rows", v.Lost, 0), is("rows in the table", v.AcknowledgedPresent, rows))
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
