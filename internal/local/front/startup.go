package front

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/session"
	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
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
		wire.Refuse(conn, refused)
		return
	}
	s, refused := f.admitted(raw, conn)
	if s == nil {
		wire.Refuse(conn, refused)
		return
	}
	_ = raw.SetDeadline(time.Time{}) // from here on ConnectionLife bounds every wait for the client
	life := time.AfterFunc(f.options.Limits.ConnectionLife, func() { _ = raw.Close() })
	defer life.Stop()
	defer f.leave()
	s.Run()
}

// admitted gets a client from its start-up message to ReadyForQuery and counts
// it in. It returns nil where the connection must end, with the error to send.
func (f *Front) admitted(raw, conn net.Conn) (*session.Conn, *wire.Error) {
	packet, err := wire.ReadStartup(conn)
	if err != nil {
		return nil, nil
	}
	if wire.Code(packet) == wire.CodeCancel {
		f.cancel(packet)
		return nil, nil
	}
	st, set, refused := acceptable(wire.ParseStartup(packet))
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
	f.group.Name(&set, st.Application)
	s := f.group.New(conn, set)
	if _, err := conn.Write(f.greeting(&st, f.clients.enter(raw, s))); err != nil {
		f.leave()
		return nil, nil
	}
	return s, nil
}

// acceptable checks what a client asks for, and returns the settings that its
// session starts with.
func acceptable(st wire.Startup, fault *wire.Error) (wire.Startup, session.Settings, *wire.Error) {
	var set session.Settings
	for _, p := range st.Parameters {
		if refused := set.StartWith(p.Name, p.Value); refused != nil {
			return st, set, refused
		}
	}
	db := cmp.Or(st.Database, st.User)
	switch {
	case fault != nil:
		return st, set, fault
	case st.User == "":
		return st, set, &wire.Error{Fatal: true, Code: "28000", Message: "no PostgreSQL user name specified in startup packet"}
	case db != database:
		return st, set, &wire.Error{Fatal: true, Code: "3D000", Message: fmt.Sprintf("database %q does not exist", db)}
	}
	return st, set, nil
}

// authenticate asks for a token and checks it.
func (f *Front) authenticate(conn net.Conn, st *wire.Startup) (*wire.Error, error) {
	var b []byte
	if st.Minor > 0 || len(st.Options) > 0 {
		b = wire.Encode(b, &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: st.Options})
	}
	if _, err := conn.Write(wire.Encode(b, &pgproto3.AuthenticationCleartextPassword{})); err != nil {
		return nil, err
	}
	password, refused, err := wire.ReadPassword(conn, maxTokenBytes)
	if refused != nil || err != nil {
		return refused, err
	}
	v := verifier{region: f.options.Region, port: f.Port(), credentials: f.options.Credentials, now: f.options.Now}
	return v.check(password, conn.(*tls.Conn).ConnectionState().ServerName, st.User), nil
}

// greeting is everything from AuthenticationOk to ReadyForQuery.
func (f *Front) greeting(st *wire.Startup, k key) []byte {
	b := wire.Encode(nil, &pgproto3.AuthenticationOk{})
	parameters := f.group.Parameters()
	parameters["server_version"] = sql.Version
	parameters["application_name"] = st.Application
	parameters["session_authorization"] = st.User
	parameters["is_superuser"] = "off"
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[name]
		for _, p := range st.Parameters {
			if strings.EqualFold(p.Name, name) {
				value = p.Value
			}
		}
		b = wire.Encode(b, &pgproto3.ParameterStatus{Name: name, Value: value})
	}
	b = wire.Encode(b, &pgproto3.BackendKeyData{ProcessID: k.pid, SecretKey: k.secret[:]})
	return wire.Encode(b, &pgproto3.ReadyForQuery{TxStatus: wire.Idle})
}
