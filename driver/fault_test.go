package main

import (
	"os"
	"strings"
	"testing"
)

// Each of several faults of the surroundings is reported after the flag that they count for,
// those of AWS beside those of PostgreSQL.
func TestFaultsOfTheSurroundings(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	const never = "postgres://me@127.0.0.1:1/d"
	for name, c := range map[string]struct {
		args, variables []string
		want            []string // beginnings of lines
	}{
		"a URL":          {[]string{"schema", "--apply", "--database-url", never}, []string{"PGCONNECT_TIMEOUT=x", "PGSSLMODE=y"}, []string{"--database-url: PGCONNECT_TIMEOUT = x: ", "--database-url: PGSSLMODE = y: "}},
		"a run at a URL": {[]string{"run", "--out", t.TempDir(), "--telemetry", "off", "--database-url", never}, []string{"PGCONNECT_TIMEOUT=x", "PGSSLMODE=y"}, []string{"--database-url: PGCONNECT_TIMEOUT = x: ", "--database-url: PGSSLMODE = y: "}},
		"a cluster":      {[]string{"schema", "--apply", "--cluster", "localhost:1", "--region", "us-east-1"}, []string{"PGCONNECT_TIMEOUT=x", "AWS_MAX_ATTEMPTS=abc"}, []string{"AWS_MAX_ATTEMPTS", "--cluster: PGCONNECT_TIMEOUT = x: "}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "PG") {
					t.Setenv(name, "")
				}
			}
			for _, v := range c.variables {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			code, _, stderr := drive(c.args...)
			if code != exitUsage {
				t.Errorf("exit code %d", code)
			}
			for _, want := range c.want {
				if strings.Count(stderr, "error: "+want) != 1 {
					t.Errorf("%s\nwant %s", stderr, want)
				}
			}
		})
	}
}
