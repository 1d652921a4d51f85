package front

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/eventually"

	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/jackc/pgx/v5"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/wire"
)

const denied = "unable to accept connection, access denied"

func connectError(f *Front, user, password, extra string) error {
	c, err := pgx.Connect(context.Background(), urlFor(f, user, password, extra))
	if err == nil {
		_ = c.Close(context.Background()) // the caller's test fails
	}
	return err
}

func TestTokens(t *testing.T) {
	f := start(t, nil)
	good := credentialsForTest()
	user, admin := generator(auth.GenerateDbConnectAuthToken), generator(auth.GenerateDBConnectAdminAuthToken)
	foreign, otherSession, otherSecret := good, good, good
	foreign.AccessKeyID, otherSession.SessionToken, otherSecret.SecretAccessKey = "AKIAOTHER", "another", "another"
	valid := tokenOf(t, adminUser)
	cases := []struct{ name, user, token, hint string }{
		{"admin", "admin", valid, "ok"},
		{"custom role", "app", tokenOf(t, "app"), "ok"},
		{"a week", "admin", sign(t, admin, host, region, good, maxTokenLife), "ok"},
		{"admin by DbConnect", "admin", sign(t, user, host, region, good, 0), "Wrong user to action mapping. user: admin, action: DbConnect"},
		{"role by DbConnectAdmin", "app", valid, "Wrong user to action mapping. user: app, action: DbConnectAdmin"},
		{"other host", "admin", sign(t, admin, "db.example", region, good, 0), `Token is for host "db.example", the connection is to "localhost".`},
		{"other region", "admin", sign(t, admin, host, "eu-west-1", good, 0), "Credential should be scoped to a valid region: us-east-1, not eu-west-1."},
		{"other key", "admin", sign(t, admin, host, region, foreign, 0), hintIdentity},
		{"other session token", "admin", sign(t, admin, host, region, otherSession, 0), hintIdentity},
		{"other secret", "admin", sign(t, admin, host, region, otherSecret, 0), hintSignature},
		{"tampered action", "app", strings.Replace(valid, "DbConnectAdmin", "DbConnect", 1), hintSignature},
		{"tampered expiry", "admin", strings.Replace(valid, "X-Amz-Expires=900", "X-Amz-Expires=90000", 1), hintSignature},
		{"added parameter", "admin", valid + "&X=1", hintSignature},
		{"doubled parameter", "admin", valid + "&Action=DbConnectAdmin", "Duplicate query parameter: Action"},
		{"no signature", "admin", valid[:strings.Index(valid, "&X-Amz-Signature")], "The password is not an IAM authentication token: it lacks X-Amz-Signature."},
		{"too long a life", "admin", sign(t, admin, host, region, good, maxTokenLife+time.Second), "X-Amz-Expires must be between 1 and 604800 seconds."},
		{"a password", "admin", "secret", "The password is not an IAM authentication token"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := connectError(f, c.user, c.token, "")
			if c.hint != "ok" {
				want(t, err, "08006", denied, "", c.hint)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokenTimes(t *testing.T) {
	for _, c := range []struct {
		name  string
		later time.Duration
		hint  string
	}{
		{"in time", 14 * time.Minute, "ok"},
		{"expired", 16 * time.Minute, "Signature expired: "},
		{"slightly early", -4 * time.Minute, "ok"},
		{"early", -6 * time.Minute, "Signature not yet current: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(c.later) } })
			err := connectError(f, adminUser, tokenOf(t, adminUser), "")
			if c.hint != "ok" {
				want(t, err, "08006", denied, "", c.hint)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTLSRequired(t *testing.T) {
	f := start(t, nil)
	token := tokenOf(t, adminUser)
	const noSNI = "unable to accept connection, sni was not received"
	plain := strings.Replace(urlFor(f, adminUser, token, ""), "verify-full", "disable", 1)
	_, err := pgx.Connect(context.Background(), plain)
	want(t, err, "08006", noSNI, "", "TLS is required")
	nameless := strings.Replace(urlFor(f, adminUser, token, "sslsni=0"), "verify-full", "verify-ca", 1)
	_, err = pgx.Connect(context.Background(), nameless)
	want(t, err, "08006", noSNI, "", "The server name must be one of: localhost")
	config, err := pgx.ParseConfig(urlFor(f, adminUser, token, "sslnegotiation=direct"))
	if err != nil {
		t.Fatal(err)
	}
	config.TLSConfig.ServerName, config.TLSConfig.InsecureSkipVerify = "elsewhere.example", true
	_, err = pgx.ConnectConfig(context.Background(), config)
	want(t, err, "08006", noSNI, "", "The server name must be one of: localhost")
}

func TestTLSRules(t *testing.T) {
	f := start(t, nil)
	pem, err := os.ReadFile(f.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, c := range []struct {
		name   string
		config *tls.Config
		ok     bool
	}{
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12, NextProtos: []string{wire.ALPN}}, true},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, NextProtos: []string{wire.ALPN}}, false},
		{"other protocol", &tls.Config{NextProtos: []string{"h2"}}, false},
		{"no protocol", &tls.Config{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.RootCAs, c.config.ServerName = roots, host
			conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.Port()), c.config)
			if err == nil {
				defer func() { _ = conn.Close() }() // may be closed
				limit := patience
				if c.ok { // nothing comes
					limit = 300 * time.Millisecond
				}
				_ = conn.SetDeadline(time.Now().Add(limit))
				_, err = conn.Read(make([]byte, 1))
			}
			if waiting := errors.Is(err, os.ErrDeadlineExceeded); waiting != c.ok {
				t.Errorf("%v, want accepted: %t", err, c.ok)
			}
		})
	}
}

func TestStartupRules(t *testing.T) {
	f := start(t, nil)
	token := tokenOf(t, adminUser)
	other := strings.Replace(urlFor(f, adminUser, token, ""), "/postgres?", "/sales?", 1)
	_, err := pgx.Connect(context.Background(), other)
	wantCode(t, err, "3D000", `database "sales" does not exist`)
	wantCode(t, connectError(f, adminUser, token, "statement_timeout=5"), "0A000", `setting configuration parameter "statement_timeout" not supported`)
}

func TestConnectionCount(t *testing.T) {
	f := start(t, func(o *Options) { o.Limits.Connections = 3 })
	token := tokenOf(t, adminUser)
	first := connect(t, f, "")
	connect(t, f, "")
	connect(t, f, "")
	wantCode(t, connectError(f, adminUser, token, ""), "53300", "Unable to accept connection, too many open connections.")
	if err := first.Close(context.Background()); err != nil {
		t.Error(err)
	}
	eventually.True(t, "the front has counted the connection out", func() bool { return f.count.Load() == 2 })
	connect(t, f, "")
}

func TestConnectionRate(t *testing.T) {
	now := time.Now()
	f := start(t, func(o *Options) {
		o.Limits.ConnectBurst, o.Limits.ConnectRate = 2, 1
		o.Now = func() time.Time { return now }
	})
	token := tokenOf(t, adminUser)
	connect(t, f, "")
	connect(t, f, "")
	wantCode(t, connectError(f, adminUser, token, ""), "53400", "Unable to accept connection, rate exceeded.")
	now = now.Add(time.Second)
	connect(t, f, "")
	wantCode(t, connectError(f, adminUser, token, ""), "53400", "Unable to accept connection, rate exceeded.")
}

func TestConnectionLife(t *testing.T) {
	f := start(t, func(o *Options) { o.Limits.ConnectionLife = 300 * time.Millisecond })
	c := connect(t, f, "")
	conn := c.PgConn().Conn()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Read(make([]byte, 1))
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("%v, want the end of the connection", err)
	}
}

// All that is wrong with the options is said at once.
func TestOptions(t *testing.T) {
	o := Options{Faults: fault.List{{Name: "drop", Probability: 0.1}, {Name: "drop", Probability: 0.2}}, Limits: DefaultLimits()}
	o.Limits.Rows = 0
	f, err := Start(context.Background(), o)
	if err == nil {
		t.Fatal(f.Close())
	}
	for _, part := range []string{
		"server connections 0: at least 1", "no host name", "region and credentials must be given",
		"limit of rows: must be over 0", "fault drop is given twice",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v; want also %q", err, part)
		}
	}
}

// After Close no client waits and no goroutine is left.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	f := start(t, func(o *Options) { o.ServerConns = 1 })
	holder, waiter := connect(t, f, ""), connect(t, f, "")
	run(t, holder, "BEGIN", "SELECT 1")
	done := make(chan error, 1)
	go func() {
		_, err := waiter.Exec(context.Background(), "SELECT 1")
		done <- err
	}()
	half, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = half.Close() }() // it never says anything
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error after Close")
		}
	case <-time.After(patience):
		t.Error("a session waits for ever")
	}
	_ = holder.Close(context.Background()) // was cut
	_ = waiter.Close(context.Background()) // was cut
	eventually.True(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}
