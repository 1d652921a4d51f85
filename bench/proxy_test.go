package bench_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/shirou/gopsutil/v4/process"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/child"
	"dsql-load-test/internal/local/front"
)

const (
	frontRole = "bench-front"
	// relayRole is the role of a TLS proxy that only copies bytes: the floor for a proxy in Go.
	relayRole        = "bench-relay"
	upstreamVariable = "BENCH_UPSTREAM"
)

// BenchmarkFront sends statements of one row in a bare pgx loop: through the front, through a
// TLS proxy that only copies bytes (relay), and past both, alternately. Each proxy and the loop
// are processes of their own. It reports medians of the rounds:
//
//	NAME_rate      rows per second, divided by those past both
//	NAME_proxy_us  CPU time a row of the proxy's process
//	NAME_client_us CPU time a row of the loop's process
func BenchmarkFront(b *testing.B) {
	direct, pool, _ := startTarget(b, local.Options{NoFront: true, OwnConnections: 4 * connections})
	defer stopTarget(b, direct, pool)
	proxies := []proxy{
		startProxy(b, frontRole, direct.DatabaseURL), startProxy(b, relayRole, direct.DatabaseURL), {URL: direct.DatabaseURL, name: "bare"},
	}
	const rows = 1000 * connections
	measured := map[string][]float64{}
	for n := 0; b.Loop(); n++ {
		took := map[string]cost{}
		for i := range proxies { // each begins a round equally often
			p := proxies[(i+n)%len(proxies)]
			truncate(b, pool)
			before := p.cpu(b)
			l := loop{URL: p.URL, Statements: rows, Rows: 1}
			c := l.run(b)
			c.own = p.cpu(b) - before
			took[p.name] = c
		}
		for name, c := range took {
			measured[name+"_rate"] = append(measured[name+"_rate"], took["bare"].took.Seconds()/c.took.Seconds())
			measured[name+"_proxy_us"] = append(measured[name+"_proxy_us"], 1e6*c.own/rows)
			measured[name+"_client_us"] = append(measured[name+"_client_us"], 1e6*c.clients/rows)
		}
	}
	for unit, values := range measured {
		b.ReportMetric(median(values), unit)
	}
}

// proxy is a process between the loop and PostgreSQL.
type proxy struct {
	URL  string `json:"url"` // for the loop
	PID  int32  `json:"pid"` // 0 is none
	name string
}

func startProxy(b *testing.B, role, upstream string) proxy {
	b.Helper()
	p := proxy{name: role[len("bench-"):]}
	if err := json.Unmarshal([]byte(startChild(b, role, upstreamVariable+"="+upstream)), &p); err != nil {
		b.Fatal(err)
	}
	return p
}

// cpu returns the CPU time so far of the proxy's process, in seconds. It counts the loop's
// connects too.
func (p proxy) cpu(b *testing.B) float64 {
	if p.PID == 0 {
		return 0
	}
	running, err := process.NewProcess(p.PID)
	if err != nil {
		b.Fatal(err)
	}
	times, err := running.Times()
	if err != nil {
		b.Fatal(err)
	}
	return times.User + times.System
}

// serveProxy starts a proxy, prints its URL and serves until the parent process ends.
func serveProxy(start func(ctx context.Context, upstream string) (string, error)) {
	address, err := start(context.Background(), os.Getenv(upstreamVariable))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(proxy{URL: address, PID: int32(os.Getpid())}) // the parent notices that nothing came
	child.ParentGone()
}

func startBenchFront(ctx context.Context, upstream string) (string, error) {
	own := front.Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: "a secret", SessionToken: "a session"}
	f, err := front.Start(ctx, front.Options{
		Address: "127.0.0.1:0", Upstream: address.Address{URL: upstream, Own: true}, ServerConns: 16, Hosts: []string{"localhost"},
		Region: "us-east-1", Credentials: own,
	})
	if err != nil {
		return "", err
	}
	provider := credentials.NewStaticCredentialsProvider(own.AccessKeyID, own.SecretAccessKey, own.SessionToken)
	token, err := auth.GenerateDBConnectAdminAuthToken(ctx, "localhost", "us-east-1", provider)
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("admin", token), Host: fmt.Sprintf("localhost:%d", f.Port()), Path: "postgres",
		RawQuery: "sslmode=require",
	}
	return u.String(), err
}

func startRelay(_ context.Context, upstream string) (string, error) {
	config, err := pgconn.ParseConfig(upstream)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	network, socket := pgconn.NetworkAddress(config.Host, config.Port)
	certified := httptest.NewTLSServer(nil).TLS.Clone()
	certified.NextProtos = nil
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go copyBoth(conn, certified, network, socket)
		}
	}()
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(), Path: config.Database,
		RawQuery: "sslmode=require",
	}
	return u.String(), nil
}

// copyBoth copies between a client, which sends an SSLRequest first, and PostgreSQL.
func copyBoth(conn net.Conn, config *tls.Config, network, socket string) {
	defer func() { _ = conn.Close() }()
	if _, err := io.ReadFull(conn, make([]byte, 8)); err != nil {
		return
	}
	server, err := net.Dial(network, socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if _, err := conn.Write([]byte("S")); err != nil {
		return
	}
	client := tls.Server(conn, config)
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close() // ends the other copy
	}()
	_, _ = io.Copy(client, server)
}
