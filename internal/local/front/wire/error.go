package wire

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	// goodbyeTimeout bounds how long Refuse may take.
	goodbyeTimeout = 5 * time.Second
	// maxGoodbye is how many bytes Refuse reads.
	maxGoodbye = 64 << 20
)

// Error is an error that a client gets. A fatal one ends its connection.
type Error struct {
	Fatal                 bool
	Code                  string // SQLSTATE
	Message, Detail, Hint string
}

// Append appends the ErrorResponse to b.
func (e *Error) Append(b []byte) []byte {
	severity := "ERROR"
	if e.Fatal {
		severity = "FATAL"
	}
	return Encode(b, &pgproto3.ErrorResponse{
		Severity: severity, SeverityUnlocalized: severity, Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint,
	})
}

// Errorf returns an error with this SQLSTATE, after which the connection goes on.
func Errorf(code, format string, a ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

// ProtocolViolation ends the connection of a client that breaks the protocol.
func ProtocolViolation(format string, a ...any) *Error {
	e := Errorf("08P01", format, a...)
	e.Fatal = true
	return e
}

// Refuse sends the client the reason why its connection ends, if e isn't nil. It also reads
// what the client still sends, because otherwise the client's system may drop
// the error unread.
func Refuse(conn net.Conn, e *Error) {
	if e == nil {
		return
	}
	raw := conn
	if c, ok := conn.(*tls.Conn); ok {
		raw = c.NetConn()
	}
	_ = raw.SetDeadline(time.Now().Add(goodbyeTimeout))
	_, _ = conn.Write(e.Append(nil)) // the client may be gone
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, raw, maxGoodbye)
}
