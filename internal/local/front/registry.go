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

// registry has every client's connection from its first byte on, and the sessions by
// their keys.
type registry struct {
	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]struct{}
	sessions map[uint32]*session.Conn
	keys     map[*session.Conn]key
	last     uint32
}

func newRegistry() registry {
	return registry{conns: map[net.Conn]struct{}{}, sessions: map[uint32]*session.Conn{}, keys: map[*session.Conn]key{}}
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
	for r.last++; r.last == 0 || r.sessions[r.last] != nil; {
		r.last++
	}
	k := key{pid: r.last}
	_, _ = rand.Read(k.secret[:]) // never fails
	r.sessions[k.pid], r.keys[s] = s, k
	return k
}

func (r *registry) exit(s *session.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sessions, r.keys[s].pid)
	delete(r.keys, s)
}

// find returns the session whose key a CancelRequest names, or nil.
func (r *registry) find(pid uint32, secret []byte) *session.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[pid]
	k := r.keys[s]
	if s == nil || subtle.ConstantTimeCompare(secret, k.secret[:]) != 1 {
		return nil
	}
	return s
}
