package session

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/local/front/wire"
)

const (
	// maxPending is how many bytes of a pipeline the session keeps until the client
	// asks for the answers.
	maxPending = 4 << 20
	// readStep is how much memory a message gets at once, before its bytes arrive.
	readStep = 256 << 10
	// answerBytes is how many bytes of answers the session keeps before it sends them.
	answerBytes = 32 << 10
	// readPatience is how long a client may leave answers unread before other sessions
	// may use its share of the pool.
	readPatience = 50 * time.Millisecond
)

// Conn is the session of one client.
type Conn struct {
	group *Group
	conn  net.Conn

	head       [wire.HeadBytes]byte
	settings   Settings
	statements map[string]*prepared
	portals    map[string]portal
	tx         transaction
	fitted     bool // the server connection has the session's settings
	skip       bool // messages up to the next Sync, after an error
	*work           // nil while the session waits for its client

	mu     sync.Mutex // guards server against Cancel
	server *server    // nil outside a transaction
	// For PostgreSQL: server.out while there is one, else nil. The first beginRoom bytes are kept free.
	out []byte
}

// portal is a statement with its parameters, which PostgreSQL keeps.
type portal struct {
	*prepared
	bytes int // of the parameters
}

// Run serves the client until it goes, is cut off, or breaks the protocol. Whoever
// calls it closes the connection in the end, which also ends a wait for the client.
func (s *Conn) Run() {
	defer func() { s.rest(); s.rollback() }()
	for {
		if s.work != nil && len(s.in) == 0 {
			s.rest()
		}
		frame, refused, err := s.read()
		if err == nil && refused == nil {
			refused, err = s.handle(frame)
		}
		if refused != nil {
			s.rollback() // before a client that is slow to go
			wire.Refuse(s.conn, refused)
			return
		}
		if err != nil {
			return
		}
	}
}

// rest gives back the buffers.
func (s *Conn) rest() {
	if s.work != nil {
		s.group.works.put(s.work)
		s.work = nil
	}
}

// read appends the client's next frame to s.in.
func (s *Conn) read() (frame []byte, refused *wire.Error, err error) {
	if s.server != nil {
		s.server.park()
	}
	if err := s.fill(s.head[:]); err != nil {
		return nil, nil, err
	}
	n := wire.Length(s.head[:])
	if n < 0 || n+4 > s.group.options.Limits.MessageBytes {
		return nil, wire.ProtocolViolation("invalid message length"), nil
	}
	if s.work == nil {
		s.work = s.group.works.get()
	}
	from := len(s.in)
	s.in = append(s.in, s.head[:]...)
	for n > 0 {
		step := min(n, readStep)
		at := len(s.in)
		s.in = slices.Grow(s.in, step)[:at+step]
		if err := s.fill(s.in[at:]); err != nil {
			return nil, nil, err
		}
		n -= step
	}
	return s.in[from:], nil, nil
}

// fill reads from the client until b is full. A transaction that grows too old meanwhile
// gives its server connection back, because others may wait for it.
func (s *Conn) fill(b []byte) error {
	if !s.tx.open {
		_, err := io.ReadFull(s.conn, b)
		return err
	}
	left := s.group.options.Limits.TransactionAge - s.group.options.Now().Sub(s.tx.started)
	if err := s.conn.SetReadDeadline(time.Now().Add(left)); err != nil {
		return err
	}
	n, err := io.ReadFull(s.conn, b)
	if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if err := s.expire(); err != nil {
			return err
		}
		_, err = io.ReadFull(s.conn, b[n:])
	}
	return err
}

// handle executes the frame, which is the last one in s.in.
func (s *Conn) handle(frame []byte) (*wire.Error, error) {
	switch k := wire.Kind(frame); k {
	case 'P', 'B', 'D', 'E', 'C':
		if len(s.in) < maxPending {
			return nil, nil
		}
		return nil, s.pipeline(s.in, false)
	case 'H':
		return nil, s.pipeline(s.before(frame), false)
	case 'S':
		return nil, s.pipeline(s.before(frame), true)
	case 'Q':
		return nil, s.simple(frame)
	case 'F':
		return nil, s.functionCall(frame)
	case 'd', 'c', 'f': // of a COPY that failed
		s.in = s.before(frame)
		return nil, nil
	case 'X':
		return nil, errEnd
	default:
		return wire.ProtocolViolation("invalid frontend message type %d", k), nil
	}
}

// before returns s.in without its last frame.
func (s *Conn) before(frame []byte) []byte { return s.in[:len(s.in)-len(frame)] }

// flush sends the client the answers so far.
func (s *Conn) flush() error {
	if len(s.answer) == 0 {
		return nil
	}
	_, err := s.write(s.answer)
	s.answer = s.answer[:0]
	s.tag, s.tagEnd = 0, 0
	return err
}

// write writes to the client. While the client leaves it unread, the session counts
// as one that waits for its client. One that leaves it unread for longer than a
// transaction may last loses its session, because others may wait for the server connection.
func (s *Conn) write(b []byte) (int, error) {
	v := s.server
	if v == nil {
		return s.conn.Write(b)
	}
	parked := make(chan struct{})
	stuck := time.AfterFunc(readPatience, func() {
		v.park()
		_ = s.conn.SetWriteDeadline(time.Now().Add(s.group.options.Limits.TransactionAge)) // a closed one fails at once anyway
		close(parked)
	})
	n, err := s.conn.Write(b)
	if !stuck.Stop() {
		<-parked
		v.unpark()
		_ = s.conn.SetWriteDeadline(time.Time{})
	}
	return n, err
}

// ready ends the answers to a Sync or a Query.
func (s *Conn) ready() error {
	s.skip = false
	s.answer = append(s.answer, 'Z', 0, 0, 0, 5, s.tx.state())
	return s.flush()
}

// hold gives the transaction a server connection with the session's settings, unless
// it has one.
func (s *Conn) hold() error {
	if s.fitted {
		return nil
	}
	if s.server == nil {
		v, err := s.group.pool.acquire()
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.server = v
		s.mu.Unlock()
		s.out = v.room()
	}
	s.fitted = true
	if !s.tx.explicit {
		s.tx.started, s.tx.schema = s.group.options.Now(), s.group.pool.generation.Load()
	}
	return s.server.fit(s.settings.all, s.group.pool.generation.Load())
}

// release gives the server connection back.
func (s *Conn) release() {
	s.fitted = false
	if s.server != nil {
		s.server.setBlock(false)
	}
	s.mu.Lock()
	v := s.server
	s.server = nil
	s.mu.Unlock()
	if v != nil {
		v.keep(s.out)
		s.out = nil
		s.group.pool.release(v)
	}
}

// Cancel asks PostgreSQL to cancel what the session waits for.
func (s *Conn) Cancel(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		s.server.cancel(ctx)
	}
}

// errorFor returns what the client gets for an error of the server connection.
func (s *Conn) errorFor(err error) *wire.Error {
	var e *serverError
	var startup *pgconn.PgError
	switch {
	case errors.Is(err, errNoConnection), errors.As(err, &startup) && startup.Code == noConnection().Code:
		return noConnection()
	case errors.As(err, &e):
		return cmp.Or(e.translated(s.tx.ddl), e.refusal())
	case errors.Is(err, errClosed):
		return &wire.Error{Fatal: true, Code: "57P01", Message: "terminating connection due to administrator command"}
	}
	return serverLost()
}
