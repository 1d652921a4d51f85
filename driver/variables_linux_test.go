package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/surroundings"
)

// heeding is a command at a place where variables count.
type heeding struct {
	place string
	sets  []string // those that are tried; the others count by the command's other parts
	args  []string
	want  saying // without any
}

// Where a variable of the list counts, a value that can't be used is reported in one line,
// which names it. All that don't count there leave the command as it is without them.
// Nobody but this machine is asked.
func TestVariablesThatCount(t *testing.T) {
	list := surroundings.All(t)
	base := map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": secretFile(t, "[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = s\n"),
		"AWS_EC2_METADATA_DISABLED":   "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "HOME": t.TempDir(),
	}
	for name, value := range base {
		t.Setenv(name, value)
	}
	t.Chdir(t.TempDir())
	const cluster = "x.dsql.us-east-1.on.aws"
	small := func(args ...string) []string { return append(args, "--num-lambdas", "2", "--iterations", "1") } // the cost of the default run takes long to calculate
	for _, c := range []heeding{
		{place: "url", sets: []string{"libpq", "otel", "function"}, args: small("run", "--dry-run", "--database-url", "postgres://me@localhost/db")},
		{place: "cluster", sets: []string{"libpq", "otel", "function"}, args: small("run", "--dry-run", "--target", "aws", "--region", "us-east-1", "--cluster", cluster)},
		{place: "cluster", sets: []string{"aws", "other", "function"}, args: []string{"token", "--cluster", cluster}},
		{place: "aws", sets: []string{"libpq", "aws", "otel", "other", "function"}, args: small("run", "--dry-run", "--target", "aws")},
		{place: "telemetry", sets: []string{"libpq", "otel", "function"}, args: small("run", "--telemetry", "auto", "--endpoint-url", "http://127.0.0.1:1", "--warm-up", "0")},
	} {
		t.Run(c.place, func(t *testing.T) {
			c.want = driven(c.args)
			var idle, others []surroundings.Variable
			for _, v := range list {
				at, counts := v.At(c.place)
				switch {
				case !slices.Contains(c.sets, v.Set):
				case !counts:
					others = append(others, v)
				case at.Idle:
					idle = append(idle, v)
				default:
					t.Run(v.Name, func(t *testing.T) { c.tells(t, v, at) })
				}
			}
			for _, kind := range kinds() {
				c.leavesAlone(t, others, kind)
				c.tellsIdle(t, idle, kind)
			}
		})
	}
}

// tells sets a value that can't be used, or one of a variable that takes any.
func (c heeding) tells(t *testing.T, v surroundings.Variable, at surroundings.Place) {
	t.Helper()
	got, _ := c.with(t, []surroundings.Variable{v}, "nonsense")
	if lines := got.naming(v.Name); len(lines) != map[bool]int{true: 1}[at.Refused] {
		t.Errorf("lines that name it: %q; refused %v\n%s", lines, at.Refused, got.text)
	}
	if at.Refused && c.place != "telemetry" && got.code != exitUsage { // nobody insists on telemetry
		t.Errorf("exit code %d, want %d", got.code, exitUsage)
	}
}

func (c heeding) leavesAlone(t *testing.T, others []surroundings.Variable, kind string) {
	t.Helper()
	if _, diff := c.with(t, others, kind); diff != "" {
		guilty := blame(others, time.Now().Add(eventually.Patience), func(part []surroundings.Variable) bool { _, diff := c.with(t, part, kind); return diff != "" })
		t.Errorf("%s values: %s (-without +with)\n%s", kind, strings.Join(guilty, ", "), diff)
	}
}

func (c heeding) tellsIdle(t *testing.T, idle []surroundings.Variable, kind string) {
	t.Helper()
	got, _ := c.with(t, idle, kind)
	for _, v := range idle {
		if lines := got.naming(v.Name); len(lines) != 1 {
			t.Errorf("lines that name %s: %q, want one\n%s", v.Name, lines, got.text)
		}
	}
}

// with is the command with variables set, and how it differs from that without.
func (c heeding) with(t *testing.T, part []surroundings.Variable, kind string) (got saying, diff string) {
	t.Helper()
	t.Run(kind, func(t *testing.T) { // at whose end they are as before
		for _, v := range part {
			t.Setenv(v.Name, v.Value(kind))
		}
		got = driven(c.args)
	})
	return got, cmp.Diff(c.want.steady, got.steady)
}

// kinds are those of a variable's values.
func kinds() []string { return []string{"nonsense", "hostile"} }

// saying is what a command said.
type saying struct {
	code   int
	text   string
	steady []string
}

func driven(args []string) saying {
	code, stdout, stderr := drive(args...)
	text := stderr + stdout
	return saying{code, text, steady(text)}
}

// naming are the lines of errors and warnings that name a variable.
func (s saying) naming(name string) []string {
	var lines []string
	for line := range strings.Lines(s.text) {
		if strings.Contains(line, name) && (strings.HasPrefix(line, "error: ") || strings.HasPrefix(line, "warning: ")) {
			lines = append(lines, line)
		}
	}
	return lines
}
