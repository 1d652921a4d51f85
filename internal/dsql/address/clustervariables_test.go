package address_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
)

// At a cluster counts what doesn't say who logs in where.
func TestVariablesAtCluster(t *testing.T) {
	withoutVariables(t)
	cert, _ := certificate(t)
	roots := write(t, t.TempDir()+"/roots.crt", cert)
	at := address.Address{Host: clusterName, Endpoint: clusterName, Port: 5432, Database: "postgres", User: "admin", Region: "eu-west-1"}
	plain := sketchOf(t, at)
	if want := fmt.Sprintf("TLS 0-0 name %q roots false certificates 0 insecure false", clusterName); !strings.Contains(plain, want) {
		t.Fatalf("%s\nwant %s", plain, want)
	}
	counting := map[string]struct{ value, want string }{
		"PGSSLROOTCERT": {roots, "roots true"}, "PGSSLNEGOTIATION": {"postgres", `negotiation "postgres"`}, "PGAPPNAME": {"a", "application_name:a"},
		"PGCONNECT_TIMEOUT": {"3", "timeout 3s"}, "PGOPTIONS": {"-c x=1", "options:-c x=1"}, "PGTZ": {"UTC", "timezone:UTC"}, "PGDATESTYLE": {"ISO", "datestyle:ISO"},
		"PGGEQO": {"off", "geqo:off"}, "PGSSLMINPROTOCOLVERSION": {"TLSv1.3", "TLS 772-0"}, "PGSSLMAXPROTOCOLVERSION": {"TLSv1.3", "TLS 0-772"}, "PGTARGETSESSIONATTRS": {"primary", "any false"},
		"PGMINPROTOCOLVERSION": {"3.2", "protocol 3.2-latest"}, "PGMAXPROTOCOLVERSION": {"3.2", "protocol 3.0-3.2"},
	}
	for name, c := range counting {
		t.Run(name+" counts", func(t *testing.T) {
			t.Setenv(name, c.value)
			if got := sketchOf(t, at); !strings.Contains(got, c.want) || !strings.Contains(got, "insecure false") {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
	for name, value := range map[string]string{
		"PGCONNECT_TIMEOUT": "abc", "PGSSLROOTCERT": "/nonexistent", "PGSSLNEGOTIATION": "x", "PGTARGETSESSIONATTRS": "x", "PGMINPROTOCOLVERSION": "9",
		"PGMAXPROTOCOLVERSION": "9", "PGSSLCRL": "/x", "PGSSLCRLDIR": "/x", "PGGSSENCMODE": "require", "PGSSLMINPROTOCOLVERSION": "x", "PGSSLMAXPROTOCOLVERSION": "x", "PGLOADBALANCEHOSTS": "x",
	} {
		t.Run(name+" is wrong", func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := at.Server(); err == nil || !strings.HasPrefix(err.Error(), name+" = "+value+": ") {
				t.Errorf("%v\nwant %s", err, name)
			}
		})
	}
	without := []string{
		"PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGSSLCERT", "PGSSLKEY", "PGSSLPASSWORD", "PGSSLCERTMODE", "PGUSER", "PGHOST", "PGHOSTADDR", "PGPORT",
		"PGDATABASE", "PGREQUIREAUTH", "PGCHANNELBINDING", "PGSSLMODE", "PGREQUIRESSL", "PGSSLSNI", "PGREQUIREPEER",
		"PGCLIENTENCODING", "PGSYSCONFDIR", "PGLOCALEDIR", "PGKRBSRVNAME", "PGGSSLIB", "PGGSSDELEGATION", "PGSSLCOMPRESSION", "PGNEWINAFUTUREVERSION",
	}
	for _, name := range without {
		t.Run(name+" doesn't count", func(t *testing.T) {
			t.Setenv(name, hostile()[name])
			if got := sketchOf(t, at); got != plain {
				t.Errorf("%s\nwant %s", got, plain)
			}
		})
	}
	// Each variable is in one of the lists.
	for name := range hostile() {
		if _, counts := counting[name]; counts == slices.Contains(without, name) && !slices.Contains([]string{"PGSSLCRL", "PGSSLCRLDIR", "PGGSSENCMODE", "PGLOADBALANCEHOSTS"}, name) {
			t.Errorf("%s: counts %t", name, counts)
		}
	}
	t.Run("weakened", func(t *testing.T) {
		t.Setenv("PGSSLMODE", "disable")
		if got := sketchOf(t, at); got != plain {
			t.Errorf("%s\nwant %s", got, plain)
		}
	})
	t.Run("home", func(t *testing.T) {
		brokenHome(t)
		home, _ := os.UserHomeDir()
		if err := os.RemoveAll(filepath.Join(home, ".postgresql", "root.crl")); err != nil {
			t.Fatal(err)
		}
		want := filepath.Join(home, ".postgresql", "root.crt") + ": "
		if _, err := at.Server(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	})
}
