// Package postgrestest gives tests a PostgreSQL. The tests of a package share one
// server, which starts when the first test asks for it; each test has a database of
// its own. The package needs this TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }
package postgrestest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/postgres"
)

// shared is the server of this process. A test can't pass it to the next test, so it
// is a variable.
var shared struct {
	sync.Mutex
	server *postgres.Server
	err    error
}

// Main runs the tests by run, stops the shared server if there is one, and returns the
// exit code. In a process that is the server's keeper it does the keeper's work instead.
func Main(run func() int) (code int) {
	if child.Role() == postgres.Role {
		postgres.Keep()
		return 0
	}
	defer func() {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	return run()
}

// Shared returns the server that all tests of this process share. For a TestMain, which
// has no testing.TB.
func Shared() (*postgres.Server, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = postgres.Start(context.Background(), postgres.Options{MaxConnections: 200})
	}
	return shared.server, shared.err
}

func stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return nil
	}
	return shared.server.Stop()
}

// Server returns the server that all tests of this process share. They share its roles and
// settings too: a test that adds roles must choose unique names, and one that changes
// settings must use Start.
func Server(t testing.TB) *postgres.Server {
	t.Helper()
	s, err := Shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Start starts a server for this test alone.
func Start(t testing.TB, o postgres.Options) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Rules replaces the server's pg_hba.conf: who may log in, and how.
func Rules(t testing.TB, s *postgres.Server, lines string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.DataFolder(), "pg_hba.conf"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	Execute(t, s.URL, "SELECT pg_reload_conf()")
}

// Execute executes SQL, separated by semicolons, on a connection of its own.
func Execute(t testing.TB, url, statements string) {
	t.Helper()
	c := connect(t, url)
	defer func() { _ = c.Close(context.Background()) }() // the statements succeeded or failed before
	if _, err := c.PgConn().Exec(context.Background(), statements).ReadAll(); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// Connect opens a connection that lasts as long as the test.
func Connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c := connect(t, url)
	t.Cleanup(func() { _ = c.Close(context.Background()) }) // the test may have ended it
	return c
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
