package failure_test

import (
	"context"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
)

func TestPassing(t *testing.T) {
	t.Parallel()
	_, refused := pgconn.Connect(t.Context(), "postgres://me@127.0.0.1:1/test")
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"too many connections", dsqltest.Refused("53300"), true},
		{"opened too fast", dsqltest.Refused("53400"), true},
		{"it starts", dsqltest.Refused("57P03"), true},
		{"the cluster wakes up", dsqltest.Refused("08006"), true},
		{"a conflict", dsqltest.Refused("40001"), true},
		{"the connection was cut", io.ErrUnexpectedEOF, true},
		{"it was shut down", dsqltest.Refused("57P01"), false},
		{"access denied", &pgconn.PgError{Code: "08006", Message: "unable to accept connection, access denied"}, false},
		{"no such table", dsqltest.Refused("42P01"), false},
		{"nobody listens", refused, false},
		{"given up", context.Canceled, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := failure.Passing(tc.err); got != tc.want {
				t.Errorf("passing %v, want %v", got, tc.want)
			}
		})
	}
}
