package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// job is the one of docs/ci.md.
type job struct {
	Env   map[string]string
	Steps []jobStep
}

type jobStep struct{ Name, If, Uses, Run string }

func jobOfManual(t *testing.T) job {
	t.Helper()
	page, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(rest, "```\n")
	var workflow struct {
		Jobs map[string]job
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&workflow); err != nil || !found || len(workflow.Jobs["load-test"].Steps) < 10 {
		t.Fatalf("docs/ci.md: %v, jobs %v", err, workflow.Jobs)
	}
	return workflow.Jobs["load-test"]
}

// runner does what GitHub's does with a job's steps, but for actions.
type runner struct {
	job
	folder string            // the checkout
	event  string            // pull_request or push
	env    map[string]string // over the job's
}

// run ends with the name of the step that failed and its exit code, and what all of
// them printed.
func (r *runner) run(t *testing.T) (failed string, code int, printed string) {
	t.Helper()
	summary := filepath.Join(r.folder, "summary.md")
	for _, name := range []string{summary, filepath.Join(r.folder, "output")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := append(os.Environ(), "GITHUB_STEP_SUMMARY="+summary, "GITHUB_OUTPUT="+filepath.Join(r.folder, "output"),
		"RUNNER_TEMP="+t.TempDir(), "TMPDIR="+tempFolder(t), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+r.event,
		"GORACE=atexit_sleep_ms=0")
	values := maps.Clone(r.Env)
	maps.Copy(values, r.env)
	for name, value := range values {
		environ = append(environ, name+"="+value)
	}
	var all strings.Builder
	for _, step := range r.Steps {
		if step.Run == "" || !r.wanted(t, step.If, failed != "") {
			continue
		}
		script := filepath.Join(t.TempDir(), "step.sh")
		if err := os.WriteFile(script, []byte(step.Run), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(context.Background(), "bash", "-e", script) // as GitHub runs it
		cmd.Dir, cmd.Env = r.folder, environ
		text, err := cmd.CombinedOutput()
		fmt.Fprintf(&all, "%s:\n%s\n", step.Name, text)
		if err != nil && failed == "" {
			failed, code = step.Name, exitCode(err)
		}
	}
	return failed, code, all.String()
}

// wanted reports whether a step runs, by the few conditions that the job has.
func (r *runner) wanted(t *testing.T, condition string, failed bool) bool {
	t.Helper()
	event := regexp.MustCompile(`^github\.event_name == '(\w+)'$`).FindStringSubmatch(condition)
	switch {
	case condition == "always()":
		return true
	case condition == "":
		return !failed
	case event != nil:
		return !failed && event[1] == r.event
	}
	t.Fatalf("if: %s is a condition that nobody here knows", condition)
	return false
}

// checkout makes a folder in which make builds what is in this repository. go is one
// that builds it in its own place, for which there is a cache.
func checkout(t *testing.T) (folder string) {
	t.Helper()
	folder, tools := t.TempDir(), t.TempDir()
	repository, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	shim := fmt.Sprintf(`#!/bin/sh
[ "$*" = "build -o bin/driver ./driver" ] || { echo "go $*: not looked for"; exit 1; }
exec %s build -C %s -o "$PWD/bin/driver" ./driver
`, compiler, repository)
	if err := errors.Join(
		os.WriteFile(filepath.Join(folder, "Makefile"), makefile, 0o600),
		os.WriteFile(filepath.Join(tools, "go"), []byte(shim), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	return folder
}

// The manual's job, as it would run: on the main branch, in a pull request that is no
// slower, in one that is, and in one that misses a threshold. All but the last have one
// PostgreSQL for all their runs, for starting one takes longer than such a run.
func TestJobOfManual(t *testing.T) {
	small := map[string]string{
		"DSQLLOAD_NUM_LAMBDAS": "4", "DSQLLOAD_ITERATIONS": "5", "DSQLLOAD_COUNT": "5", "DSQLLOAD_FAIL_ON_REGRESSION": "throughput=101%",
		"DSQLLOAD_DATABASE_URL": "postgres:///postgres?user=postgres&host=" + startDatabase(t),
	}
	r := &runner{job: jobOfManual(t), folder: checkout(t), event: "push", env: small}
	in := func(parts ...string) string { return filepath.Join(append([]string{r.folder}, parts...)...) }
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	count := func(pattern string) int {
		files, err := filepath.Glob(in(pattern))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}

	failed, code, printed := r.run(t)
	if failed != "" || count("baseline/results_*.json") != 5 || count("results/results_*.html") != 1 {
		t.Fatalf("on the main branch: %s ended with %d, %d files are the baseline\n%s", failed, code, count("baseline/results_*.json"), printed)
	}
	if checks := read(in("results", "checks.xml")); strings.Count(checks, "name=\"threshold ") != 3 || strings.Contains(checks, "<failure") {
		t.Errorf("checks:\n%s", checks)
	}
	if page := read(in("summary.md")); !strings.Contains(page, "| Rows acknowledged | 100 of 100 |") || strings.Contains(page, "against") {
		t.Errorf("summary:\n%s", page)
	}

	r.event = "pull_request"
	anew := func() {
		t.Helper()
		if err := os.RemoveAll(in("results")); err != nil {
			t.Fatal(err)
		}
	}
	anew()
	failed, code, printed = r.run(t)
	if page := read(in("summary.md")); failed != "" || !strings.Contains(page, "## B against A") || strings.Count(page, "(5 runs)") != 2 {
		t.Errorf("in a pull request: %s ended with %d\n%s\n%s", failed, code, printed, page)
	}

	all := r.Steps
	r.Steps = slices.DeleteFunc(slices.Clone(all), func(s jobStep) bool { return s.Name != "Compare" && s.Name != "Summary" }) // the same runs again
	tenfold(t, in("baseline"))
	r.env = with(small, "DSQLLOAD_FAIL_ON_REGRESSION", "throughput=30%,p50=1e6%")
	failed, code, printed = r.run(t)
	if failed != "Compare" || code != exitIncomplete || !strings.Contains(printed, "batch throughput is worse by ") || !strings.Contains(read(in("summary.md")), "Load test: ") {
		t.Errorf("against a baseline ten times as fast: %s ended with %d\n%s", failed, code, printed)
	}
	r.env = with(small, "DSQLLOAD_FAIL_ON_REGRESSION", "p99=10%")
	if failed, code, printed = r.run(t); failed != "Compare" || code != exitUsage || !strings.Contains(printed, "batch p99 could not be tested: takes 1,000 acknowledged statements a run") {
		t.Errorf("a gate that can't close: %s ended with %d\n%s", failed, code, printed)
	}

	r.Steps = slices.DeleteFunc(slices.Clone(all), func(s jobStep) bool { return s.Name == "Build" }) // it is there
	anew()
	r.env = with(small, "DSQLLOAD_THRESHOLD", "lost==0\nthroughput>=1e9\n")
	delete(r.env, "DSQLLOAD_DATABASE_URL")
	failed, code, printed = r.run(t)
	checks, page := read(in("results", "checks.xml")), read(in("summary.md"))
	if failed != "Run" || code != exitThreshold || strings.Count(checks, "<failure") != 1 || !strings.Contains(page, "1,000,000,000 rows/s") || count("results/repeated") != 0 {
		t.Errorf("a threshold: %s ended with %d\n%s\n%s\n%s", failed, code, printed, checks, page)
	}
}

// with is env with one more value.
func with(env map[string]string, name, value string) map[string]string {
	all := maps.Clone(env)
	all[name] = value
	return all
}

// tenfold makes the runs in a folder ten times as fast.
func tenfold(t *testing.T, folder string) {
	t.Helper()
	for _, name := range names(t, folder) {
		path := filepath.Join(folder, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		faster := regexp.MustCompile(`("throughput_inserts_per_second": )[0-9.e+]+`).ReplaceAllString(string(text), "${1}1e9")
		if err := os.WriteFile(path, []byte(faster), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Actions are pinned to versions that exist (of 2026), each of an owner of GitHub's own.
func TestJobsActions(t *testing.T) {
	want := []string{"actions/checkout@v6", "actions/setup-go@v6", "actions/cache/restore@v5", "actions/cache/save@v5", "actions/upload-artifact@v7"}
	var got []string
	for _, step := range jobOfManual(t).Steps {
		if (step.Uses == "") == (step.Run == "") {
			t.Errorf("step %q: must have either uses or run", step.Name)
		}
		if step.Uses != "" {
			got = append(got, step.Uses)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}
