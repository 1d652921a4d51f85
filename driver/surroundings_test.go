package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/test/surroundings"
)

// Where a variable of the list counts, a value that can't be used is told in one line,
// which names it; those that don't count there leave the command as it is without them. Nothing is asked
// but this machine.
func TestVariablesThatCount(t *testing.T) {
	credentials := secretFile(t, "[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = s\n")
	base := map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "HOME": t.TempDir(),
	}
	const cluster = "x.dsql.us-east-1.on.aws"
	for _, c := range []struct {
		place string
		sets  []string // those that are tried; the others count by the command's other parts
		args  []string
	}{
		{"url", []string{"libpq", "otel", "function"}, []string{"run", "--dry-run", "--database-url", "postgres://me@localhost/db"}},
		{"cluster", []string{"libpq", "otel", "function"}, []string{"run", "--dry-run", "--target", "aws", "--region", "us-east-1", "--cluster", cluster}},
		{"cluster", []string{"aws", "function"}, []string{"token", "--cluster", cluster}},
		{"aws", []string{"libpq", "aws", "otel", "other", "function"}, []string{"run", "--dry-run", "--target", "aws"}},
		{"telemetry", []string{"libpq", "otel", "function"}, []string{"run", "--telemetry", "auto", "--endpoint-url", "http://127.0.0.1:1", "--warm-up", "0"}},
	} {
		t.Run(c.place, func(t *testing.T) {
			for name, value := range base {
				t.Setenv(name, value)
			}
			t.Chdir(t.TempDir())
			want := driven(c.args)
			var others []surroundings.Variable
			for _, v := range surroundings.All(t) {
				at, counts := v.At(c.place)
				if !slices.Contains(c.sets, v.Set) {
					continue
				}
				if !counts {
					others = append(others, v)
				}
				for _, kind := range kinds() {
					told := at.Idle || at.Refused && kind == "nonsense"
					if !counts || !told && kind == "hostile" {
						continue
					}
					t.Run(v.Name+"/"+kind, func(t *testing.T) {
						t.Setenv(v.Name, v.Value(kind))
						got := driven(c.args)
						if lines := got.naming(v.Name); len(lines) != map[bool]int{true: 1}[told] {
							t.Errorf("lines that name it: %q, want %v\n%s", lines, told, got.text)
						}
						if at.Refused && c.place != "telemetry" && got.code != exitUsage {
							t.Errorf("exit code %d, want %d", got.code, exitUsage)
						}
					})
				}
			}
			for _, kind := range kinds() {
				with := func(part []surroundings.Variable) (diff string) {
					t.Run("others/"+kind, func(t *testing.T) { // which takes them back
						for _, v := range part {
							t.Setenv(v.Name, v.Value(kind))
						}
						diff = cmp.Diff(want.steady, driven(c.args).steady)
					})
					return diff
				}
				if diff := with(others); diff != "" {
					guilty := blame(others, time.Now().Add(patience), func(part []surroundings.Variable) bool { return with(part) != "" })
					t.Errorf("%s values: %s (-without +with)\n%s", kind, strings.Join(guilty, ", "), diff)
				}
			}
		})
	}
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
