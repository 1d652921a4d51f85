package address_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
)

// At a URL, the user's variables and files count as psql counts them.
func TestVariablesAtURL(t *testing.T) {
	withoutVariables(t)
	cert, key := certificate(t)
	folder := t.TempDir()
	certFile, keyFile := write(t, folder+"/c.crt", cert), write(t, folder+"/c.key", key)
	service := write(t, folder+"/services", "[here]\nhost=served\nport=99\n")
	passwords := write(t, folder+"/pass", "h:5432:d:me:richtig\n")
	const plain = "postgres://me@h/d"
	for _, tc := range []struct {
		name, url string
		variables map[string]string
		want      string // part of the sketch
	}{
		{"none", plain, nil, `h:5432/d as me password "" timeout 0s parameters map[]`},
		{"PGHOST", "postgres:///d", map[string]string{"PGHOST": "other"}, "other:5432/"},
		{"PGHOST, the URL's over it", plain, map[string]string{"PGHOST": "other"}, "h:5432/"},
		{"PGHOSTADDR", plain + "?sslmode=verify-full", map[string]string{"PGHOSTADDR": "192.0.2.1"}, "192.0.2.1:5432/"},
		{"PGHOSTADDR, TLS by name", plain + "?sslmode=verify-full", map[string]string{"PGHOSTADDR": "192.0.2.1"}, `name "h"`},
		{"PGHOSTADDR without a host", "postgres:///d", map[string]string{"PGHOSTADDR": "192.0.2.1"}, "192.0.2.1:5432/d"},
		{"hostaddr", "host=h hostaddr=192.0.2.2 dbname=d", map[string]string{"PGHOSTADDR": "192.0.2.1"}, "192.0.2.2:5432/d"},
		{"PGPORT", plain, map[string]string{"PGPORT": "7"}, "h:7/"},
		{"PGDATABASE", "postgres://me@h", map[string]string{"PGDATABASE": "other"}, "/other as"},
		{"PGUSER", "postgres://h/d", map[string]string{"PGUSER": "other"}, "as other"},
		{"PGPASSWORD", plain, map[string]string{"PGPASSWORD": "geheim"}, `password "geheim"`},
		{"PGPASSFILE", plain, map[string]string{"PGPASSFILE": passwords}, `password "richtig"`},
		{"PGSERVICE", "user=me", map[string]string{"PGSERVICE": "here", "PGSERVICEFILE": service}, "served:99/"},
		{"service in the URL", "postgres://me@/d?service=here", map[string]string{"PGSERVICEFILE": service}, "served:99/d"},
		{"PGSSLMODE", plain, map[string]string{"PGSSLMODE": "verify-full"}, "insecure false"},
		{"PGREQUIRESSL", plain, map[string]string{"PGREQUIRESSL": "1"}, "fallbacks 0"},
		{"PGREQUIRESSL, the mode over it", plain, map[string]string{"PGREQUIRESSL": "1", "PGSSLMODE": "prefer"}, "fallbacks 1"},
		{"PGSSLCERT", plain, map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": keyFile}, "certificates 1"},
		{"PGSSLROOTCERT", plain, map[string]string{"PGSSLROOTCERT": certFile}, "roots true"},
		{"PGSSLROOTCERT, the URL's over it", plain + "?sslrootcert=" + certFile, map[string]string{"PGSSLROOTCERT": "/nonexistent"}, "roots true"},
		{"PGSSLNEGOTIATION", plain, map[string]string{"PGSSLNEGOTIATION": "direct"}, `negotiation "direct"`},
		{"PGSSLMINPROTOCOLVERSION", plain, map[string]string{"PGSSLMINPROTOCOLVERSION": "TLSv1.3"}, "TLS 772-0"},
		{"PGSSLMAXPROTOCOLVERSION", plain, map[string]string{"PGSSLMAXPROTOCOLVERSION": "TLSv1.2"}, "TLS 0-771"},
		{"PGCHANNELBINDING", plain, map[string]string{"PGCHANNELBINDING": "require"}, `binding "require"`},
		{"PGREQUIREAUTH", plain, map[string]string{"PGREQUIREAUTH": "scram-sha-256"}, `auth "scram-sha-256"`},
		{"PGTARGETSESSIONATTRS", plain, map[string]string{"PGTARGETSESSIONATTRS": "read-write"}, "any false"},
		{"PGCONNECT_TIMEOUT", plain, map[string]string{"PGCONNECT_TIMEOUT": "3"}, "timeout 3s"},
		{"PGMINPROTOCOLVERSION", plain, map[string]string{"PGMINPROTOCOLVERSION": "3.2"}, "protocol 3.2-latest"},
		{
			"of the session", plain,
			map[string]string{"PGTZ": "UTC", "PGDATESTYLE": "German", "PGGEQO": "off", "PGAPPNAME": "a", "PGOPTIONS": "-c work_mem=4MB"},
			"parameters map[application_name:a datestyle:German geqo:off options:-c work_mem=4MB timezone:UTC]",
		},
		{"DateStyle in the URL", plain + "?DateStyle=ISO", map[string]string{"PGDATESTYLE": "German"}, "parameters map[DateStyle:ISO]"},
		{
			"without effect", plain + "?keepalives_idle=1&tcp_user_timeout=1&sslcompression=0&client_encoding=latin1&load_balance_hosts=random",
			map[string]string{"PGGSSENCMODE": "prefer", "PGLOADBALANCEHOSTS": "random", "PGCLIENTENCODING": "LATIN1", "PGSSLCRL": "/nonexistent", "PGREQUIREPEER": "nobody"},
			"parameters map[]",
		},
		{"fallback_application_name", plain + "?fallback_application_name=a", nil, "parameters map[application_name:a]"},
		{"several hosts", "postgres://me@h,i:7/d?sslmode=disable", nil, "fallbacks 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for name, value := range tc.variables {
				t.Setenv(name, value)
			}
			if got := sketchOf(t, address.Address{URL: tc.url}); !strings.Contains(got, tc.want) {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
}

// Each wrong value is told of by its variable or file, all at once, and no
// secret with it.
func TestWrongVariables(t *testing.T) {
	withoutVariables(t)
	cert, key := certificate(t)
	folder := t.TempDir()
	certFile, keyFile := write(t, folder+"/c.crt", cert), write(t, folder+"/c.key", key)
	service := write(t, folder+"/services", "[here]\nhost=served\n[broken]\nhost=served\nsslmode=sometimes\n[port]\nhost=served\nport=abc\n[key]\nhost=served\nrequiressl=1\n")
	halves := write(t, folder+"/halves", "# x\n[here]\nhost=h\n\ngeheim\n")
	const (
		plain    = "postgres://me@h/d"
		required = plain + "?sslmode=require"
		verified = plain + "?sslmode=verify-full"
		protocol = ": must be 3.0, 3.2 or latest, the lowest not above the highest"
		tls      = ": must be TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3, the lowest (TLSv1.2 if none is given) not above the highest"
		gss      = ": must be disable or prefer: connections encrypted by GSSAPI aren't to be had"
		crl      = ": must be left out, because the suite doesn't check for revoked certificates"
	)
	for _, tc := range []struct {
		name, url string
		variables map[string]string
		want      string
	}{
		{"PGPORT", plain, map[string]string{"PGPORT": "abc"}, "PGPORT = abc: must be 1 to 65535: one for all hosts, or one for each, separated by commas"},
		{"PGCONNECT_TIMEOUT", plain, map[string]string{"PGCONNECT_TIMEOUT": "abc"}, "PGCONNECT_TIMEOUT = abc: must be whole seconds, or 0 for the suite's own limit"},
		{"PGSERVICE", plain, map[string]string{"PGSERVICE": "nosuch", "PGSERVICEFILE": folder + "/none"}, "PGSERVICE = nosuch, PGSERVICEFILE = " + folder + "/none: open " + folder + "/none: no such file or directory"},
		{"PGSERVICE without a file", plain, map[string]string{"PGSERVICE": "nosuch", "HOME": folder}, "PGSERVICE = nosuch: open " + folder + "/.pg_service.conf: no such file or directory (PGSERVICEFILE names another one)"},
		{"PGSERVICEFILE of something else", plain, map[string]string{"PGSERVICE": "nosuch", "PGSERVICEFILE": certFile}, "PGSERVICE = nosuch, PGSERVICEFILE = " + certFile + ": " + certFile + ", line 1: must be [service], or key=value below one"},
		{"PGSSLROOTCERT without certificates", required, map[string]string{"PGSSLROOTCERT": "/dev/null"}, "PGSSLROOTCERT = /dev/null: holds no certificate in PEM form"},
		{"sslrootcert without certificates", required + "&sslrootcert=/dev/null", nil, "database URL postgres://me@h/d?sslmode=require&sslrootcert=/dev/null: failed to configure TLS (sslrootcert holds no certificate in PEM form)"},
		{"a service of the URL without a file", "postgres://me@h/d?service=s", map[string]string{"HOME": folder}, "database URL postgres://me@h/d?service=s: failed to read service (open " + folder + "/.pg_service.conf: no such file or directory (PGSERVICEFILE names another one))"},
		{"PGCONNECT_TIMEOUT, too long", plain, map[string]string{"PGCONNECT_TIMEOUT": "99999999999"}, "PGCONNECT_TIMEOUT = 99999999999: must be whole seconds, or 0 for the suite's own limit"},
		{"connect_timeout, too long", plain + "?connect_timeout=2147483648", nil, "the connection string's key connect_timeout = 2147483648: must be whole seconds, or 0 for the suite's own limit"},
		{"PGPORT of none", plain, map[string]string{"PGPORT": "0"}, "PGPORT = 0: must be 1 to 65535: one for all hosts, or one for each, separated by commas"},
		{"PGTARGETSESSIONATTRS", plain, map[string]string{"PGTARGETSESSIONATTRS": "x"}, "PGTARGETSESSIONATTRS = x: must be any, read-write, read-only, primary, standby or prefer-standby"},
		{"PGMINPROTOCOLVERSION", plain, map[string]string{"PGMINPROTOCOLVERSION": "9"}, "PGMINPROTOCOLVERSION = 9" + protocol},
		{"protocol versions", plain, map[string]string{"PGMINPROTOCOLVERSION": "3.2", "PGMAXPROTOCOLVERSION": "3.0"}, "PGMAXPROTOCOLVERSION = 3.0" + protocol},
		{"PGCHANNELBINDING", plain, map[string]string{"PGCHANNELBINDING": "x"}, "PGCHANNELBINDING = x: must be disable, prefer or require"},
		{"PGSSLMODE", plain, map[string]string{"PGSSLMODE": "x"}, "PGSSLMODE = x: must be disable, allow, prefer, require, verify-ca or verify-full"},
		{"PGSSLCERTMODE", plain, map[string]string{"PGSSLCERTMODE": ""}, `PGSSLCERTMODE = "": must be disable, allow or require`},
		{"PGSSLNEGOTIATION", plain, map[string]string{"PGSSLNEGOTIATION": "x"}, "PGSSLNEGOTIATION = x: must be postgres or direct"},
		{"PGSSLCERT without a key", required, map[string]string{"PGSSLCERT": certFile}, "PGSSLCERT = " + certFile + ": needs PGSSLKEY beside it"},
		{
			"PGSSLCERT with a wrong key", required,
			map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": certFile, "PGSSLPASSWORD": "geheim"},
			"PGSSLCERT = " + certFile + ", PGSSLKEY = " + certFile + ", PGSSLPASSWORD: unable to load cert: ",
		},
		{
			"a good pair beside what is wrong", required,
			map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": keyFile, "PGSSLROOTCERT": "/nonexistent"},
			"PGSSLROOTCERT = /nonexistent: unable to read CA file: open /nonexistent: no such file or directory",
		},
		{
			"a key in place of its file", required,
			map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----"},
			"PGSSLCERT = " + certFile + ", PGSSLKEY: no such file or directory",
		},
		{"a key's text in place of its file", required, map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": "MIIgeheim"}, "PGSSLCERT = " + certFile + ", PGSSLKEY: no such file or directory"},
		{"PGHOSTADDR", plain, map[string]string{"PGHOSTADDR": "h"}, "PGHOSTADDR = h: must be IP addresses, separated by commas, one for each host"},
		{"PGHOSTADDR, too many", plain, map[string]string{"PGHOSTADDR": "192.0.2.1,192.0.2.2"}, "PGHOSTADDR = 192.0.2.1,192.0.2.2: must be IP addresses, separated by commas, one for each host"},
		{"PGSSLMINPROTOCOLVERSION", plain, map[string]string{"PGSSLMINPROTOCOLVERSION": "x"}, "PGSSLMINPROTOCOLVERSION = x" + tls},
		{"versions of TLS", plain, map[string]string{"PGSSLMINPROTOCOLVERSION": "TLSv1.3", "PGSSLMAXPROTOCOLVERSION": "TLSv1.2"}, "PGSSLMAXPROTOCOLVERSION = TLSv1.2" + tls},
		{"a highest version of TLS below the lowest", plain, map[string]string{"PGSSLMAXPROTOCOLVERSION": "TLSv1"}, "PGSSLMAXPROTOCOLVERSION = TLSv1" + tls},
		{"keepalives", plain + "?keepalives=x&tcp_user_timeout=1s", nil, "the connection string's key keepalives = x: must be a whole number\nthe connection string's key tcp_user_timeout = 1s: must be a whole number"},
		{"PGGSSENCMODE", plain, map[string]string{"PGGSSENCMODE": "require"}, "PGGSSENCMODE = require" + gss},
		{
			"PGLOADBALANCEHOSTS with several servers", "postgres://me@h,h/d?port=1,2",
			map[string]string{"PGLOADBALANCEHOSTS": "random"},
			"PGLOADBALANCEHOSTS = random: must be left out, because the servers are tried in the order in which they are named",
		},
		{"PGLOADBALANCEHOSTS", plain, map[string]string{"PGLOADBALANCEHOSTS": "x"}, "PGLOADBALANCEHOSTS = x: must be disable or random"},
		{"PGSSLCRL", verified, map[string]string{"PGSSLCRL": "/x"}, "PGSSLCRL = /x" + crl},
		{"PGSSLCRLDIR", verified, map[string]string{"PGSSLCRLDIR": "/x"}, "PGSSLCRLDIR = /x" + crl},
		{"sslcrl", verified + "&sslcrl=/x", nil, "the connection string's key sslcrl = /x" + crl},
		{"PGREQUIREPEER", "postgres:///d?host=/tmp", map[string]string{"PGREQUIREPEER": "x"}, "PGREQUIREPEER = x: must be left out, because the suite doesn't check which user runs the server"},
		{"requiressl", plain + "?requiressl=1", nil, "the connection string's key requiressl = 1: must be left out, because sslmode = require says the same"},
		{
			"a host beside a wrong file", "dbname=d sslmode=require",
			map[string]string{"PGHOST": "h", "PGSSLROOTCERT": "/nonexistent"},
			"PGSSLROOTCERT = /nonexistent: unable to read CA file: open /nonexistent: no such file or directory",
		},
		{
			"a host beside a wrong mode", "dbname=d",
			map[string]string{"PGHOST": "h", "PGSSLMODE": "sometimes"},
			"PGSSLMODE = sometimes: must be disable, allow, prefer, require, verify-ca or verify-full",
		},
		{
			"an address beside a wrong mode", "dbname=d",
			map[string]string{"PGHOSTADDR": "192.0.2.1", "PGSSLMODE": "sometimes"},
			"PGSSLMODE = sometimes: must be disable, allow, prefer, require, verify-ca or verify-full",
		},
		{
			"two hosts beside three ports", "dbname=d",
			map[string]string{"PGHOST": "a,b", "PGPORT": "1,2,3"},
			"PGPORT = 1,2,3: must be 1 to 65535: one for all hosts, or one for each, separated by commas",
		},
		{
			"a service's host beside a wrong mode", "dbname=d",
			map[string]string{"PGSERVICE": "here", "PGSERVICEFILE": service, "PGSSLMODE": "sometimes"},
			"PGSSLMODE = sometimes: must be disable, allow, prefer, require, verify-ca or verify-full",
		},
		{
			"a service's host beside the URL's own", "dbname=d sslmode=sometimes",
			map[string]string{"PGSERVICE": "here", "PGSERVICEFILE": service},
			"database URL dbname=d sslmode=sometimes: failed to configure TLS (sslmode is invalid)",
		},
		{
			"a service's own", "dbname=d",
			map[string]string{"PGSERVICE": "broken", "PGSERVICEFILE": service},
			"PGSERVICE = broken, PGSERVICEFILE = " + service + ": sslmode is invalid",
		},
		{
			"a service that isn't in the file", "service=nosuch",
			map[string]string{"PGSERVICEFILE": service},
			"PGSERVICEFILE = " + service + ": unable to find service: nosuch",
		},
		{
			"a service's port", "service=port",
			map[string]string{"PGSERVICEFILE": service},
			"PGSERVICEFILE = " + service + ": ",
		},
		{
			"a service file's syntax", "service=here",
			map[string]string{"PGSERVICEFILE": halves},
			"PGSERVICEFILE = " + halves + ": " + halves + ", line 5: must be [service], or key=value below one",
		},
		{
			"a service file's syntax, of the URL's", "service=here servicefile=" + halves, nil,
			"database URL service=here servicefile=" + halves + ": failed to read service (" + halves + ", line 5: must be [service], or key=value below one)",
		},
		{
			"a service's wrong key", "service=key",
			map[string]string{"PGSERVICEFILE": service},
			"the key requiressl of the service in " + service + " = 1: must be left out, because sslmode = require says the same",
		},
		{
			"several", plain,
			map[string]string{"PGPORT": "abc", "PGCONNECT_TIMEOUT": "x", "PGSSLMODE": "y", "PGTZ": "UTC"},
			"PGCONNECT_TIMEOUT = x: must be whole seconds, or 0 for the suite's own limit\n" +
				"PGPORT = abc: must be 1 to 65535: one for all hosts, or one for each, separated by commas\n" +
				"PGSSLMODE = y: must be disable, allow, prefer, require, verify-ca or verify-full",
		},
		{
			"beside the URL's own", plain + "?target_session_attrs=x",
			map[string]string{"PGPORT": "abc", "PGPASSWORD": "geheim"},
			"PGPORT = abc: must be 1 to 65535: one for all hosts, or one for each, separated by commas\n" +
				"database URL postgres://me@h/d?target_session_attrs=x: unknown target_session_attrs value: x",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for name, value := range tc.variables {
				t.Setenv(name, value)
			}
			_, err := address.Address{URL: tc.url}.Server()
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) || strings.Count(err.Error(), "\n") != strings.Count(tc.want, "\n") || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
			where := address.Address{URL: tc.url}
			if _, again := where.Where(); again == nil || again.Error() != err.Error() {
				t.Errorf("Where says otherwise: %v", again)
			}
		})
	}
}

// Files in the user's home are told of by their paths.
func TestWrongFiles(t *testing.T) {
	withoutVariables(t)
	for _, tc := range []struct{ name, want string }{
		{"postgresql.crt", "postgresql.crt, "},
		{"root.crt", "root.crt: holds no certificate in PEM form"},
		{"root.crl", "root.crl: must not be there, because the suite doesn't check for revoked certificates"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			write(t, filepath.Join(home, ".postgresql", tc.name), "broken")
			if tc.name == "postgresql.crt" {
				write(t, filepath.Join(home, ".postgresql", "postgresql.key"), "broken")
			}
			_, err := address.Address{URL: "postgres://me@h/d?sslmode=verify-full"}.Server()
			if want := filepath.Join(home, ".postgresql", tc.want); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}

// Files that can't be used don't count where psql connects without them.
func TestUnusableFiles(t *testing.T) {
	withoutVariables(t)
	cert, key := certificate(t)
	folder := t.TempDir()
	certFile, keyFile, broken := write(t, folder+"/c.crt", cert), write(t, folder+"/c.key", key), write(t, folder+"/broken", "broken")
	for _, tc := range []struct {
		name      string
		variables map[string]string
		home      []string // broken files in it
		url       string   // further keys
		need      string   // the modes that need it; they refuse it
	}{
		{name: "no roots", variables: map[string]string{"PGSSLROOTCERT": "/none"}, need: "require verify-ca verify-full"},
		{name: "broken roots", variables: map[string]string{"PGSSLROOTCERT": broken}, need: "require verify-ca verify-full"},
		{name: "roots of the URL's", url: "sslrootcert=/none&", need: "require verify-ca verify-full"},
		{name: "no certificate", variables: map[string]string{"PGSSLCERT": "/none"}},
		{name: "no certificate, but a key", variables: map[string]string{"PGSSLCERT": "/none", "PGSSLKEY": keyFile}},
		{name: "a key alone", variables: map[string]string{"PGSSLKEY": keyFile}},
		{name: "no key, alone", variables: map[string]string{"PGSSLKEY": "/none"}},
		{name: "a certificate alone", variables: map[string]string{"PGSSLCERT": certFile}, need: "require verify-ca verify-full"},
		{name: "a certificate without its key", variables: map[string]string{"PGSSLCERT": certFile, "PGSSLKEY": "/none"}, need: "require verify-ca verify-full"},
		{name: "a broken certificate", variables: map[string]string{"PGSSLCERT": broken, "PGSSLKEY": keyFile}, need: "require verify-ca verify-full"},
		{name: "all in the user's home", home: []string{"root.crt", "postgresql.crt", "postgresql.key"}, need: "require verify-ca verify-full"},
		{name: "both", variables: map[string]string{"PGSSLCERT": broken, "PGSSLKEY": broken, "PGSSLROOTCERT": "/none"}, need: "require verify-ca verify-full"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			url := "postgres://me@h/d?" + tc.url + "sslmode="
			want := map[string]string{}
			modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
			for _, mode := range modes {
				want[mode] = sketchOf(t, address.Address{URL: "postgres://me@h/d?sslmode=" + mode})
			}
			for name, value := range tc.variables {
				t.Setenv(name, value)
			}
			for _, name := range tc.home {
				home, _ := os.UserHomeDir() // of the test
				path := write(t, filepath.Join(home, ".postgresql", name), "broken")
				t.Cleanup(func() { _ = os.Remove(path) }) // the next find it otherwise
			}
			for _, mode := range modes {
				c, err := address.Address{URL: url + mode}.Server()
				switch needs := strings.Contains(tc.need, mode); {
				case needs && err == nil:
					t.Errorf("%s: it is taken", mode)
				case !needs && err != nil:
					t.Errorf("%s: %v", mode, err)
				case !needs && sketch(c) != want[mode]:
					t.Errorf("%s: %s\nwant %s", mode, sketch(c), want[mode])
				}
			}
		})
	}
}
