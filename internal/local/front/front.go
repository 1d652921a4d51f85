// Package front is a PostgreSQL proxy on loopback that holds its clients to the
// rules of Aurora DSQL: TLS, IAM tokens, limits of connections and transactions,
// refused SQL, conflicts at commit, and faults on request.
//
// This package listens, opens TLS, checks tokens, and counts clients. Then package
// session serves the client; wire reads and writes the protocol, and sql reads the
// statements. docs/dsql.md has the rules.
package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/session"
)

// Options configure a front.
type Options struct {
	Address     string           // to listen on, such as "127.0.0.1:0"
	Upstream    address.Address  // of the PostgreSQL behind, with its superuser
	ServerConns int              // connections to it on which sessions work at the same time; those that wait for their client have more
	Hosts       []string         // names that a client may call the front by, such as "localhost"
	Folder      string           // where the certificate of the front's authority is written; empty for nowhere
	Region      string           // that tokens must be signed for
	Credentials Credentials      // that tokens must be signed with
	Limits      Limits           // the zero value is DefaultLimits
	Faults      fault.List       // those of the Lambda service are ignored
	Seed        int64            // of the faults' draws
	Now         func() time.Time // nil is time.Now

	change func(*session.Options) // nil but in tests
}

// Front is a running proxy.
type Front struct {
	options   Options
	listener  net.Listener
	authority *authority
	group     *session.Group // the sessions
	faults    *fault.Injector
	rate      *rate.Limiter // of new connections
	count     atomic.Int64  // admitted clients
	done      chan struct{} // closed by Close
	clients   registry
	wg        sync.WaitGroup
}

// Start listens, and connects once to the PostgreSQL behind to see that it is
// there. Use Close to end it.
func Start(ctx context.Context, o Options) (*Front, error) {
	f, err := startListening(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("DSQL front: %w", err)
	}
	f.wg.Go(f.accept)
	return f, nil
}

// startListening returns a front that listens but doesn't accept yet.
func startListening(ctx context.Context, o Options) (*Front, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	authority, err := newAuthority(o.Hosts, o.Folder)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	faults := fault.New(o.Faults, o.Seed)
	shared := session.Options{Upstream: o.Upstream, ServerConns: o.ServerConns, Limits: o.Limits.Limits, Faults: faults, Now: o.Now}
	if o.change != nil {
		o.change(&shared)
	}
	group, err := session.NewGroup(ctx, shared)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL behind: %w", err)
	}
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		group.Close()
		return nil, err
	}
	return &Front{
		options: o, listener: listener, authority: authority, group: group, faults: faults, clients: newRegistry(), done: make(chan struct{}),
		rate: rate.NewLimiter(rate.Limit(o.Limits.ConnectRate), o.Limits.ConnectBurst),
	}, nil
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
	return errors.Join(append(faults, o.Limits.check(), o.Faults.Check())...)
}

func (f *Front) accept() {
	for {
		conn, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, say: it passes
			select {
			case <-time.After(10 * time.Millisecond):
			case <-f.done:
			}
			continue
		}
		f.wg.Go(func() { f.serve(conn) })
	}
}

// Host returns the first of the names that clients may use.
func (f *Front) Host() string { return f.options.Hosts[0] }

// Port returns the TCP port on loopback.
func (f *Front) Port() int { return f.listener.Addr().(*net.TCPAddr).Port }

// CAFile returns the PEM file of the authority that clients must trust.
func (f *Front) CAFile() string { return f.authority.file }

// CA returns the certificate (PEM) of the authority that clients must trust.
func (f *Front) CA() string { return string(f.authority.pem) }

// Injected returns how often each fault happened, by its name. A drop counts as
// drop-before or drop-after.
func (f *Front) Injected() map[string]int64 { return f.faults.Counts() }

// Close ends all sessions and all connections to PostgreSQL.
func (f *Front) Close() error {
	err := f.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	close(f.done)
	f.clients.close()
	f.group.Close()
	f.wg.Wait()
	return err
}
