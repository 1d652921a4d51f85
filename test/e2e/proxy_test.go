package e2e_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
)

// overTLS makes the PostgreSQL at the socket reachable over TCP with TLS, and returns host
// and port.
func (l *lab) overTLS(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil) // for its certificate
	config := &tls.Config{Certificates: server.TLS.Certificates}
	server.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			all.Go(func() {
				defer func() { _ = conn.Close() }()
				if err := forward(conn, filepath.Join(l.server.Home, ".s.PGSQL.5432"), config); err != nil {
					t.Error(err)
				}
			})
		}
	})
	return fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
}

// sslRequest is the request of a client for TLS: length 8, code 80877103.
const sslRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"

func forward(conn net.Conn, socket string, config *tls.Config) error {
	request := make([]byte, len(sslRequest))
	if _, err := io.ReadFull(conn, request); err != nil {
		return nil // it changed its mind
	}
	if string(request) != sslRequest {
		return fmt.Errorf("a client begins with %x; want it to ask for TLS", request)
	}
	if _, err := conn.Write([]byte("S")); err != nil {
		return err
	}
	client := tls.Server(conn, config)
	server, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(server, client) // any end of it ends both
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
	_ = conn.Close()
	<-done
	return nil
}
