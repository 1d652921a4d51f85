// Package session serves the clients that the front has let in: their statements,
// transactions and conflicts, on a pool of connections to PostgreSQL that all
// sessions share. A session holds a connection only during a transaction.
//
// A Group is what the sessions share: the pool, the prepared statements, the row
// locks, and a watch that ends statements which wait for another session's client.
// The package doesn't listen and knows nothing of TLS and tokens.
package session

import (
	"context"
	"maps"
	"net"
	"sync"
	"time"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/lock"
)

// Limits are DSQL's quotas of a transaction and of a message. All must be over 0.
type Limits struct {
	Rows             int           // changed in a transaction
	TransactionBytes int           // written in a transaction: here the bytes of its parameters and texts
	TransactionAge   time.Duration // at its commit
	MessageBytes     int           // of one protocol message
}

// DefaultLimits are those that Aurora DSQL's user guide gives (2026).
func DefaultLimits() Limits {
	return Limits{Rows: 3_000, TransactionBytes: 10 << 20, TransactionAge: 300 * time.Second, MessageBytes: 10 << 20}
}

// Options configure a Group.
type Options struct {
	Upstream    address.Address // of PostgreSQL, with its superuser
	ServerConns int             // connections to PostgreSQL on which sessions work at the same time; sessions that wait for their client have more
	Limits      Limits
	Faults      *fault.Injector
	Now         func() time.Time // for the age of transactions
	MaxConns    int              // to PostgreSQL in all; 0 is what its max_connections allows
	Watch       time.Duration    // how often to look for statements that wait for a lock; 0 is WatchInterval
}

// Group is everything that the sessions of all clients share.
type Group struct {
	options Options
	pool    *pool
	cache   *cache
	locks   lock.Book
	deletes deleteCount
	catalog catalog
	works   workPool
	done    chan struct{} // closed by Close
	wg      sync.WaitGroup
}

// NewGroup connects once to PostgreSQL, to see that it is there. Use Close to end
// it.
func NewGroup(ctx context.Context, o Options) (*Group, error) {
	pool, err := newPool(ctx, &o)
	if err != nil {
		return nil, err
	}
	g := &Group{options: o, pool: pool, cache: newCache(), done: make(chan struct{})}
	g.wg.Go(func() { pool.watch.run(pool, g.done) })
	return g, nil
}

// Parameters are the run-time parameters that PostgreSQL reported when the first
// connection was opened.
func (g *Group) Parameters() map[string]string {
	g.pool.mu.Lock()
	defer g.pool.mu.Unlock()
	return maps.Clone(g.pool.status)
}

// Close ends all connections to PostgreSQL. Every session must see its client's
// connection end as well.
func (g *Group) Close() {
	close(g.done)
	g.pool.close()
	g.wg.Wait()
}

// Stats are counts of what the sessions hold at a moment.
type Stats struct {
	Conns   int    // connections to PostgreSQL
	Busy    int    // of these, those on which a session works
	Lasting int64  // of these, those whose transaction lasts until a client acts
	Lockers int64  // transactions that have locked rows
	Looks   uint64 // at statements that may wait for a lock, so far
}

// Stats returns the counts of now. Only tests use it, to show that the front leaves nothing behind.
func (g *Group) Stats() Stats {
	g.pool.mu.Lock()
	defer g.pool.mu.Unlock()
	return Stats{
		Conns: len(g.pool.all), Busy: g.pool.busy, Lasting: g.pool.watch.lasting.Load(),
		Lockers: g.locks.Holders.Load(), Looks: g.pool.watch.looks.Load(),
	}
}

// sleep waits for d, or until Close.
func (g *Group) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-g.done:
	}
}

// Name gives a session the application_name of its client's start-up message, so that the server
// shows it while the session works. If the user named the connections to the server, they keep
// that name.
func (g *Group) Name(set *Settings, application string) {
	if application != "" && !g.pool.named {
		set.start("application_name", application)
	}
}

// New returns the session of a client that has logged in. Use Run to serve it.
func (g *Group) New(conn net.Conn, set Settings) *Conn {
	return &Conn{group: g, conn: conn, settings: set, statements: map[string]*prepared{}, portals: map[string]portal{}}
}
