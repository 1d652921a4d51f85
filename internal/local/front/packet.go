package front

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
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104
)

// codeOf is the version or code that a start-up message begins with.
func codeOf(packet []byte) uint32 { return binary.BigEndian.Uint32(packet) }

// readStartup reads a start-up message, which has no type. It returns the body,
// which has at least 4 bytes.
func readStartup(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[:])) - len(head)
	if n < 4 || n > maxStartupBytes {
		return nil, errMalformed
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return body, err
}

// parameter is a run-time parameter that a client sets when it connects.
type parameter struct{ name, value string }

// startup is what a client asks for first. minor and options are those of the
// protocol.
type startup struct {
	user, database, application string
	parameters                  []parameter
	minor                       uint32
	options                     []string
}

// parseStartup reads a start-up message. With an error it returns what comes
// before the fault.
func parseStartup(packet []byte) (s startup, refused *Error) {
	version := codeOf(packet)
	if version>>16 != protocolMajor {
		return s, protocolViolation("unsupported frontend protocol %d.%d: server supports 3.0", version>>16, version&0xffff)
	}
	s.minor = version & 0xffff
	for rest := packet[4:]; ; {
		name, after, err := cutText(rest)
		if err == nil && len(name) == 0 {
			return s, nil
		}
		value, after, err2 := cutText(after)
		if err != nil || err2 != nil {
			return s, protocolViolation("invalid startup packet layout: expected terminator as last byte")
		}
		s.set(string(name), string(value))
		rest = after
	}
}

func (s *startup) set(name, value string) {
	switch key := strings.ToLower(name); {
	case key == "user":
		s.user = value
	case key == "database":
		s.database = value
	case key == "application_name":
		s.application = value
	case strings.HasPrefix(key, "_pq_."):
		s.options = append(s.options, name)
	default:
		s.parameters = append(s.parameters, parameter{name, value})
	}
}

// cancelKey returns the key that a CancelRequest names; ok is false if it has
// none.
func cancelKey(packet []byte) (pid uint32, secret []byte, ok bool) {
	if len(packet) < 8 {
		return 0, nil, false
	}
	return binary.BigEndian.Uint32(packet[4:]), packet[8:], true
}

// appendCancel appends a CancelRequest to b.
func appendCancel(b []byte, pid uint32, secret []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(12+len(secret)))
	b = binary.BigEndian.AppendUint32(b, codeCancel)
	return append(binary.BigEndian.AppendUint32(b, pid), secret...)
}

// readPassword reads a PasswordMessage of at most max bytes.
func readPassword(r io.Reader, max int) (password string, refused *Error, err error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, err
	}
	n := lengthOf(head[:])
	if head[0] != 'p' || n < 1 || n > max {
		return "", protocolViolation("expected password response, got message type %d", head[0]), nil
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", nil, err
	}
	text, _, err := cutText(body)
	if err != nil {
		return "", protocolViolation("invalid password packet"), nil
	}
	return string(text), nil, nil
}
