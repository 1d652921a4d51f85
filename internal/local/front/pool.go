package front

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// connectTimeout bounds a connection to the PostgreSQL behind.
const connectTimeout = 30 * time.Second

var errClosed = errors.New("the front is closing")

// pool hands out connections to the PostgreSQL behind, in the order in which
// they were asked for.
type pool struct {
	config *pgconn.Config
	max    int
	// generation changes with every DDL: what is prepared may be stale then.
	generation atomic.Uint64

	mu      sync.Mutex
	closed  bool
	idle    []*server
	all     map[*server]struct{} // also those handed out
	opening int
	waiting []chan *server
	status  map[string]string // that PostgreSQL reports at startup
}

func newPool(ctx context.Context, url string, conns int) (*pool, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.ConnectTimeout = connectTimeout
	config.RuntimeParams["application_name"] = "dsql-front"
	config.RuntimeParams["default_transaction_isolation"] = "repeatable read"
	p := &pool{config: config, max: conns, all: map[*server]struct{}{}}
	p.opening = 1
	first, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	p.release(first)
	return p, nil
}

// acquire waits for its turn, and answers a connection for one transaction.
func (p *pool) acquire() (*server, error) {
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return nil, errClosed
	case len(p.idle) > 0:
		s := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		p.mu.Unlock()
		return s, nil
	case len(p.all)+p.opening < p.max:
		p.opening++
		p.mu.Unlock()
		return p.open(context.Background()) // config has a time-out
	}
	turn := make(chan *server, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	s, ok := <-turn
	switch {
	case !ok:
		return nil, errClosed
	case s == nil: // instead of one that broke
		return p.open(context.Background())
	}
	return s, nil
}

// open connects; its caller has counted it in opening.
func (p *pool) open(ctx context.Context) (*server, error) {
	s, err := newServer(ctx, p.config)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	if err == nil && p.closed {
		s.close()
		err = errClosed
	}
	if err != nil {
		p.passOn()
		return nil, err
	}
	s.generation = p.generation.Load()
	p.all[s] = struct{}{}
	if p.status == nil {
		p.status = s.status
	}
	return s, nil
}

// passOn lets whoever is next open a connection. The lock is held.
func (p *pool) passOn() {
	if len(p.waiting) > 0 && !p.closed {
		p.opening++
		p.take() <- nil
	}
}

func (p *pool) take() chan *server {
	next := p.waiting[0]
	p.waiting[0] = nil
	p.waiting = p.waiting[1:]
	return next
}

// release gives a connection back, outside a transaction or broken.
func (p *pool) release(s *server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case s.broken || p.closed:
		s.close()
		delete(p.all, s)
		p.passOn()
	case len(p.waiting) > 0:
		p.take() <- s
	default:
		p.idle = append(p.idle, s)
	}
}

// parameters are those that PostgreSQL reports at startup.
func (p *pool) parameters() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.status)
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for s := range p.all {
		s.close()
	}
	p.idle = nil
	for _, w := range p.waiting {
		close(w)
	}
	p.waiting = nil
}
