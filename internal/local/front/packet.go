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

// readStartup reads a message without a type: its body, of 4 bytes at least.
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

// startup is what a client asks for first.
type startup struct {
	user        string
	application string
	settings    settings
	values      map[string]string // of the settings
	minor       uint32
	options     []string // of the protocol, none of which are known
}

func parseStartup(packet []byte) (s startup, refused *refusal) {
	version := binary.BigEndian.Uint32(packet)
	if version>>16 != protocolMajor {
		return s, protocolViolation("unsupported frontend protocol %d.%d: server supports 3.0", version>>16, version&0xffff)
	}
	s.minor, s.values = version&0xffff, map[string]string{}
	rest, db := packet[4:], ""
	for {
		name, after, err := cutText(rest)
		if err == nil && len(name) == 0 {
			break
		}
		value, after, err2 := cutText(after)
		if err != nil || err2 != nil {
			return s, protocolViolation("invalid startup packet layout: expected terminator as last byte")
		}
		rest = after
		switch key := strings.ToLower(string(name)); {
		case key == "user":
			s.user = string(value)
		case key == "database":
			db = string(value)
		case key == "application_name":
			s.application = string(value)
		case strings.HasPrefix(key, "_pq_."):
			s.options = append(s.options, string(name))
		case !settable(key):
			refused := unsupported("setting configuration parameter %q not supported", name)
			refused.fatal = true
			return s, refused
		default:
			s.settings.set(key, "SELECT set_config('"+key+"', "+quoted(string(value))+", false)")
			s.values[key] = string(value)
		}
	}
	if s.user == "" {
		return s, &refusal{fatal: true, code: "28000", message: "no PostgreSQL user name specified in startup packet"}
	}
	if db == "" {
		db = s.user
	}
	if db != database {
		return s, noDatabase(db)
	}
	return s, nil
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
