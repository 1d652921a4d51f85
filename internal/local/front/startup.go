package front

import (
	"cmp"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	startupTimeout = 60 * time.Second // for a client to get through TLS and authentication
	database       = "postgres"       // the only one that a DSQL cluster has
)

// serve is the life of one client's connection.
func (f *Front) serve(raw net.Conn) {
	defer func() { _ = raw.Close() }() // the client may have closed it, or Close
	if !f.clients.add(raw) {
		return
	}
	defer f.clients.remove(raw)
	_ = raw.SetDeadline(time.Now().Add(startupTimeout))
	conn, refused := f.secure(raw)
	if conn == nil {
		return
	}
	if refused != nil {
		Refuse(conn, refused)
		return
	}
	s, refused := f.admitted(conn)
	if s == nil {
		Refuse(conn, refused)
		return
	}
	_ = raw.SetDeadline(time.Time{}) // from here on ConnectionLife bounds every wait for the client
	life := time.AfterFunc(f.options.Limits.ConnectionLife, func() { _ = raw.Close() })
	defer life.Stop()
	defer f.leave()
	defer f.clients.exit(s)
	s.run()
}

// admitted gets a client from its start-up message to ReadyForQuery and counts
// it in. It returns nil where the connection must end, with the error to tell.
func (f *Front) admitted(conn net.Conn) (*session, *Error) {
	packet, err := readStartup(conn)
	if err != nil {
		return nil, nil
	}
	if codeOf(packet) == codeCancel {
		f.cancel(packet)
		return nil, nil
	}
	st, set, refused := acceptable(parseStartup(packet))
	if refused == nil {
		refused = f.admit()
	}
	if refused != nil {
		return nil, refused
	}
	if refused, err := f.authenticate(conn, &st); refused != nil || err != nil {
		f.leave()
		return nil, refused
	}
	s := f.group.New(conn, set)
	if _, err := conn.Write(f.greeting(&st, f.clients.enter(s))); err != nil {
		f.clients.exit(s)
		f.leave()
		return nil, nil
	}
	return s, nil
}

// acceptable checks what a client asks for, and returns the settings that its
// session starts with.
func acceptable(st startup, fault *Error) (startup, settings, *Error) {
	var set settings
	for _, p := range st.parameters {
		if refused := set.startWith(p.name, p.value); refused != nil {
			return st, set, refused
		}
	}
	db := cmp.Or(st.database, st.user)
	switch {
	case fault != nil:
		return st, set, fault
	case st.user == "":
		return st, set, noUser()
	case db != database:
		return st, set, noDatabase(db)
	}
	return st, set, nil
}

// authenticate asks for a token and checks it.
func (f *Front) authenticate(conn net.Conn, st *startup) (*Error, error) {
	var b []byte
	if st.minor > 0 || len(st.options) > 0 {
		b = encode(b, &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: st.options})
	}
	if _, err := conn.Write(encode(b, &pgproto3.AuthenticationCleartextPassword{})); err != nil {
		return nil, err
	}
	password, refused, err := readPassword(conn, maxTokenBytes)
	if refused != nil || err != nil {
		return refused, err
	}
	v := verifier{region: f.options.Region, port: f.Port(), credentials: f.options.Credentials, now: f.options.Now}
	return v.check(password, serverName(conn), st.user), nil
}

// greeting is everything from AuthenticationOk to ReadyForQuery.
func (f *Front) greeting(st *startup, k key) []byte {
	b := encode(nil, &pgproto3.AuthenticationOk{})
	parameters := f.group.Parameters()
	parameters["server_version"] = serverVersion
	parameters["application_name"] = st.application
	parameters["session_authorization"] = st.user
	parameters["is_superuser"] = "off"
	wanted := map[string]string{}
	for _, p := range st.parameters {
		wanted[strings.ToLower(p.name)] = p.value
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value, set := wanted[strings.ToLower(name)]
		if !set {
			value = parameters[name]
		}
		b = encode(b, &pgproto3.ParameterStatus{Name: name, Value: value})
	}
	b = encode(b, &pgproto3.BackendKeyData{ProcessID: k.pid, SecretKey: k.secret[:]})
	return encode(b, &pgproto3.ReadyForQuery{TxStatus: idle})
}

// serverName is the name that the client called the front by.
func serverName(conn net.Conn) string {
	if c, ok := conn.(*tls.Conn); ok {
		return c.ConnectionState().ServerName
	}
	return ""
}
