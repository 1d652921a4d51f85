package dsql_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"dsql-load-test/internal/dsql/dsqltest"
)

// proxy is a way to the cluster that can be cut.
type proxy struct {
	net.Listener
	last atomic.Pointer[net.Conn] // the client's latest connection
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.last.Store(&client)
			server, err := net.Dial("unix", dsqltest.Socket(t))
			if err != nil {
				t.Error(err)
				return
			}
			wg.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			wg.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		wg.Wait()
	})
	return p
}

func (p *proxy) cut() {
	if c := p.last.Load(); c != nil {
		_ = (*c).Close() // a second time does no harm
	}
}
