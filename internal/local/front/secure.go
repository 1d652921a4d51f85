package front

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/wire"
)

// secure starts TLS, which a client asks for by an SSLRequest or starts at once.
// A nil connection means that the client's connection ends without a word; with
// an error the connection may be one without TLS.
func (f *Front) secure(raw net.Conn) (net.Conn, *wire.Error) {
	o, err := wire.ReadOpening(raw)
	switch {
	case err != nil:
		return nil, nil
	case o.TLS:
		return f.handshake(o.Conn, o.Direct)
	case wire.Code(o.Packet) == wire.CodeCancel: // libpq before 17 sends it without TLS
		f.cancel(o.Packet)
		return nil, nil
	}
	return raw, noServerName("TLS is required: connect with sslmode=verify-full.")
}

func (f *Front) handshake(raw net.Conn, direct bool) (net.Conn, *wire.Error) {
	conn := tls.Server(raw, f.authority.tls)
	if err := conn.Handshake(); err != nil { // within startupTimeout
		return nil, nil
	}
	state := conn.ConnectionState()
	if direct && state.NegotiatedProtocol != wire.ALPN {
		return nil, nil // as PostgreSQL does: a browser may be talking to us
	}
	if !slices.Contains(f.options.Hosts, state.ServerName) {
		return conn, noServerName("The server name must be one of: " + strings.Join(f.options.Hosts, ", ") + ".")
	}
	return conn, nil
}

// cancel does what a CancelRequest asks for, if its key is that of a session.
func (f *Front) cancel(packet []byte) {
	var request pgproto3.CancelRequest
	if request.Decode(packet) != nil {
		return
	}
	if s := f.clients.find(request.ProcessID, request.SecretKey); s != nil {
		ctx, stop := context.WithTimeout(context.Background(), startupTimeout)
		defer stop()
		s.Cancel(ctx)
	}
}

// noServerName refuses a client that doesn't name the server in its TLS handshake.
func noServerName(hint string) *wire.Error {
	return &wire.Error{Fatal: true, Code: "08006", Message: "unable to accept connection, sni was not received", Hint: hint}
}
