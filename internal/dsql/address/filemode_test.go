package address_test

import (
	"os"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

// openToAll lets everybody read a file.
func openToAll(t *testing.T, path string) string {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file of passwords that others may read is passed over, as psql does, and told of
// where the login fails.
func TestOpenPasswords(t *testing.T) {
	const passwords = "h:5432:d:me:richtig\n"
	for name, tc := range map[string]struct {
		file string // below the home
		url  string // FILE is its path
		env  string // PGPASSFILE is the file
	}{
		"in the home":  {".pgpass", "postgres://me@h/d", ""},
		"a variable's": {"pass", "postgres://me@h/d", "PGPASSFILE"},
		"a URL's":      {"a b", "postgres://me@h/d?passfile=FILE", ""},
		"a text's":     {"a b", "host=h user=me dbname=d passfile='FILE'", ""},
	} {
		t.Run(name, func(t *testing.T) {
			withoutVariables(t)
			home, _ := os.UserHomeDir()
			file := write(t, home+"/"+tc.file, passwords)
			if tc.env != "" {
				t.Setenv(tc.env, file)
			}
			path := file
			if strings.Contains(tc.url, "://") {
				path = strings.ReplaceAll(file, " ", "%20")
			}
			at := address.Address{URL: strings.ReplaceAll(tc.url, "FILE", path)}
			if got := sketchOf(t, at); !strings.Contains(got, `password "richtig"`) {
				t.Errorf("its owner's alone: %s", got)
			}
			openToAll(t, file)
			if got := sketchOf(t, at); !strings.Contains(got, `password ""`) {
				t.Errorf("open to all: %s", got)
			}
			want := "\nhint: " + file + " is passed over, because others may use its passwords: chmod 600 makes it count"
			if err := at.Advised(dsqltest.Refused("28P01")); !strings.HasSuffix(err.Error(), want) {
				t.Error(err)
			}
			t.Setenv("PGPASSWORD", "geheim")
			if err := at.Advised(dsqltest.Refused("28P01")); strings.Contains(err.Error(), "passed over") || strings.Contains(err.Error(), "geheim") {
				t.Error(err)
			}
		})
	}
}

// A key that others may read is refused by its variable, key or file, where TLS is
// required; else it is left out.
func TestOpenKey(t *testing.T) {
	withoutVariables(t)
	home, _ := os.UserHomeDir()
	cert, key := certificate(t)
	certFile, keyFile := write(t, home+"/.postgresql/postgresql.crt", cert), openToAll(t, write(t, home+"/.postgresql/postgresql.key", key))
	other := openToAll(t, write(t, home+"/other.key", key))
	const fault = ": must be its owner's alone (chmod 600), because others may use the key"
	for name, tc := range map[string]struct {
		url       string
		variables map[string]string
		want      string // empty for none
	}{
		"the home's":   {"postgres://me@h/d?sslmode=require", nil, keyFile + fault},
		"a variable's": {"postgres://me@h/d?sslmode=require", map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": other}, "PGSSLKEY = " + other + fault},
		"a URL's":      {"postgres://me@h/d?sslmode=require&sslcert=" + certFile + "&sslkey=" + other, nil, "the connection string's key sslkey = " + other + fault},
		"left out":     {"postgres://me@h/d", nil, ""},
		"no TLS":       {"postgres://me@h/d?sslmode=disable", nil, ""},
		"a socket":     {"postgres:///d?host=/tmp", nil, ""},
		"not sent":     {"postgres://me@h/d?sslcertmode=disable", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range tc.variables {
				t.Setenv(name, value)
			}
			_, err := address.Address{URL: tc.url}.Server()
			if (err == nil) != (tc.want == "") || err != nil && err.Error() != tc.want {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
	if err := os.Chmod(keyFile, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (address.Address{URL: "postgres://me@h/d?sslmode=require"}).Server(); err != nil {
		t.Error(err)
	}
}
