// Package front is a PostgreSQL proxy on loopback that holds its clients to the
// rules of Aurora DSQL: TLS, IAM tokens, limits of connections and transactions,
// refused SQL, conflicts at commit, and faults injected on request. Sessions
// hold a connection of the PostgreSQL behind only during a transaction, so that
// thousands of them share a few. No session waits for another one's client.
package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"dsql-load-test/internal/dsql/address"
)

// Options say what the front is in front of and what it allows.
type Options struct {
	Address     string          // to listen on, such as "127.0.0.1:0"
	Upstream    address.Address // of the PostgreSQL behind, with its superuser
	ServerConns int             // connections to it on which sessions work at the same time; those that wait for their client have more
	Hosts       []string        // names that a client may call the front by, such as "localhost"
	Folder      string          // where the certificate of the front's authority is written; empty for nowhere
	Region      string          // that tokens must be signed for
	Credentials Credentials     // that tokens must be signed with
	Limits      Limits          // DefaultLimits where it is the zero value
	Faults      Faults          // those of other parts than the front are ignored
	Seed        int64           // of the faults' draws
	Now         func() time.Time
}

// Front is a running proxy.
type Front struct {
	options   Options
	listener  net.Listener
	authority *authority
	pool      *pool
	cache     *cache
	faults    *injector
	rate      bucket
	count     atomic.Int64 // admitted sessions
	done      chan struct{}
	sessions  registry
	locks     lockBook
	deletes   deleteCount
	catalog   catalog
	works     workPool
	wg        sync.WaitGroup
}

// Start listens, and connects once to the PostgreSQL behind to see that it is
// there. Use Close to end it.
func Start(ctx context.Context, o Options) (*Front, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("DSQL front: %w", err)
	}
	authority, err := newAuthority(o.Hosts, o.Folder)
	if err != nil {
		return nil, fmt.Errorf("DSQL front: %w", err)
	}
	pool, err := newPool(ctx, o.Upstream, o.ServerConns)
	if err != nil {
		return nil, fmt.Errorf("DSQL front: PostgreSQL behind: %w", err)
	}
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		pool.close()
		return nil, fmt.Errorf("DSQL front: %w", err)
	}
	f := &Front{
		options: o, listener: listener, authority: authority, pool: pool,
		cache: newCache(), faults: newInjector(o.Faults, o.Seed), done: make(chan struct{}),
		rate: bucket{perSecond: o.Limits.ConnectRate, burst: o.Limits.ConnectBurst, now: o.Now},
	}
	f.wg.Go(f.accept)
	f.wg.Go(func() { pool.watch.run(pool, f.done) })
	return f, nil
}

func (o *Options) check() error {
	var faults []error
	if o.ServerConns < 1 {
		faults = append(faults, fmt.Errorf("server connections %d: at least 1", o.ServerConns))
	}
	if len(o.Hosts) == 0 {
		faults = append(faults, errors.New("no host name"))
	}
	if o.Region == "" || o.Credentials.AccessKeyID == "" || o.Credentials.SecretAccessKey == "" {
		faults = append(faults, errors.New("region and credentials must be given"))
	}
	return errors.Join(append(faults, o.Limits.check(), o.Faults.check())...)
}

func (f *Front) accept() {
	for {
		conn, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, say: it passes
			f.sleep(10 * time.Millisecond)
			continue
		}
		f.wg.Go(func() { f.serve(conn) })
	}
}

// sleep waits for d, or until the front is closed.
func (f *Front) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.done:
	}
}

// Host is the first of the names that clients may use.
func (f *Front) Host() string { return f.options.Hosts[0] }

// Port is the TCP port on loopback.
func (f *Front) Port() int { return f.listener.Addr().(*net.TCPAddr).Port }

// CAFile is the PEM file of the authority that clients must trust.
func (f *Front) CAFile() string { return f.authority.file }

// CA is the certificate, PEM, of the authority that clients must trust.
func (f *Front) CA() string { return string(f.authority.pem) }

// Injected is how often each fault happened, by its name; drop is counted as
// drop-before and drop-after.
func (f *Front) Injected() map[string]int64 { return f.faults.counts() }

// Close ends all sessions and all connections to the PostgreSQL behind.
func (f *Front) Close() error {
	err := f.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	close(f.done)
	f.sessions.close()
	f.pool.close()
	f.wg.Wait()
	return err
}
