package dsql_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
)

func TestPatiently(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		answers []error // the last one stays
		asked   int     // at least
		want    string  // in the error; empty for none
	}{
		{"at once", []error{nil}, 1, ""},
		{"after two refusals", []error{dsqltest.Refused("53300"), dsqltest.Refused("53400"), nil}, 3, ""},
		{"for ever", []error{dsqltest.Refused("53300")}, 20, "53300"},
		{"what doesn't pass", []error{dsqltest.Refused("53300"), dsqltest.Refused("42P01")}, 2, "42P01"},
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
	if err := dsql.Patiently(gone, time.Minute, nil, func() error { asked++; return dsqltest.Refused("53300") }); asked != 1 || !errors.As(err, new(*pgconn.PgError)) {
		t.Errorf("given up: asked %d times, %v", asked, err)
	}
}
