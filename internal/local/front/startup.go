package front

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	startupTimeout = 60 * time.Second // for a client to get through TLS and authentication
	database       = "postgres"
)

// serve is the life of one client's connection.
func (f *Front) serve(raw net.Conn) {
	defer func() { _ = raw.Close() }() // the client may have closed it, or Close
	if !f.sessions.add(raw) {
		return
	}
	defer f.sessions.remove(raw)
	_ = raw.SetDeadline(time.Now().Add(startupTimeout))
	conn, refused := f.secure(raw)
	if conn == nil {
		return
	}
	s := f.newSession(conn)
	if refused != nil {
		s.end(refused)
		return
	}
	if refused, err := s.begin(); refused != nil || err != nil {
		s.end(refused)
		return
	}
	defer s.close()
	_ = raw.SetDeadline(time.Time{})
	life := time.AfterFunc(f.options.Limits.ConnectionLife, func() { _ = raw.Close() })
	defer life.Stop()
	s.run()
}

// begin gets a client from its startup message to ReadyForQuery, and admits it.
func (s *session) begin() (*refusal, error) {
	packet, err := readStartup(s.conn)
	if err != nil {
		return nil, err
	}
	if binary.BigEndian.Uint32(packet) == codeCancel {
		s.front.cancel(packet)
		return nil, errEnd
	}
	startup, refused := parseStartup(packet)
	if refused == nil {
		refused = s.front.admit()
	}
	if refused != nil {
		return refused, nil
	}
	refused, err = s.authenticate(startup)
	if refused != nil || err != nil {
		s.front.leave()
		return refused, err
	}
	s.settings = startup.settings
	s.front.sessions.enter(s)
	if _, err := s.conn.Write(s.greeting(startup)); err != nil {
		s.close()
		return nil, err
	}
	return nil, nil
}

// authenticate asks for a token and checks it.
func (s *session) authenticate(st startup) (*refusal, error) {
	var b []byte
	if st.minor > 0 || len(st.options) > 0 {
		b = encode(b, &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: st.options})
	}
	if _, err := s.conn.Write(encode(b, &pgproto3.AuthenticationCleartextPassword{})); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(s.conn, s.head[:]); err != nil {
		return nil, err
	}
	n := lengthOf(s.head[:])
	if s.head[0] != 'p' || n < 1 || n > maxTokenBytes {
		return protocolViolation("expected password response, got message type %d", s.head[0]), nil
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(s.conn, body); err != nil {
		return nil, err
	}
	password, _, err := cutText(body)
	if err != nil {
		return protocolViolation("invalid password packet"), nil
	}
	o := &s.front.options
	v := verifier{region: o.Region, port: s.front.Port(), credentials: o.Credentials, now: o.Now}
	return v.check(string(password), s.host(), st.user), nil
}

// greeting is everything from AuthenticationOk to ReadyForQuery.
func (s *session) greeting(st startup) []byte {
	b := encode(nil, &pgproto3.AuthenticationOk{})
	parameters := s.front.pool.parameters()
	parameters["server_version"] = serverVersion
	parameters["application_name"] = st.application
	parameters["session_authorization"] = st.user
	parameters["is_superuser"] = "off"
	names := make([]string, 0, len(parameters))
	for name := range parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := parameters[name]
		if wanted, set := st.values[strings.ToLower(name)]; set {
			value = wanted
		}
		b = encode(b, &pgproto3.ParameterStatus{Name: name, Value: value})
	}
	b = encode(b, &pgproto3.BackendKeyData{ProcessID: s.pid, SecretKey: s.secret[:]})
	return encode(b, &pgproto3.ReadyForQuery{TxStatus: idle})
}

func (s *session) host() string {
	if c, ok := s.conn.(*tls.Conn); ok {
		return c.ConnectionState().ServerName
	}
	return ""
}
