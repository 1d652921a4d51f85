package dsqltest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Serve calls handle with each connection to a listener on loopback, until the test
// ends. The connection is closed when handle returns, or when the test ends.
func Serve(t testing.TB, handle func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open connections
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.add(conn)
			wg.Go(func() {
				defer func() { _ = conn.Close() }()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.close()
		wg.Wait()
	})
	return l
}

// Proxy leads to the shared server over TCP, as long as it isn't shut.
type Proxy struct {
	net.Listener
	shut    atomic.Bool
	refused atomic.Int64
	open    connections
}

// NewProxy starts a proxy, which lasts as long as the test.
func NewProxy(t testing.TB) *Proxy {
	t.Helper()
	p, socket := &Proxy{}, Socket(t)
	p.Listener = Serve(t, func(client net.Conn) {
		if p.shut.Load() {
			p.refused.Add(1)
			return
		}
		p.open.add(client)
		Join(t, client, socket)
	})
	return p
}

// Join connects a client to the server at a socket, until either end closes.
func Join(t testing.TB, client net.Conn, socket string) {
	server, err := net.Dial("unix", socket)
	if err != nil {
		t.Error(err)
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
	wg.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
	wg.Wait()
}

// Cut ends all connections. New ones are possible.
func (p *Proxy) Cut() { p.open.close() }

// Shut ends all connections and refuses new ones until Reopen.
func (p *Proxy) Shut() {
	p.shut.Store(true)
	p.Cut()
}

// Reopen takes connections again.
func (p *Proxy) Reopen() { p.shut.Store(false) }

// Refused is how many connections came while the proxy was shut.
func (p *Proxy) Refused() int64 { return p.refused.Load() }

// connections are those that may have to be closed early.
type connections struct {
	mu  sync.Mutex
	all []net.Conn
}

func (c *connections) add(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, conn)
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.all {
		_ = conn.Close() // a second time does no harm
	}
	c.all = nil
}
