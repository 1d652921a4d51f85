package front

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
)

// What is set for PostgreSQL's other clients doesn't reach the throwaway server.
func TestSurroundings(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".postgresql"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{".postgresql/postgresql.crt", ".postgresql/postgresql.key", ".postgresql/root.crt", ".pgpass", ".pg_service.conf"} {
		if err := os.WriteFile(filepath.Join(home, file), []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, variable := range []string{
		"PGSERVICE=nosuch", "PGTARGETSESSIONATTRS=read-only", "PGOPTIONS=-c statement_timeout=1", "PGTZ=xx", "PGDATESTYLE=xx", "PGCONNECT_TIMEOUT=abc", "PGPORT=abc",
		"PGMINPROTOCOLVERSION=9", "PGCHANNELBINDING=require", "PGSSLCERT=/nonexistent", "PGSSLKEY=/nonexistent", "PGREQUIREAUTH=scram-sha-256", "PGHOSTADDR=192.0.2.1", "HOME=" + home,
	} {
		t.Run(variable, func(t *testing.T) {
			name, value, _ := strings.Cut(variable, "=")
			t.Setenv(name, value)
			f, err := Start(context.Background(), options(t))
			if err != nil {
				t.Fatal(err)
			}
			server, err := f.pool.acquire()
			if err == nil {
				_, err = server.rows(appendFrame(nil, 'Q', "SELECT pg_sleep(0.002)"))
				f.pool.release(server)
			}
			if err != nil {
				t.Error(err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Before a database of the user's, the front takes a connection string as all
// others do, and says what a parameter came from that the database refuses.
func TestUpstream(t *testing.T) {
	for _, tc := range []struct{ name, extra, variable, want string }{
		{"pgx's own keys", "&default_query_exec_mode=exec&statement_cache_capacity=5", "", ""},
		{"no TCP settings", "&keepalives=1&tcp_user_timeout=7", "", ""},
		{"a pool's keys", "&pool_max_conns=1&pool_min_conns=0", "", "pool_max_conns, pool_min_conns: must be left out"},
		{"a wrong key", "&nosuch=1", "", "hint: the connection string's key nosuch: "},
		{"a wrong variable", "", "PGCONNECT_TIMEOUT=abc", "PGCONNECT_TIMEOUT = abc: must be "},
		{"one that the server judges", "", "PGTZ=xx", "hint: PGTZ = xx: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if name, value, set := strings.Cut(tc.variable, "="); set {
				t.Setenv(name, value)
			}
			o := options(t)
			o.Upstream = address.Address{URL: o.Upstream.URL + tc.extra}
			f, err := Start(context.Background(), o)
			if err == nil {
				err = f.Close()
			}
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
}
