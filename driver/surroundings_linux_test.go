package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/surroundings"
)

// outcome is what a command came to, without what differs from time to time.
type outcome struct {
	Code         int
	Rows         bench.Account
	Present      int64
	Warnings     []string
	Said, Answer []string // on stderr and stdout, each line once
}

// surrounded is a command in surroundings of its own.
type surrounded struct {
	name string
	// heeds is where the command is: what counts there is not set.
	heeds []string
	rows  int64 // that it inserts
	do    func(t *testing.T, env []string) outcome
}

// What people have set for other work leaves a run of this machine alone, and all
// that goes with it, as it is without: all variables of the list at once, those that
// count there with a valid value only.
func TestSurroundings(t *testing.T) {
	list := surroundings.All(t)
	database := startDatabase(t)
	address := "postgres:///postgres?user=postgres&host=" + database
	results := resultsOf(t, address)
	command("verify", results, "--database-url", address)(t, nil) // the first look is told in other words
	for _, c := range []surrounded{
		{name: "run", rows: 10, do: surroundedRun("--telemetry", "off")},
		{name: "run without the front", rows: 10, do: surroundedRun("--telemetry", "off", "--front", "off")},
		{name: "run, looking for a collector", heeds: []string{"telemetry"}, rows: 10, do: surroundedRun()},
		{name: "run in a database", heeds: []string{"url"}, rows: 10, do: surroundedRun("--telemetry", "off", "--database-url", address)},
		{name: "local", rows: 3, do: localSurrounded},
		{name: "doctor", do: command("doctor", "--telemetry", "off")},
		{name: "doctor, looking for a collector", heeds: []string{"telemetry"}, do: command("doctor")},
		{name: "dry run", heeds: []string{"aws", "telemetry"}, do: command("run", "--dry-run")},
		{name: "verify", heeds: []string{"url"}, do: command("verify", results, "--database-url", address)},
		{name: "report", do: command("report", results)},
		{name: "cost", heeds: []string{"aws"}, do: command("cost")},
		{name: "help", do: command("run", "--help")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := c.do(t, nil)
			if want.Code != exitComplete || want.Rows.Acknowledged != c.rows {
				t.Fatalf("without: %+v", want)
			}
			for _, kind := range kinds() {
				differs := func(part []surroundings.Variable) string { return cmp.Diff(want, c.do(t, environment(t, part, kind))) }
				part := slices.DeleteFunc(slices.Clone(list), func(v surroundings.Variable) bool { return c.heeded(v, kind) })
				if diff := differs(part); diff != "" {
					guilty := blame(part, time.Now().Add(eventually.Patience), func(part []surroundings.Variable) bool { return differs(part) != "" })
					t.Errorf("%s values: %s\n-without them +with them\n%s", kind, strings.Join(guilty, ", "), diff)
				}
			}
		})
	}
}

// heeded reports whether a value isn't for the command to pass over: the variable counts
// where that works, or the value is one that is named there, as it is on every machine.
func (c surrounded) heeded(v surroundings.Variable, kind string) bool {
	for _, place := range c.heeds {
		if _, counts := v.At(place); counts {
			return true
		}
	}
	at, _ := v.At("local")
	return kind == "nonsense" && at.Refused // named on any machine
}

// A value that can't be used on any machine is named in one line.
func TestNamedLocally(t *testing.T) {
	run := []string{"run", "--scenario", "1", "--num-lambdas", "1", "--iterations", "1", "--warm-up", "0", "--telemetry", "off", "--no-html"}
	nonsense := map[string]string{}
	for _, v := range surroundings.All(t) {
		if at, _ := v.At("local"); at.Refused {
			nonsense[v.Name] = v.Nonsense
		}
	}
	checked := map[string]bool{}
	for name, c := range map[string]struct {
		code  int
		names string // the beginning of the line that names it
	}{
		"TMPDIR":     {exitUsage, "error: "},
		"GOMEMLIMIT": {exitUsage, "fatal error: "}, // Go's runtime, before any of our own code
	} {
		checked[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := command(run...)(t, []string{name + "=" + nonsense[name]})
			named := func(line string) bool { return strings.HasPrefix(line, c.names) && strings.Contains(line, name) }
			if n := len(slices.DeleteFunc(slices.Clone(o.Said), func(line string) bool { return !named(line) })); n != 1 || o.Code != c.code {
				t.Errorf("exit code %d, want %d; %d lines name it: %q", o.Code, c.code, n, o.Said)
			}
		})
	}
	for name := range nonsense {
		if !checked[name] {
			t.Errorf("%s is not looked at", name)
		}
	}
}

// environment sets all variables of a part.
func environment(t *testing.T, part []surroundings.Variable, kind string) []string {
	t.Helper()
	env := make([]string, len(part))
	for i, v := range part {
		env[i] = v.Name + "=" + v.Value(kind)
	}
	return env
}

// blame are the names of the variables that spoil a part, each by itself if one does,
// as far as it finds them until then.
func blame(part []surroundings.Variable, until time.Time, spoils func([]surroundings.Variable) bool) []string {
	if len(part) > 1 && time.Now().After(until) {
		return []string{fmt.Sprintf("one of %s to %s", part[0].Name, part[len(part)-1].Name)}
	}
	if len(part) == 1 {
		return []string{part[0].Name}
	}
	var names []string
	for _, half := range [][]surroundings.Variable{part[:len(part)/2], part[len(part)/2:]} {
		if spoils(half) {
			names = append(names, blame(half, until, spoils)...)
		}
	}
	if names == nil { // only together
		for _, v := range part {
			names = append(names, v.Name)
		}
	}
	return names
}

// started is a driver in a TMPDIR and a folder of its own, and env.
func started(t *testing.T, env []string, args ...string) (cmd *exec.Cmd, folder, tmp string) {
	t.Helper()
	tmp = tempFolder(t)
	ctx, cancel := context.WithTimeout(context.Background(), eventually.Patience)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, driverPath(t), args...)
	cmd.WaitDelay = eventually.Patience // what it started may hold its output
	cmd.Dir = t.TempDir()
	if i := slices.Index(env, "TMPDIR={tmp}"); i >= 0 {
		tmp = filepath.Join(tmp, "a %20&=,#'b")
		if err := os.Mkdir(tmp, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { removeEmpty(t, tmp) })
		env = slices.Concat(env[:i], []string{"TMPDIR=" + tmp}, env[i+1:])
	}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "TMPDIR=" + tmp, "AWS_EC2_METADATA_DISABLED=true", "GORACE=atexit_sleep_ms=0"}, env...)
	return cmd, cmd.Dir, tmp
}

// command is a command that ends by itself.
func command(args ...string) func(*testing.T, []string) outcome {
	return func(t *testing.T, env []string) outcome {
		t.Helper()
		cmd, folder, tmp := started(t, env, args...)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		return outcome{Code: exitCode(err), Said: steady(stderr.String(), folder, tmp), Answer: steady(stdout.String(), folder, tmp)}
	}
}

// surroundedRun is a run of this machine's own.
func surroundedRun(args ...string) func(*testing.T, []string) outcome {
	args = append([]string{"run", "--scenario", "1", "--num-lambdas", "2", "--iterations", "5", "--warm-up", "1", "--no-html", "--out", "."}, args...)
	return func(t *testing.T, env []string) outcome {
		t.Helper()
		cmd, folder, tmp := started(t, env, args...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		err := cmd.Run()
		o := outcome{Code: exitCode(err), Said: steady(stderr.String(), folder, tmp)}
		files := resultsFiles(folder)
		if len(files) != 1 {
			return o
		}
		r, err := readRecord(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if r.Scenario1 != nil && r.Verification != nil {
			o.Rows, o.Present, o.Warnings = r.Scenario1.Rows, r.Verification.AcknowledgedPresent, r.Run.Warnings
		}
		return o
	}
}

// localSurrounded keeps the local target up, and invokes its function once.
func localSurrounded(t *testing.T, env []string) outcome {
	t.Helper()
	cmd, folder, tmp := started(t, env, "local", "--max-in-flight", "4")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var o outcome
	var answer strings.Builder
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		answer.WriteString(lines.Text() + "\n")
		if endpoint, found := strings.CutPrefix(lines.Text(), "Lambda endpoint: "); found {
			o.Rows = invokedAt(t, endpoint)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.Code = exitCode(cmd.Wait())
	o.Said, o.Answer = steady(stderr.String(), folder, tmp), steady(answer.String(), folder, tmp)
	return o
}

// invokedAt are the rows of one invocation.
func invokedAt(t *testing.T, endpoint string) bench.Account {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), eventually.Patience)
	defer cancel()
	const event = `{"scenario":"individual","count":1,"iterations":3,"event_type":"CarCreated","lambda_index":0}`
	url := endpoint + "/2015-03-31/functions/" + bench.Defaults().FunctionName + "/invocations"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Timeout: eventually.Patience}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var reply bench.Reply
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	var body bench.ReplyBody
	if err := json.Unmarshal([]byte(reply.Body), &body); err != nil || body.Result == nil {
		t.Fatalf("%s: %v", reply.Body, err)
	}
	return bench.Account{Acknowledged: body.Result.SuccessCount, Failed: body.Result.ErrorCount}
}

// steady are the lines of a text without what each time is another: numbers with their
// units, names of folders, secrets made by chance.
func steady(text string, folders ...string) []string {
	for _, folder := range folders {
		text = strings.ReplaceAll(text, folder, "FOLDER")
	}
	for _, changing := range []string{
		`/tmp/t[0-9]+[^ ]*`, `host=[^& ]+`, `Signature=[0-9a-f]+`, `[0-9][0-9.,]*( ?(ns|µs|ms|s|B|KiB|MiB|GiB|%)\b)?`,
	} {
		text = regexp.MustCompile(changing).ReplaceAllString(text, "N")
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}
