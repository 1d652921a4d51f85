package front

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"sync"
)

// registry knows the sessions by the key that a CancelRequest names, and every
// client's connection from its first byte on.
type registry struct {
	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]struct{}
	sessions map[uint32]*session
	last     uint32
}

// add answers false when the front is closed already.
func (r *registry) add(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.conns == nil {
		r.conns = map[net.Conn]struct{}{}
	}
	r.conns[c] = struct{}{}
	return true
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
func (r *registry) enter(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions == nil {
		r.sessions = map[uint32]*session{}
	}
	for r.last++; r.last == 0 || r.sessions[r.last] != nil; {
		r.last++
	}
	s.pid = r.last
	_, _ = rand.Read(s.secret[:]) // never fails
	r.sessions[s.pid] = s
}

func (r *registry) exit(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sessions, s.pid)
}

// find answers the session that a CancelRequest's key names, or nil.
func (r *registry) find(pid uint32, secret []byte) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[pid]
	if s == nil || len(secret) != 4 || binary.BigEndian.Uint32(secret) != binary.BigEndian.Uint32(s.secret[:]) {
		return nil
	}
	return s
}
