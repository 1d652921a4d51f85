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

// registry has every client's connection from its first byte on, and the key of every
// session.
type registry struct {
	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	keys   map[*session.Conn]key
	last   uint32 // the pid of the newest key
}

func newRegistry() registry {
	return registry{conns: map[net.Conn]struct{}{}, keys: map[*session.Conn]key{}}
}

// add notes a connection. It returns false if the front is closed.
func (r *registry) add(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.conns[c] = struct{}{}
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

// enter gives a session its key.
func (r *registry) enter(s *session.Conn) key {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	k := key{pid: r.last}
	_, _ = rand.Read(k.secret[:]) // never fails
	r.keys[s] = k
	return k
}

func (r *registry) exit(s *session.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, s)
}

// find returns the session whose key a CancelRequest names, or nil.
func (r *registry) find(pid uint32, secret []byte) *session.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, k := range r.keys {
		if k.pid == pid && subtle.ConstantTimeCompare(secret, k.secret[:]) == 1 {
			return s
		}
	}
	return nil
}
