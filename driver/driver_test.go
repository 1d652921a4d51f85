package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/local"
)

// TestMain serves three kinds of process: the tests, the program named driver
// that testscript puts on PATH, and the children that the program starts.
func TestMain(m *testing.M) {
	if local.RunRole(os.Getenv) {
		return
	}
	if filepath.Base(os.Args[0]) != "driver" { // a script's program has the script's variables
		// Nobody listens there. The user's certificates are no part of the tests, and slow to read.
		if err := errors.Join(os.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), os.Unsetenv("AWS_CA_BUNDLE")); err != nil {
			panic(err)
		}
		// Tests started by nohup ignore SIGHUP, and so would all that they start.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	testscript.Main(m, map[string]func(){"driver": main})
}

// TestScripts runs the program as a user does. Each script's TMPDIR must be
// empty again at its end: nothing that was started is left behind.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			tmp, err := shortFolder()
			if err != nil {
				return err
			}
			env.Setenv("TMPDIR", tmp)
			env.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1") // nobody listens there
			env.Setenv("GORACE", "atexit_sleep_ms=0")                       // the default adds a second to each process
			env.Defer(func() { removeEmpty(t, tmp) })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": codeCommand, "refused": refusedCommand, "results": resultsCommand, "result": resultCommand, "accounted": accountedCommand,
		},
	})
}

// shortFolder makes a folder for TMPDIR: its path leaves room for a Unix
// socket's, and PostgreSQL's own user may go through it.
func shortFolder() (string, error) {
	tmp, err := os.MkdirTemp("/tmp", "t")
	if err != nil {
		return "", err
	}
	return tmp, os.Chmod(tmp, 0o755)
}

func removeEmpty(t *testing.T, tmp string) {
	t.Helper()
	if left := names(t, tmp); len(left) > 0 {
		t.Errorf("left in TMPDIR: %v", left)
	}
	if err := os.RemoveAll(tmp); err != nil {
		t.Error(err)
	}
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// codeCommand is "code N program args...": the program must end with code N.
func codeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCode(ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// exitCode is the code that err of a finished command stands for; -1 when it
// was killed or never ran.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// refusedCommand is "refused program args...": the program must end with code 2,
// every line on stderr an error or a hint, after the one that names the target,
// without a word on stdout and without a results file. Nothing but such lines also
// means that nothing was started.
func refusedCommand(ts *testscript.TestScript, neg bool, args []string) {
	codeCommand(ts, neg, append([]string{"2"}, args...))
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("stdout is not empty")
	}
	stderr := ts.ReadFile("stderr")
	if first, rest, found := strings.Cut(stderr, "\n"); found && strings.HasPrefix(first, "target: ") {
		stderr = rest
	}
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "error: ") && !strings.HasPrefix(line, "hint: ") {
			ts.Fatalf("neither error nor hint: %s", line)
		}
	}
	if files := resultsFiles(ts.MkAbs(".")); len(files) > 0 {
		ts.Fatalf("results were written: %v", files)
	}
}

func resultsFiles(folder string) []string {
	files, err := filepath.Glob(filepath.Join(folder, "*results*.json"))
	if err != nil {
		panic(err) // the pattern is bad
	}
	return files
}

// resultsCommand is "results STATUS": there must be one results file, of that
// status, and all that is counted twice in it must agree.
func resultsCommand(ts *testscript.TestScript, neg bool, args []string) {
	files := resultsFiles(ts.MkAbs("."))
	if neg || len(args) != 1 || len(files) != 1 {
		ts.Fatalf("results %v: there are %v", args, files)
	}
	record, err := readRecord(files[0])
	ts.Check(err)
	ts.Check(disagreement(record))
	if string(record.Run.Status) != args[0] {
		ts.Fatalf("status %s, want %s", record.Run.Status, args[0])
	}
}

// accountedCommand holds a run of batches without retries to its faults: what
// failed is what conflicted, what is there unacknowledged is what was cut after
// its commit.
func accountedCommand(ts *testscript.TestScript, _ bool, _ []string) {
	record, err := readRecord(resultsFiles(ts.MkAbs("."))[0])
	ts.Check(err)
	rows, v, injected := record.Scenario2.Rows, record.Verification, record.Run.LocalTarget.Injected
	batch := int64(record.Run.Config.Batch.Count)
	got := map[string]int64{"failed": rows.Failed, "unknown": rows.Unknown, "there": v.UnacknowledgedPresent, "absent": v.Absent}
	want := map[string]int64{
		"failed": batch * injected["conflict"], "unknown": batch * (injected["drop-before"] + injected["drop-after"]),
		"there": batch * injected["drop-after"], "absent": batch * (injected["conflict"] + injected["drop-before"]),
	}
	if diff := cmp.Diff(want, got); diff != "" || injected["conflict"] == 0 || injected["drop-after"] == 0 {
		ts.Fatalf("injected %v, -want +got\n%s", injected, diff)
	}
}

// resultCommand is "result KEY VALUE": the value at the dotted key of the results
// file; ">N" asks for a larger number. "! result KEY" is for an absent key.
func resultCommand(ts *testscript.TestScript, neg bool, args []string) {
	files := resultsFiles(ts.MkAbs("."))
	if len(files) != 1 || len(args) == 0 || neg != (len(args) == 1) {
		ts.Fatalf("result %v: there are %v", args, files)
	}
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(files[0])), &value))
	for key := range strings.SplitSeq(args[0], ".") {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	switch {
	case neg && value != nil:
		ts.Fatalf("%s is there: %v", args[0], value)
	case neg:
	case strings.HasPrefix(args[1], ">"):
		least, err := strconv.ParseFloat(args[1][1:], 64)
		ts.Check(err)
		if n, ok := value.(float64); !ok || n <= least {
			ts.Fatalf("%s is %v, want %s", args[0], value, args[1])
		}
	case plainly(value) != args[1]:
		ts.Fatalf("%s is %v, want %s", args[0], value, args[1])
	}
}

// plainly is a JSON value as a script has it: 2000000, not 2e+06.
func plainly(value any) string {
	if n, ok := value.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func readRecord(path string) (*bench.Record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	record := &bench.Record{}
	return record, json.Unmarshal(text, record)
}

// totals are figures of a record that another of its figures must equal.
type totals struct{ Planned, Acknowledged, Histogram int64 }

// disagreement sets everything that a record counts in several ways side by side.
func disagreement(r *bench.Record) error {
	var errs []error
	var all bench.Account
	for _, s := range r.Summaries() {
		all.Add(s.Rows)
		got := totals{s.Rows.Planned, s.Rows.Acknowledged, s.StatementLatency.Count}
		want := totals{
			s.Rows.Acknowledged + s.Rows.Failed + s.Rows.Unknown + s.Rows.NotStarted,
			s.TotalInserts, s.Statements.Acknowledged,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			errs = append(errs, fmt.Errorf("%s disagrees with itself (-parts +whole):\n%s", s.Scenario, diff))
		}
		if !s.Statements.Balanced() || !s.Invocations.Balanced() {
			errs = append(errs, fmt.Errorf("%s: unbalanced: statements %+v, invocations %+v", s.Scenario, s.Statements, s.Invocations))
		}
	}
	if v := r.Verification; v.IDsAsked > 0 && v.Mode == bench.VerifyFull {
		got := totals{v.AcknowledgedPresent + v.Lost + v.UnacknowledgedPresent + v.Absent, v.AcknowledgedPresent + v.Lost, 0}
		if diff := cmp.Diff(totals{all.Planned, all.Acknowledged, 0}, got); diff != "" {
			errs = append(errs, fmt.Errorf("the table disagrees with the accounts (-accounts +table):\n%s", diff))
		}
	}
	return errors.Join(errs...)
}
