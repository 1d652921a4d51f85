package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"dsql-load-test/internal/local/front/wire"
)

// answerTimeout is how long PostgreSQL may take to answer, at least: twice the age at
// which DSQL refuses a transaction.
const answerTimeout = 10 * time.Minute

// maxPrepared is how many statements one server connection keeps prepared.
const maxPrepared = 500

// beginRoom is enough for any BEGIN with its snapshot.
const beginRoom = 128

// server is a connection to the PostgreSQL behind.
type server struct {
	conn       net.Conn
	in         wire.Reader
	pid        uint32
	key        []byte
	status     map[string]string
	known      map[*prepared]struct{}
	order      []*prepared // known ones, the oldest first
	settings   string      // the Settings.all that it has
	dirty      bool        // it may have other settings
	generation uint64      // of the schema, when the known statements were prepared
	broken     bool
	stale      bool // PostgreSQL refuses work on it, and perhaps on idle connections too
	pool       *pool
	out        []byte        // buffer of the session that has it
	patience   time.Duration // for each answer of PostgreSQL's, at least
	deadline   time.Time     // of conn

	// The watch reads these. Only the session changes them, except ended.
	mu     sync.Mutex  // held while the watch cancels
	turn   uint64      // odd while PostgreSQL has to answer
	block  bool        // only its client's next statement ends its transaction
	parked bool        // its session waits for its client
	ended  *wire.Error // why the watch cancelled what PostgreSQL has to answer
	seen   uint64      // turn when the watch last looked; the watch's own
	since  uint64      // look at which the watch first saw it; the watch's own
}

// newServer connects. PostgreSQL may take patience for an answer; see begin.
func newServer(ctx context.Context, config *pgconn.Config, patience time.Duration) (*server, error) {
	c, err := pgconn.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	// On a busy machine pgconn may still read in the background, and would take
	// the answer to what is sent next.
	if err := c.SyncConn(ctx); err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, errors.Join(err, c.Close(ctx))
	}
	return &server{
		conn: h.Conn, in: wire.NewReader(h.Conn), pid: h.PID, key: h.SecretKey, status: h.ParameterStatuses,
		known: map[*prepared]struct{}{}, patience: patience,
	}, nil
}

// room returns an empty buffer, whose first beginRoom bytes are for a BEGIN. A server
// connection has it, because those are few, and sessions that wait for one are many.
func (v *server) room() []byte {
	if v.out == nil {
		v.out = make([]byte, beginRoom, 4<<10)
	}
	return v.out[:beginRoom]
}

// keep takes the buffer back.
func (v *server) keep(out []byte) {
	v.out = nil
	if cap(out) <= keepBytes {
		v.out = out
	}
}

func (v *server) close() { _ = v.conn.Close() } // a rollback is all that is left

// appendParse appends the Parse of p, and counts p as known.
func (v *server) appendParse(b []byte, p *prepared) []byte {
	b, at := wire.Begin(b, 'P')
	b = wire.AppendText(wire.AppendText(b, p.name), p.SQL)
	v.remember(p)
	return wire.End(append(b, p.oids...), at)
}

// oldest returns a statement to forget if there are too many, or nil.
func (v *server) oldest() *prepared {
	if len(v.order) < maxPrepared {
		return nil
	}
	p := v.order[0]
	v.order = v.order[1:]
	if _, known := v.known[p]; !known {
		return nil
	}
	delete(v.known, p)
	return p
}

// remember notes that PostgreSQL knows p.
func (v *server) remember(p *prepared) {
	v.known[p] = struct{}{}
	v.order = append(v.order, p)
}

// fit gives the connection a session's settings, and forgets statements
// prepared for another schema.
func (v *server) fit(settings string, generation uint64) error {
	if v.generation != generation {
		if err := v.do("DEALLOCATE ALL"); err != nil {
			return err
		}
		clear(v.known)
		v.order, v.generation = nil, generation
	}
	if !v.dirty && v.settings == settings {
		return nil
	}
	v.dirty = true
	if err := v.do("RESET ALL;" + settings); err != nil {
		return err
	}
	v.dirty, v.settings = false, settings
	return nil
}

// do executes sql and drops the rows. An error of PostgreSQL's is a *serverError;
// any other breaks the connection.
func (v *server) do(sql string) error {
	_, err := v.query(sql)
	return err
}

// query executes sql and returns the rows.
func (v *server) query(sql string) (rows [][][]byte, failure error) {
	v.begin()
	defer v.finish()
	if _, err := v.conn.Write(wire.AppendFrame(nil, 'Q', sql)); err != nil {
		return nil, v.unsent(err)
	}
	return v.read()
}

// unsent returns why a write failed: what PostgreSQL said when it ended the connection,
// or else err.
func (v *server) unsent(err error) error {
	v.broken = true
	_ = v.conn.SetReadDeadline(time.Now().Add(cancelTimeout)) // it is broken anyway
	_, said := v.read()
	if e, ok := errors.AsType[*serverError](said); ok {
		return e
	}
	return err
}

// read returns the rows up to ReadyForQuery.
func (v *server) read() (rows [][][]byte, failure error) {
	for {
		frame, err := v.in.Next()
		if err != nil {
			v.broken = true
			if e, ok := errors.AsType[*serverError](failure); ok && e.ends() {
				err = e
			}
			return nil, err
		}
		switch wire.Kind(frame) {
		case 'D':
			var row pgproto3.DataRow
			if err := row.Decode(bytes.Clone(wire.Body(frame))); err != nil {
				v.broken = true
				return nil, err
			}
			rows = append(rows, row.Values)
		case 'E':
			if failure == nil {
				failure = v.failure(frame)
			}
		case 'Z':
			return rows, failure
		}
	}
}

// cancelTimeout bounds a cancellation.
const cancelTimeout = 10 * time.Second

// cancel asks PostgreSQL to cancel what the connection does.
func (v *server) cancel(ctx context.Context) {
	address := v.conn.RemoteAddr()
	conn, err := new(net.Dialer).DialContext(ctx, address.Network(), address.String())
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }() // nothing is answered
	request, err := (&pgproto3.CancelRequest{ProcessID: v.pid, SecretKey: v.key}).Encode(nil)
	if err != nil { // PostgreSQL sent no such key
		return
	}
	_, _ = conn.Write(request) // a cancellation may be lost
	// PostgreSQL closes the connection after it has signalled. Until then the
	// signal could hit the next statement, another session's perhaps.
	_ = conn.SetReadDeadline(time.Now().Add(cancelTimeout))
	_, _ = io.Copy(io.Discard, conn)
}
