package postgrestest

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/eventually"
)

// Database is one test's database on the shared server, with a superuser's connection
// to it.
type Database struct {
	*pgx.Conn
	t    testing.TB
	Name string
}

// New makes a database for the test and executes the statements in it. The database
// goes at the end of the test, with all connections that are still open.
func New(t testing.TB, statements ...string) *Database {
	t.Helper()
	server := Server(t)
	name := "t" + strings.ToLower(rand.Text()) // a test's name isn't enough: -count repeats it
	Execute(t, server.URL, "CREATE DATABASE "+name)
	t.Cleanup(func() { Execute(t, server.URL, "DROP DATABASE "+name+" WITH (FORCE)") })
	d := &Database{t: t, Name: name}
	d.Conn = Connect(t, d.URL())
	for _, s := range statements {
		d.Do(s)
	}
	return d
}

// URL returns the URL for a connection as the superuser.
func (d *Database) URL() string { return d.As("postgres") }

// As returns the URL for a connection as user, without a password.
func (d *Database) As(user string) string {
	at := url.URL{Scheme: "postgres", Path: "/" + d.Name, RawQuery: url.Values{"user": {user}, "host": {Server(d.t).Home}}.Encode()}
	return at.String()
}

// Do executes one statement.
func (d *Database) Do(sql string) {
	d.t.Helper()
	if _, err := d.Exec(context.Background(), sql); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

// Number returns the one number that a query selects.
func (d *Database) Number(sql string, args ...any) (n int64) {
	d.t.Helper()
	if err := d.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// Sleeper waits until a backend of this database sleeps, by pg_sleep, in a statement
// that begins with prefix, and returns its process id.
func (d *Database) Sleeper(prefix string) (pid int64) {
	d.t.Helper()
	eventually.True(d.t, "a backend sleeps in "+prefix, func() bool {
		pid = d.Number(`SELECT coalesce(max(pid), 0) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event = 'PgSleep' AND starts_with(query, '` + prefix + `')`)
		return pid != 0
	})
	return pid
}
