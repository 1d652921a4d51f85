// Package dsqltest gives tests a database with the table of a load test, and rows for it.
// They need the TestMain of package postgrestest.
package dsqltest

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/postgrestest"
)

// Database is one test's database.
type Database struct {
	*postgrestest.Database
	t testing.TB
}

// New makes a database without the table.
func New(t testing.TB) Database {
	t.Helper()
	return Database{postgrestest.New(t), t}
}

// WithTable makes a database with the table, and a pool of the superuser's.
func WithTable(t testing.TB) (Database, *dsql.DB) {
	t.Helper()
	d := New(t)
	db := d.Open("postgres")
	if err := db.Table().Ensure(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d, db
}

// Open opens a pool as a user of the database.
func (d Database) Open(user string) *dsql.DB { return Open(d.t, d.As(user)) }

// Open opens a pool that lasts as long as the test.
func Open(t testing.TB, url string) *dsql.DB {
	t.Helper()
	db, err := dsql.Open(context.Background(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// URL is how a user connects to a database of the shared server, which may not exist.
func URL(t testing.TB, database, user string) string {
	t.Helper()
	return fmt.Sprintf("postgres:///%s?user=%s&host=%s", database, user, url.QueryEscape(postgrestest.Server(t).Home))
}

// Superuser makes a role of the database's own, a superuser because some settings need
// one, and returns its name.
func (d Database) Superuser() string {
	d.t.Helper()
	name := "of_" + d.Name
	d.Do("CREATE ROLE " + name + " LOGIN SUPERUSER")
	return name
}

// Slow makes every INSERT take half a minute.
func (d Database) Slow() {
	d.t.Helper()
	d.Do(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END'`)
	d.Do("CREATE TRIGGER wait BEFORE INSERT ON " + dsql.Table + " FOR EACH ROW EXECUTE FUNCTION wait()")
}

// SlowInsert waits for a slow INSERT and returns the process id of its backend.
func (d Database) SlowInsert() (pid int64) {
	d.t.Helper()
	return d.Sleeper("INSERT INTO " + dsql.Table)
}

// Socket is the path of the shared server's socket.
func Socket(t testing.TB) string {
	t.Helper()
	return filepath.Join(postgrestest.Server(t).Home, ".s.PGSQL.5432")
}
