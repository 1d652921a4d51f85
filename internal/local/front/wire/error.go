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

// ProtocolViolation ends the connection of a client that breaks the protocol.
func ProtocolViolation(format string, a ...any) *Error {
	return &Error{Fatal: true, Code: "08P01", Message: fmt.Sprintf(format, a...)}
}

// Refuse tells the client why its connection ends, if e isn't nil. It also reads
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

// ErrorField returns a field of an ErrorResponse, such as 'C', the SQLSTATE; ""
// if it isn't there.
func ErrorField(frame []byte, name byte) string {
	for body := Body(frame); len(body) > 1; {
		text, rest, err := CutText(body[1:])
		if err != nil {
			return ""
		}
		if body[0] == name {
			return string(text)
		}
		body = rest
	}
	return ""
}
