package postgrestest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/local/postgres"
	"dsql-load-test/internal/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// Two tests share the server but not their tables, and leave no database behind.
func TestDatabases(t *testing.T) {
	var names []string
	for range 2 {
		t.Run("one", func(t *testing.T) {
			d := postgrestest.New(t, "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1), (2)")
			if got := d.Number("SELECT sum(n) FROM a"); got != 3 {
				t.Errorf("sum %d, want 3", got)
			}
			if _, err := pgx.Connect(t.Context(), d.URL()); err != nil { // left open: the database goes all the same
				t.Error(err)
			}
			names = append(names, d.Name)
		})
	}
	s := postgrestest.Server(t)
	var left int
	if err := postgrestest.Connect(t, s.URL).QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = ANY($1)", names).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d databases of %q are left, %v", left, names, err)
	}
}

func TestOtherUser(t *testing.T) {
	d := postgrestest.New(t)
	d.Do("CREATE ROLE postgrestest_other LOGIN")
	t.Cleanup(func() { d.Do("DROP ROLE postgrestest_other") })
	var user string
	if err := postgrestest.Connect(t, d.As("postgrestest_other")).QueryRow(t.Context(), "SELECT current_user").Scan(&user); err != nil || user != "postgrestest_other" {
		t.Errorf("user %q, %v", user, err)
	}
}

func TestSleeper(t *testing.T) {
	d := postgrestest.New(t)
	c := postgrestest.Connect(t, d.URL())
	ended := make(chan error)
	go func() {
		_, err := c.Exec(context.Background(), "SELECT pg_sleep(60)")
		ended <- err
	}()
	pid := d.Sleeper("SELECT pg_sleep")
	if want := int64(c.PgConn().PID()); pid != want {
		t.Errorf("pid %d, want %d", pid, want)
	}
	d.Number("SELECT pg_terminate_backend($1)::int", pid)
	if err := <-ended; err == nil {
		t.Error("the sleeper wasn't ended")
	}
}

// Start returns a separate server, whose rules a test may change.
func TestOwnServer(t *testing.T) {
	s := postgrestest.Start(t, postgres.Options{MaxConnections: 10})
	if s.URL == postgrestest.Server(t).URL {
		t.Error("it is the shared server")
	}
	postgrestest.Rules(t, s, "local all postgres trust\n")
	postgrestest.Execute(t, s.URL, "CREATE ROLE other LOGIN")
	if c, err := pgx.Connect(t.Context(), s.URL+"&user=other"); err == nil {
		t.Errorf("%v let the role in", c)
	}
}
