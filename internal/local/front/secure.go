package front

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"

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
	return raw, noSNI("TLS is required: connect with sslmode=verify-full.")
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
		return conn, noSNI("The server name must be one of: " + strings.Join(f.options.Hosts, ", ") + ".")
	}
	return conn, nil
}

// cancel does what a CancelRequest asks for, if its key is that of a session.
func (f *Front) cancel(packet []byte) {
	pid, secret, ok := wire.CancelKey(packet)
	if !ok {
		return
	}
	if s := f.clients.find(pid, secret); s != nil {
		ctx, stop := context.WithTimeout(context.Background(), startupTimeout)
		defer stop()
		s.Cancel(ctx)
	}
}
