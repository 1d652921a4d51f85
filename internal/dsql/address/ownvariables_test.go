package address_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/address"
)

// hostile are client variables of which each spoils a connection where it counts.
func hostile() map[string]string {
	return map[string]string{
		"PGSERVICE": "nosuch", "PGSERVICEFILE": "/nonexistent", "PGTARGETSESSIONATTRS": "read-only", "PGOPTIONS": "-c statement_timeout=1",
		"PGTZ": "xx", "PGDATESTYLE": "xx", "PGGEQO": "xx", "PGCONNECT_TIMEOUT": "abc", "PGHOST": "nowhere.invalid", "PGHOSTADDR": "192.0.2.1", "PGPORT": "abc",
		"PGDATABASE": "none", "PGUSER": "nobody", "PGPASSWORD": "geheim", "PGPASSFILE": "/nonexistent", "PGAPPNAME": "psql",
		"PGMINPROTOCOLVERSION": "9", "PGMAXPROTOCOLVERSION": "9", "PGCHANNELBINDING": "require", "PGREQUIREAUTH": "none", "PGREQUIREPEER": "nobody",
		"PGSSLMODE": "verify-full", "PGREQUIRESSL": "1", "PGSSLNEGOTIATION": "direct", "PGSSLCERT": "/nonexistent", "PGSSLKEY": "/nonexistent", "PGSSLPASSWORD": "geheim",
		"PGSSLCERTMODE": "", "PGSSLROOTCERT": "/nonexistent", "PGSSLCRL": "/nonexistent", "PGSSLCRLDIR": "/nonexistent", "PGSSLSNI": "0",
		"PGSSLMINPROTOCOLVERSION": "x", "PGSSLMAXPROTOCOLVERSION": "x", "PGGSSENCMODE": "require", "PGLOADBALANCEHOSTS": "x", "PGCLIENTENCODING": "xx",
		"PGSYSCONFDIR": "/nonexistent", "PGLOCALEDIR": "/nonexistent", "PGKRBSRVNAME": "x", "PGGSSLIB": "x", "PGGSSDELEGATION": "1", "PGSSLCOMPRESSION": "1",
		"PGNEWINAFUTUREVERSION": "x",
	}
}

// withoutVariables takes the machine's client variables and home away for a test.
func withoutVariables(t *testing.T) {
	t.Helper()
	for _, variable := range address.ClientVariables() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value) // puts it back
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", t.TempDir())
}

// brokenHome is a home whose files of PostgreSQL's clients all are broken.
func brokenHome(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"postgresql.crt", "postgresql.key", "root.crt", "root.crl"} {
		write(t, filepath.Join(home, ".postgresql", name), "broken")
	}
	write(t, filepath.Join(home, ".pgpass"), "*:*:*:*:geheim")
	write(t, filepath.Join(home, ".pg_service.conf"), "broken")
	t.Setenv("HOME", home)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificate is a new one that is its own root, with its key, as PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", raw)
}

// sketch is all of a configuration that the surroundings could change.
func sketch(c *pgconn.Config) string {
	s := fmt.Sprintf("%s:%d/%s as %s password %q timeout %s parameters %v", c.Host, c.Port, c.Database, c.User, c.Password, c.ConnectTimeout, c.RuntimeParams)
	s += fmt.Sprintf(" negotiation %q certmode %q protocol %s-%s binding %q auth %q any %t fallbacks %d kerberos %q", c.SSLNegotiation, c.SSLCertMode,
		c.MinProtocolVersion, c.MaxProtocolVersion, c.ChannelBinding, c.RequireAuth, c.ValidateConnect == nil, len(c.Fallbacks), c.KerberosSrvName)
	if t := c.TLSConfig; t != nil {
		s += fmt.Sprintf(" TLS %d-%d name %q roots %t certificates %d insecure %t", t.MinVersion, t.MaxVersion, t.ServerName, t.RootCAs != nil, len(t.Certificates), t.InsecureSkipVerify)
	}
	return s
}

func sketchOf(t *testing.T, a address.Address) string {
	t.Helper()
	c, err := a.Server()
	if err != nil {
		t.Error(err)
		return ""
	}
	return sketch(c)
}

// Nothing of the surroundings reaches a server or front of our own.
func TestOwn(t *testing.T) {
	withoutVariables(t)
	roots, _ := certificate(t)
	addresses := map[string]address.Address{
		"socket": {Own: true, URL: "postgres:///postgres?user=postgres&host=/tmp/a%20b%25/d"},
		"port":   {Own: true, URL: "postgres://postgres@127.0.0.1:5433/postgres"},
		"front":  {Own: true, Host: "localhost", Endpoint: "localhost", Port: 5434, Database: "postgres", User: "load_test", Region: "us-east-1", Roots: roots},
	}
	want := map[string]string{}
	for name, a := range addresses {
		want[name] = sketchOf(t, a)
	}
	if !strings.HasPrefix(want["socket"], "/tmp/a b%/d:5432/postgres as postgres ") {
		t.Errorf("the socket's folder became %s", want["socket"])
	}
	check := func(t *testing.T) {
		t.Helper()
		for name, a := range addresses {
			if got := sketchOf(t, a); got != want[name] {
				t.Errorf("%s: %s\nwant %s", name, got, want[name])
			}
		}
	}
	for name, value := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			check(t)
		})
	}
	t.Run("all", func(t *testing.T) {
		for name, value := range hostile() {
			t.Setenv(name, value)
		}
		brokenHome(t)
		check(t)
	})
}

// Connections that are made at the same time each get their own surroundings, and
// the process keeps its.
func TestOwnBesideOthers(t *testing.T) {
	withoutVariables(t)
	variables := map[string]string{"PGAPPNAME": "mine", "PGTARGETSESSIONATTRS": "read-only", "PGSSLCERTMODE": "", "PGPORT": "7"}
	for name, value := range variables {
		t.Setenv(name, value)
	}
	if err := os.Unsetenv("PGSSLCERTMODE"); err != nil { // only TestOwn has it
		t.Fatal(err)
	}
	before := address.ClientVariables()
	var wg sync.WaitGroup
	for range 4 {
		for _, a := range []address.Address{{URL: "postgres://me@h/d"}, {URL: "postgres://me@h/d", Own: true}} {
			wg.Go(func() {
				for range 50 {
					c, err := a.Server()
					if err != nil {
						t.Error(err)
						return
					}
					if counts := c.RuntimeParams["application_name"] == "mine" && c.ValidateConnect != nil && c.Port == 7; counts == a.Own {
						t.Errorf("own %t: %s", a.Own, sketch(c))
						return
					}
				}
			})
		}
	}
	wg.Wait()
	if after := address.ClientVariables(); !slices.Equal(before, after) || len(after) != 3 {
		t.Errorf("the variables were %q, and are %q", before, after)
	}
}
