package wire

import (
	"encoding/binary"
	"io"
	"strings"
)

const (
	protocolMajor   = 3
	maxStartupBytes = 10_000 // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
)

// The codes that a start-up message may have instead of a version.
const (
	CodeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104
)

// Code returns the version or code at the beginning of a start-up message.
func Code(packet []byte) uint32 { return binary.BigEndian.Uint32(packet) }

// ReadStartup reads a start-up message, which has no type. It returns the body,
// which has at least 4 bytes.
func ReadStartup(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[:])) - len(head)
	if n < 4 || n > maxStartupBytes {
		return nil, ErrMalformed
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return body, err
}

// Parameter is a run-time parameter that a client sets when it connects.
type Parameter struct{ Name, Value string }

// Startup is a client's start-up message. Minor and Options are those of the
// protocol.
type Startup struct {
	User, Database, Application string
	Parameters                  []Parameter
	Minor                       uint32
	Options                     []string
}

// ParseStartup reads a start-up message. If that fails, it returns what comes before
// the fault as well.
func ParseStartup(packet []byte) (s Startup, refused *Error) {
	version := Code(packet)
	if version>>16 != protocolMajor {
		return s, ProtocolViolation("unsupported frontend protocol %d.%d: server supports 3.0", version>>16, version&0xffff)
	}
	s.Minor = version & 0xffff
	for rest := packet[4:]; ; {
		name, after, err := CutText(rest)
		if err == nil && len(name) == 0 {
			return s, nil
		}
		value, after, err2 := CutText(after)
		if err != nil || err2 != nil {
			return s, ProtocolViolation("invalid startup packet layout: expected terminator as last byte")
		}
		s.set(string(name), string(value))
		rest = after
	}
}

func (s *Startup) set(name, value string) {
	switch key := strings.ToLower(name); {
	case key == "user":
		s.User = value
	case key == "database":
		s.Database = value
	case key == "application_name":
		s.Application = value
	case strings.HasPrefix(key, "_pq_."):
		s.Options = append(s.Options, name)
	default:
		s.Parameters = append(s.Parameters, Parameter{name, value})
	}
}

// ReadPassword reads a PasswordMessage of at most max bytes.
func ReadPassword(r io.Reader, max int) (password string, refused *Error, err error) {
	var head [HeadBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, err
	}
	n := Length(head[:])
	if head[0] != 'p' || n < 1 || n > max {
		return "", ProtocolViolation("expected password response, got message type %d", head[0]), nil
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", nil, err
	}
	text, _, err := CutText(body)
	if err != nil {
		return "", ProtocolViolation("invalid password packet"), nil
	}
	return string(text), nil, nil
}
