package front

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
			server, err := f.group.pool.acquire()
			if err == nil {
				_, err = server.rows(appendFrame(nil, 'Q', "SELECT pg_sleep(0.002)"))
				f.group.pool.release(server)
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
