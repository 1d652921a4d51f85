package failure

import (
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
)

// A pooler's words say what an error means, while connecting and afterwards.
func TestPoolerErrors(t *testing.T) {
	t.Parallel()
	const failed, unknown = bench.Failed, bench.Unknown
	for _, c := range []struct {
		message               string
		outcome               bench.Outcome // of a statement
		retry                 Retry
		denied                bool // while connecting
		hint                  string
		unconnected, connects bool // of a statement; it comes while connecting
	}{
		{"no more connections allowed (max_client_conn)", failed, Later, false, "max_client_conn", true, true},
		{"client connections exceeded (max_db_client_connections)", failed, Later, false, "max_client_conn", true, true},
		{"query_wait_timeout", failed, Later, false, "default_pool_size", true, true},
		{"client_idle_timeout", failed, Later, false, "", true, false},
		{"server login has been failing, try again later (server_login_retry)", failed, Later, false, "its log", true, true},
		{"server login has been failing, cached error: connect failed (server_login_retry)", failed, Later, false, "its log", true, true},
		{"client_login_timeout (server down)", failed, Later, false, "its log", true, true},
		{"pooler is shutting down", failed, Later, false, "", true, true},
		{"the database system is starting up", failed, Later, false, "", true, true},
		{"sorry, too many clients already", failed, Later, false, "", true, true},
		{"invalid server parameter", failed, Later, false, "", true, false},
		{"server conn crashed?", unknown, Later, false, "", false, false},
		{"suspend_timeout", unknown, Later, false, "", false, false},
		{"query timeout", unknown, Never, false, "", false, false},
		{"transaction timeout", unknown, Never, false, "", false, false},
		{"something new", unknown, Never, false, "", false, true},
		{"no such database: x", failed, Never, true, "[databases]", false, true},
		{`database "x" does not exist`, failed, Never, true, "", false, true},
		{`database "x" is disabled`, failed, Never, true, "", false, true},
		{"no such user", failed, Never, true, "", false, true},
		{"SASL authentication failed", failed, Never, true, "", false, true},
		{`password authentication failed for user "x"`, failed, Never, true, "", false, true},
		{"SSL required", failed, Never, true, "", false, true},
		{"bouncer config error", failed, Never, true, "[databases]", false, true},
		{"unsupported startup parameter: statement_timeout", failed, Never, true, "ignore_startup_parameters", false, true},
	} {
		refused := &pgconn.PgError{Severity: "FATAL", Code: ProtocolViolation, Message: c.message}
		f := Explain(refused)
		if f.Kind != ProtocolViolation || f.Outcome != c.outcome || RetryOf(f) != c.retry || f.Unconnected != c.unconnected {
			t.Errorf("%s: %+v, retry %v", c.message, f, RetryOf(f))
		}
		if hint := ConnectHint(refused); (hint == "") != (c.hint == "") || !strings.Contains(hint, c.hint) {
			t.Errorf("%s: hint %q", c.message, hint)
		}
		if !c.connects {
			continue
		}
		connecting := Explain(connectError(t, refused))
		if connecting.Outcome != failed || !connecting.Unconnected || Denied(connecting) != c.denied {
			t.Errorf("%s, while connecting: %+v, denied %v", c.message, connecting, Denied(connecting))
		}
	}
}

// connectError is what pgx makes of a refusal.
func connectError(t *testing.T, refused *pgconn.PgError) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 1024))
		body := "SFATAL\x00C" + refused.Code + "\x00M" + refused.Message + "\x00\x00"
		_, _ = conn.Write(append([]byte{'E', 0, 0, 0, byte(4 + len(body))}, body...))
		_ = conn.Close()
	}()
	_, err = pgconn.Connect(t.Context(), "postgres://x@"+l.Addr().String()+"/x?sslmode=disable")
	return err
}
