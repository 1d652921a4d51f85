package address_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

// secured is a server whose certificate nobody knows. It returns its address.
func secured(t *testing.T) string {
	t.Helper()
	cert, key := certificate(t)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return dsqltest.Serve(t, func(conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil { // it asks for TLS
			_, _ = conn.Write([]byte("S"))
			_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}}).Handshake()
		}
	}).Addr().String()
}

// Where the server's certificate isn't trusted, the hint says where trusted ones are
// named, and nothing of what can't be at fault.
func TestTrustHint(t *testing.T) {
	withoutVariables(t)
	const signed = " names the file with the certificate that signed the server's"
	other, _ := certificate(t)
	file := write(t, t.TempDir()+"/other.crt", other)
	at := "postgres://me@" + secured(t) + "/d?sslmode="
	for name, tc := range map[string]struct {
		url       string
		variables map[string]string
		want      string
	}{
		"verify-full":        {at + "verify-full", nil, "PGSSLROOTCERT, or sslrootcert in the database URL," + signed},
		"SSL_CERT_FILE":      {at + "verify-full", map[string]string{"SSL_CERT_FILE": "/none"}, "PGSSLROOTCERT, or sslrootcert in the database URL," + signed + ", in place of those of SSL_CERT_FILE = /none"},
		"verify-ca":          {at + "verify-ca", nil, "PGSSLROOTCERT, or sslrootcert in the database URL," + signed},
		"PGSSLROOTCERT":      {at + "verify-full", map[string]string{"PGSSLROOTCERT": file}, "PGSSLROOTCERT = " + file + " is without the certificate that signed the server's"},
		"sslrootcert":        {at + "verify-ca&sslrootcert=" + file, nil, "sslrootcert in the database URL names a file without the certificate that signed the server's"},
		"by a variable also": {strings.TrimSuffix(at, "?sslmode="), map[string]string{"PGSSLMODE": "verify-full"}, "PGSSLROOTCERT, or sslrootcert in the database URL," + signed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PGPASSWORD", "geheim")
			t.Setenv("SSL_CERT_FILE", "")
			t.Setenv("SSL_CERT_DIR", "")
			for name, value := range tc.variables {
				t.Setenv(name, value)
			}
			_, err := dsqltest.Open(t, tc.url).Ping(t.Context())
			if err == nil || !strings.HasSuffix(err.Error(), "\nhint: "+tc.want) {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
	t.Run("a home's root.crt", func(t *testing.T) {
		home := t.TempDir()
		t.Setenv("HOME", home)
		root := write(t, home+"/.postgresql/root.crt", other)
		if _, err := dsqltest.Open(t, at+"verify-full").Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "\nhint: "+root+" is without ") {
			t.Error(err)
		}
	})
}

// A password is named where the server refuses a login, and only there.
func TestPasswordHint(t *testing.T) {
	withoutVariables(t)
	t.Setenv("PGPASSWORD", "geheim")
	at := address.Address{URL: "postgres://me@127.0.0.1:1/d"}
	for code, want := range map[string]bool{"28P01": true, "28000": true, "08P01": true, "53300": false, "3D000": false} {
		if got := strings.Contains(at.Advised(dsqltest.Refused(code)).Error(), "PGPASSWORD"); got != want {
			t.Errorf("%s: named %t", code, got)
		}
	}
	if err := address.Reach(t.Context(), at); err == nil || strings.Contains(err.Error(), "PGPASSWORD") {
		t.Error(err)
	}
}
