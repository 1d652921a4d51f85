package dsql_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/quote"
)

func TestPing(t *testing.T) {
	t.Parallel()
	a := dsqltest.New(t)
	got, err := a.Open("postgres").Ping(context.Background())
	if want := fmt.Sprint(a.Number("SELECT current_setting('server_version_num')::int / 10000")); err != nil || !strings.HasPrefix(got, want+".") {
		t.Errorf("version %q, error %v, want %s.something", got, err, want)
	}
}

func TestErrorsHoldNoPassword(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, url string }{
		{"URL with a bad port", "postgres://u:secret@127.0.0.1:port/d"},
		{"URL with a bad setting", "postgres://u:secret@127.0.0.1:1/d?sslmode=perhaps"},
		{"URL that doesn't parse", "postgres://u:secret@[::1/d"},
		{"keywords with a bad port", "host=127.0.0.1 port=port password=secret"},
		{"nobody listens", "postgres://u:secret@127.0.0.1:1/d?sslmode=disable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db, err := dsql.Open(context.Background(), tc.url, 1)
			if err == nil {
				defer db.Close()
				_, err = db.Ping(context.Background())
			}
			if err == nil || strings.Contains(err.Error(), "secret") || len(quote.Messages(err)) > 2 || strings.Contains(quote.OneLine(err), `\n`) {
				t.Errorf("error %q, want one line, and a hint perhaps, without the password", err)
			}
		})
	}
}
