package front

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"sync"

	"dsql-load-test/internal/local/front/session"
)

// key is what a client names in a CancelRequest.
type key struct {
	pid    uint32
	secret [4]byte
}

// login is what the registry has of a connection: its session and the session's key. Both
// are zero until the client has logged in.
type login struct {
	key
	session *session.Conn
}

// registry has every client by its connection, from the first byte on.
type registry struct {
	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]login
	last   uint32 // the pid of the newest key
}

func newRegistry() registry { return registry{conns: map[net.Conn]login{}} }

// add notes a connection. It returns false if the front is closed.
func (r *registry) add(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.conns[c] = login{}
	}
	return !r.closed
}

func (r *registry) remove(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
}

func (r *registry) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for c := range r.conns {
		_ = c.Close() // its session sees that
	}
}

// enter gives the session of a connection its key.
func (r *registry) enter(c net.Conn, s *session.Conn) key {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	k := key{pid: r.last}
	_, _ = rand.Read(k.secret[:]) // never fails
	r.conns[c] = login{k, s}
	return k
}

// find returns the session whose key a CancelRequest names, or nil.
func (r *registry) find(pid uint32, secret []byte) *session.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		if c.session != nil && c.pid == pid && subtle.ConstantTimeCompare(secret, c.secret[:]) == 1 {
			return c.session
		}
	}
	return nil
}
