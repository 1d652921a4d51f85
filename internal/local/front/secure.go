package front

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
)

const (
	tlsHandshake = 0x16 // first byte of a TLS connection
	codeSSL      = 80877103
	codeGSS      = 80877104
	codeCancel   = 80877102
)

// secure starts TLS, asked for by an SSLRequest or at once. A nil connection is
// the end; with a refusal the connection may be a bare one.
func (f *Front) secure(raw net.Conn) (net.Conn, *refusal) {
	head := make([]byte, 1)
	for {
		if _, err := io.ReadFull(raw, head); err != nil {
			return nil, nil
		}
		if head[0] == tlsHandshake {
			return f.handshake(&prefixed{raw, head}, true)
		}
		packet, err := readStartup(io.MultiReader(bytes.NewReader(head), raw))
		if err != nil {
			return nil, nil
		}
		switch binary.BigEndian.Uint32(packet) {
		case codeSSL:
			if _, err := raw.Write([]byte{'S'}); err != nil {
				return nil, nil
			}
			return f.handshake(raw, false)
		case codeGSS:
			if _, err := raw.Write([]byte{'N'}); err != nil {
				return nil, nil
			}
		case codeCancel: // libpq before 17 asks for it without TLS
			f.cancel(packet)
			return nil, nil
		default:
			return raw, noSNI("TLS is required: connect with sslmode=verify-full.")
		}
	}
}

func (f *Front) handshake(raw net.Conn, direct bool) (net.Conn, *refusal) {
	conn := tls.Server(raw, f.authority.tls)
	if err := conn.Handshake(); err != nil {
		return nil, nil
	}
	state := conn.ConnectionState()
	if direct && state.NegotiatedProtocol != alpn {
		return nil, nil // as PostgreSQL does: a browser may be talking to us
	}
	if !slices.Contains(f.options.Hosts, state.ServerName) {
		return conn, noSNI("The server name must be one of: " + strings.Join(f.options.Hosts, ", ") + ".")
	}
	return conn, nil
}

// prefixed is a connection whose first bytes were read already.
type prefixed struct {
	net.Conn
	first []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.first) == 0 {
		return p.Conn.Read(b)
	}
	n := copy(b, p.first)
	p.first = p.first[n:]
	return n, nil
}

// cancel does what a CancelRequest asks for, if it knows the session.
func (f *Front) cancel(packet []byte) {
	if len(packet) < 8 {
		return
	}
	if s := f.sessions.find(binary.BigEndian.Uint32(packet[4:]), packet[8:]); s != nil {
		ctx, stop := context.WithTimeout(context.Background(), startupTimeout)
		defer stop()
		s.cancel(ctx)
	}
}
