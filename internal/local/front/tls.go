package front

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

// opening is how a client opens its connection.
type opening struct {
	conn   net.Conn // to start TLS on
	tls    bool     // the client starts TLS
	direct bool     // without an SSLRequest
	packet []byte   // its start-up message if it doesn't
}

// readOpening reads up to the start of TLS, or to a start-up message without
// TLS.
func readOpening(raw net.Conn) (opening, error) {
	for {
		head := make([]byte, 1)
		if _, err := io.ReadFull(raw, head); err != nil {
			return opening{}, err
		}
		if head[0] == tlsHandshake {
			return opening{conn: &prefixed{raw, head}, tls: true, direct: true}, nil
		}
		packet, err := readStartup(io.MultiReader(bytes.NewReader(head), raw))
		if err != nil {
			return opening{}, err
		}
		answer := map[uint32]string{codeSSL: "S", codeGSS: "N"}[codeOf(packet)]
		if answer == "" {
			return opening{conn: raw, packet: packet}, nil
		}
		if _, err := raw.Write([]byte(answer)); err != nil {
			return opening{}, err
		}
		if answer == "S" {
			return opening{conn: raw, tls: true}, nil
		}
	}
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
