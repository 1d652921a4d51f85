package dsql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
)

// tracer measures the phases of opening a connection, in the hooks of pgx. It makes no spans, as
// otelpgx would, because only a few statements get a trace.
type tracer struct{ connections Connections }

// Connections is called when a pool opens or closes a connection. It is a callback because a
// pool also does that in the background, outside of every attempt, so that no Execution has it.
type Connections interface {
	Opened(took time.Duration)
	Closed()
}

// install makes config's connections and pool call t.
func (t *tracer) install(config *pgxpool.Config) {
	c := config.ConnConfig
	c.Tracer = t
	c.DialFunc = t.dial(c.DialFunc)
	c.LookupFunc = t.lookup(c.LookupFunc)
	c.AfterNetConnect = t.connected
	if config.BeforeConnect != nil {
		config.BeforeConnect = t.token(config.BeforeConnect)
	}
	if t.connections != nil {
		config.BeforeClose = func(*pgx.Conn) { t.connections.Closed() }
	}
}

// TraceQueryStart implements pgx.QueryTracer, which pgx demands. Insert measures its statements
// itself.
func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// token measures the signing of a token, which precedes each connection.
func (t *tracer) token(next func(context.Context, *pgx.ConnConfig) error) func(context.Context, *pgx.ConnConfig) error {
	return func(ctx context.Context, c *pgx.ConnConfig) error {
		start := time.Now()
		err := next(ctx, c)
		recorderIn(ctx).finish(bench.Token, start, err)
		return err
	}
}

// TraceConnectStart implements pgx.ConnectTracer.
func (t *tracer) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	c := &connecting{recorder: recorderIn(ctx), since: time.Now()}
	c.start = c.recorder.startOf(bench.Token, c.since) // the token is part of connecting
	return context.WithValue(ctx, connectingKey{}, c)
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (t *tracer) TraceConnectEnd(ctx context.Context, data pgx.TraceConnectEndData) {
	c := connectingIn(ctx)
	if c == nil {
		return
	}
	c.startup(data.Err)
	c.recorder.finish(bench.Connect, c.start, data.Err)
	c.recorder.add(c.steps...)
	if data.Err == nil && t.connections != nil {
		t.connections.Opened(time.Since(c.start))
	}
}

func (t *tracer) lookup(next pgconn.LookupFunc) pgconn.LookupFunc {
	return func(ctx context.Context, host string) ([]string, error) {
		c := connectingIn(ctx)
		c.restart()
		addresses, err := next(ctx, host)
		c.step(bench.DNS, err)
		return addresses, err
	}
}

func (t *tracer) dial(next pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c := connectingIn(ctx)
		c.startup(errNextAddress)
		c.restart()
		conn, err := next(ctx, network, address)
		c.step(bench.Dial, err)
		if err != nil {
			return conn, err
		}
		return stampArrivals(conn), nil
	}
}

// connected makes the TLS handshake. pgx only wraps the connection and leaves the handshake to
// the first write, which is PostgreSQL's startup, so it could not be measured.
func (t *tracer) connected(ctx context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
	secured, ok := conn.(interface{ HandshakeContext(context.Context) error })
	if !ok {
		return conn, nil
	}
	err := secured.HandshakeContext(ctx)
	connectingIn(ctx).step(bench.TLS, err)
	if err != nil {
		return conn, fmt.Errorf("TLS handshake: %w", err) // pgx closes it
	}
	return conn, nil
}

// errNextAddress: PostgreSQL's startup failed at one address, and the next is tried.
var errNextAddress = errors.New("another address is tried")
