package wire

import (
	"bytes"
	"io"
	"net"
)

// tlsHandshake is the first byte of a TLS connection.
const tlsHandshake = 0x16

// ALPN is the protocol that a client must offer if it starts TLS without an
// SSLRequest.
const ALPN = "postgresql"

// Opening is how a client opens its connection.
type Opening struct {
	Conn   net.Conn // to start TLS on
	TLS    bool     // the client starts TLS
	Direct bool     // without an SSLRequest
	Packet []byte   // its start-up message if it doesn't
}

// ReadOpening reads what a client sends before TLS starts, and grants it TLS. A
// client that doesn't want TLS sends its start-up message, which is returned.
func ReadOpening(raw net.Conn) (Opening, error) {
	for {
		head := make([]byte, 1)
		if _, err := io.ReadFull(raw, head); err != nil {
			return Opening{}, err
		}
		if head[0] == tlsHandshake {
			return Opening{Conn: prefixed{raw, io.MultiReader(bytes.NewReader(head), raw)}, TLS: true, Direct: true}, nil
		}
		packet, err := ReadStartup(io.MultiReader(bytes.NewReader(head), raw))
		if err != nil {
			return Opening{}, err
		}
		answer := map[uint32]string{codeSSL: "S", codeGSS: "N"}[Code(packet)]
		if answer == "" {
			return Opening{Conn: raw, Packet: packet}, nil
		}
		if _, err := raw.Write([]byte(answer)); err != nil {
			return Opening{}, err
		}
		if answer == "S" {
			return Opening{Conn: raw, TLS: true}, nil
		}
	}
}

// prefixed is a connection whose first bytes were read already.
type prefixed struct {
	net.Conn
	all io.Reader
}

// Read returns the first bytes, and then those of the connection.
func (p prefixed) Read(b []byte) (int, error) { return p.all.Read(b) }
