package session

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// connectTimeout bounds a connection to the PostgreSQL behind.
const connectTimeout = 30 * time.Second

var errClosed = errors.New("the front is closing")

// pool lends connections to PostgreSQL, in the order in which sessions ask.
type pool struct {
	config *pgconn.Config
	named  bool // the user gave the connections an application_name
	max    int  // that work at the same time; those whose session waits for its client don't
	most   int  // in all
	// patience is how long a session waits for a connection.
	patience time.Duration
	watch    watch
	// generation changes with every DDL: what is prepared may be stale then.
	generation atomic.Uint64

	mu      sync.Mutex
	closed  bool
	idle    []*server
	all     map[*server]struct{} // also those handed out
	opening int
	turns   sync.Pool // of *turn, without a grant
	busy    int       // handed out or being opened, without those that wait for a client
	waiting []*turn
	status  map[string]string // that PostgreSQL reports at startup
}

func newPool(ctx context.Context, o *Options) (*pool, error) {
	config, err := o.Upstream.Server()
	if err != nil {
		return nil, err
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTimeout)
	named := config.RuntimeParams["application_name"] != ""
	if !named {
		config.RuntimeParams["application_name"] = "dsql-front"
	}
	config.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	p := &pool{config: config, named: named, max: o.ServerConns, patience: o.Limits.TransactionAge, all: map[*server]struct{}{}, watch: newWatch(o.Watch)}
	p.opening, p.busy = 1, 1
	first, err := p.open(ctx)
	if err != nil {
		return nil, o.Upstream.Advised(err)
	}
	if p.most = o.MaxConns; p.most == 0 {
		p.most, err = first.allowed()
	}
	p.release(first)
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// allowed returns how many connections PostgreSQL lets the front have, beside the
// watch's.
func (v *server) allowed() (int, error) {
	const sql = "SELECT pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int - 1"
	rows, err := v.query(sql)
	if err != nil || len(rows) != 1 || len(rows[0]) != 1 {
		return 0, errors.Join(errors.New("max_connections"), err)
	}
	return strconv.Atoi(string(rows[0][0]))
}

// grant is what a waiting session gets: a connection, an error, or (both are nil) the
// right to open a connection.
type grant struct {
	server *server
	err    error
}

// turn is a session's place in the queue. The pool keeps it for another one.
type turn struct {
	granted chan grant
	late    *time.Timer
}

// acquire waits for its turn and returns a connection for one transaction. It doesn't
// wait for another session's client: if PostgreSQL allows no more connections and all
// of them have sessions that wait for their clients, it returns errNoConnection.
func (p *pool) acquire() (*server, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if len(p.waiting) == 0 && p.busy < p.max && len(p.idle) > 0 {
		defer p.mu.Unlock()
		return p.lend(), nil
	}
	t, ok := p.turns.Get().(*turn)
	if !ok {
		t = &turn{granted: make(chan grant, 1), late: time.NewTimer(p.patience)}
	}
	p.waiting = append(p.waiting, t)
	p.next()
	p.mu.Unlock()
	g := p.wait(t)
	p.turns.Put(t)
	if g.server == nil && g.err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
		defer cancel()
		return p.open(ctx)
	}
	return g.server, g.err
}

// wait returns what t is granted, or an error after p.patience.
func (p *pool) wait(t *turn) grant {
	t.late.Reset(p.patience)
	defer t.late.Stop()
	select {
	case g := <-t.granted:
		return g
	case <-t.late.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.waiting, t)
	if at < 0 { // granted just now
		return <-t.granted
	}
	p.waiting = slices.Delete(p.waiting, at, at+1)
	return grant{err: errNoConnection}
}

// lend takes an idle connection. The lock is held.
func (p *pool) lend() *server {
	s := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	p.busy++
	return s
}

// open connects; its caller has counted it in opening.
func (p *pool) open(ctx context.Context) (*server, error) {
	s, err := newServer(ctx, p.config, answerTimeout)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	if err == nil {
		s.pool = p
	}
	if err == nil && p.closed {
		s.close()
		err = errClosed
	}
	if err != nil {
		p.busy--
		p.next()
		return nil, err
	}
	s.generation = p.generation.Load()
	p.all[s] = struct{}{}
	if p.status == nil {
		p.status = s.status
	}
	return s, nil
}

// next grants connections to the sessions that wait, as far as there are any. The lock
// is held.
func (p *pool) next() {
	for len(p.waiting) > 0 && p.busy < p.max && !p.closed {
		var g grant
		switch {
		case len(p.idle) > 0:
			g.server = p.lend()
		case len(p.all)+p.opening < p.most:
			p.opening++
			p.busy++
		case p.busy > 0: // it comes back, or waits for a client
			return
		default:
			g.err = errNoConnection
		}
		t := p.waiting[0]
		p.waiting[0] = nil
		p.waiting = p.waiting[1:]
		t.granted <- g
	}
}

// release takes a connection back, which must be outside a transaction, or broken. The
// pool keeps as many as may work at the same time.
func (p *pool) release(s *server) {
	parked := s.setParked(false)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !parked {
		p.busy--
	}
	if s.stale {
		for _, other := range p.idle {
			other.close()
			delete(p.all, other)
		}
		p.idle = nil
	}
	if s.broken || s.stale || p.closed || len(p.idle) >= p.max {
		s.close()
		delete(p.all, s)
	} else {
		p.idle = append(p.idle, s)
	}
	p.next()
}

// park notes that the session waits for its client, so that another one may work.
func (v *server) park() {
	if v.setParked(true) {
		return
	}
	v.pool.mu.Lock()
	defer v.pool.mu.Unlock()
	v.pool.busy--
	v.pool.next()
}

// unpark notes that the session goes on. It doesn't wait for its turn, because other
// sessions may wait for its transaction.
func (v *server) unpark() {
	if !v.parked {
		return
	}
	v.setParked(false)
	v.pool.mu.Lock()
	defer v.pool.mu.Unlock()
	v.pool.busy++
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for s := range p.all {
		s.close()
	}
	p.idle = nil
	for _, t := range p.waiting {
		t.granted <- grant{err: errClosed}
	}
	p.waiting = nil
}
