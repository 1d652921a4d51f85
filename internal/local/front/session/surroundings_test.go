package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/postgrestest"
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
			group, err := NewGroup(context.Background(), Options{
				Upstream: address.Address{URL: postgrestest.Server(t).URL, Own: true}, ServerConns: 4, Limits: DefaultLimits(), Now: time.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer group.Close()
			server, err := group.pool.acquire()
			if err == nil {
				_, err = server.query("SELECT pg_sleep(0.002)")
				group.pool.release(server)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}
