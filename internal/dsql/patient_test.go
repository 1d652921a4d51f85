package dsql_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql"
)

func sqlstate(code string) error {
	return fmt.Errorf("ask for ids: %w", &pgconn.PgError{Code: code, Message: "refused"})
}

func TestPassing(t *testing.T) {
	t.Parallel()
	_, refused := pgconn.Connect(t.Context(), "postgres://me@127.0.0.1:1/test")
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"too many connections", sqlstate("53300"), true},
		{"opened too fast", sqlstate("53400"), true},
		{"it starts", sqlstate("57P03"), true},
		{"the cluster wakes up", sqlstate("08006"), true},
		{"a conflict", sqlstate("40001"), true},
		{"the connection was cut", io.ErrUnexpectedEOF, true},
		{"it was shut down", sqlstate("57P01"), false},
		{"access denied", &pgconn.PgError{Code: "08006", Message: "unable to accept connection, access denied"}, false},
		{"no such table", sqlstate("42P01"), false},
		{"nobody listens", refused, false},
		{"given up", context.Canceled, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := dsql.Passing(tc.err); got != tc.want {
				t.Errorf("passing %v, want %v", got, tc.want)
			}
		})
	}
}

func TestPatiently(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		answers []error // the last one stays
		asked   int     // at least
		want    string  // in the error; empty for none
	}{
		{"at once", []error{nil}, 1, ""},
		{"after two refusals", []error{sqlstate("53300"), sqlstate("53400"), nil}, 3, ""},
		{"for ever", []error{sqlstate("53300")}, 20, "53300"},
		{"what doesn't pass", []error{sqlstate("53300"), sqlstate("42P01")}, 2, "42P01"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				asked, told := 0, 0
				err := dsql.Patiently(context.Background(), time.Minute, func(error) { told++ }, func() error {
					asked++
					return tc.answers[min(asked, len(tc.answers))-1]
				})
				if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
					t.Errorf("error %v, want %q", err, tc.want)
				}
				if took := time.Since(start); asked < tc.asked || took > 66*time.Second || len(tc.answers) > 1 && told != len(tc.answers)-1 {
					t.Errorf("asked %d times, told %d times in %v", asked, told, took)
				}
			})
		})
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	asked := 0
	if err := dsql.Patiently(gone, time.Minute, nil, func() error { asked++; return sqlstate("53300") }); asked != 1 || !errors.As(err, new(*pgconn.PgError)) {
		t.Errorf("given up: asked %d times, %v", asked, err)
	}
}
