// Package e2e_test runs the driver like a user, against a real PostgreSQL, with a real
// collector, Prometheus and Jaeger, and compares their data with the results.
package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/test/stack"
)

var long = flag.Bool("long", false, "let the runs that are watched last minutes instead of seconds")

// TestMain serves two kinds of process: the tests, and the keeper of their
// PostgreSQL, which is this program again.
func TestMain(m *testing.M) {
	if local.RunRole(os.Getenv) {
		return
	}
	os.Exit(m.Run())
}

// lab has the servers and runs that all parts share.
type lab struct {
	stack  *stack.Stack
	server *postgres.Server // reached by its socket
	driver string           // the program
	tmp    string           // folder for it; short, as sockets are in it
	runs   map[string]*run  // those that several parts look at, by what they are for
}

// TestTelemetry's parts share one stack, one PostgreSQL and some runs. The first part that
// needs a run makes it. Parts don't run at the same time, because a run that loses telemetry
// would make the account of another one unknown.
func TestTelemetry(t *testing.T) {
	l := newLab(t)
	for _, part := range []struct {
		name string
		test func(*testing.T)
	}{
		{"accounts", l.testAccounts},
		{"exemplars", l.testExemplars},
		{"slow on purpose", l.testSlow},
		{"slow by a law", l.testLaw},
		{"two runs at once", l.testTwoRuns},
		{"secrets", l.testSecrets},
		{"function exports itself", l.testOTLP},
		{"errors", l.testErrors},
		{"function of another suite", l.testForeign},
		{"dashboards", l.testDashboards},
		{"dashboards of a killed run", l.testKilled},
		{"dashboards without a row", l.testNothing},
		{"fresh", l.testFresh},
		{"function killed", l.testFunctionKilled},
		{"large", l.testLarge},
		{"small traces", l.testGroups},
		{"contract", l.testContract},
		{"collector absent", l.testAbsent},
		{"collector refuses", l.testRefuses},
		{"Jaeger fails", l.testJaegerFails}, // last: what these break are the others' counters and traces
		{"collector fails", l.testFails},
	} {
		t.Run(part.name, func(t *testing.T) {
			begun := time.Now()
			part.test(t)
			t.Logf("took %v", time.Since(begun).Round(100*time.Millisecond))
		})
	}
}

func newLab(t *testing.T) *lab {
	t.Helper()
	tmp, err := os.MkdirTemp("/tmp", "t") // t.TempDir's path is too long for a socket's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o755); err != nil { // PostgreSQL's own user goes through it
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	l := &lab{tmp: tmp, driver: filepath.Join(t.TempDir(), "driver"), runs: map[string]*run{}}
	build := exec.CommandContext(t.Context(), "go", "build", "-C", "../..", "-o", l.driver, "./driver")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the driver: %v\n%s", err, out)
	}
	l.server = startPostgreSQL(t)
	l.stack = stack.Start(t)
	return l
}

// once makes a run that several parts check.
func (l *lab) once(t *testing.T, name string, begin func(*testing.T) *run) *run {
	t.Helper()
	if l.runs[name] == nil {
		l.runs[name] = begin(t)
	}
	return l.runs[name]
}

func is[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: %v, want %v", what, got, want)
	}
	return nil
}
