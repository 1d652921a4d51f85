package address_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/dsql/dsqltest"
	"dsql-load-test/internal/dsql/failure"
)

// refusing is a server without TLS that lets nobody in. It returns its port.
func refusing(t *testing.T) (port int) {
	t.Helper()
	return dsqltest.Serve(t, refuse).Addr().(*net.TCPAddr).Port
}

func refuse(conn net.Conn) {
	asked := make([]byte, 1024)
	n, err := conn.Read(asked)
	if err == nil && n == 8 { // for TLS
		_, err = conn.Write([]byte("N"))
		if err == nil {
			_, err = conn.Read(asked)
		}
	}
	if err == nil {
		body := "SFATAL\x00C53300\x00Mno more\x00\x00"
		_, _ = conn.Write(append([]byte{'E', 0, 0, 0, byte(4 + len(body))}, body...))
	}
}

// Each different reason of a failed connection is told once, and where it was to go too.
func TestReasonsOnce(t *testing.T) {
	withoutVariables(t)
	port, other := refusing(t), refusing(t)
	const why, tls = "server error: FATAL: no more (SQLSTATE 53300)", "tls error: server refused TLS connection"
	for name, tc := range map[string]struct{ url, want string }{
		"one way":                 {fmt.Sprintf("postgres://me@127.0.0.1:%d/d?sslmode=disable", port), fmt.Sprintf("127.0.0.1:%d/d as me: ", port) + why},
		"with TLS and without":    {fmt.Sprintf("postgres://me@127.0.0.1:%d/d", port), fmt.Sprintf("127.0.0.1:%d/d as me: %s; %s", port, tls, why)},
		"two servers":             {fmt.Sprintf("postgres://me@127.0.0.1:%d,127.0.0.1:%d/d?sslmode=disable", port, other), fmt.Sprintf("127.0.0.1:%d/d as me: 127.0.0.1:%[1]d (127.0.0.1): %s; 127.0.0.1:%[3]d (127.0.0.1): %[2]s", port, why, other)},
		"a name that there isn't": {"postgres://me@nohost.invalid/d", "nohost.invalid:5432/d as me: lookup nohost.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			db := dsqltest.Open(t, tc.url)
			_, err := db.Ping(t.Context())
			if err == nil {
				t.Fatal("it connects")
			}
			text, _, _ := strings.Cut(err.Error(), "\n")
			if !strings.HasPrefix(text, "connect to "+tc.want) || strings.Count(text, "lookup ") > 1 || strings.HasSuffix(tc.want, why) && text != "connect to "+tc.want {
				t.Errorf("%s\nwant %s", text, tc.want)
			}
			if failed := failure.Explain(err); strings.Count(failed.Message, "no more") > strings.Count(tc.want, "no more") {
				t.Errorf("%+v", failed)
			}
		})
	}
}

// A server that doesn't answer is told of in words, without what can't be at fault.
func TestUnanswered(t *testing.T) {
	withoutVariables(t)
	t.Setenv("PGPASSWORD", "geheim")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	db := dsqltest.Open(t, "postgres://me@"+l.Addr().String()+"/d?sslmode=disable")
	ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
	defer cancel()
	want := "connect to " + l.Addr().String() + "/d as me: no answer within 1 s\nhint: a pooler waits like this when its server is down; else check the network and a firewall"
	if _, err := db.Ping(ctx); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}
