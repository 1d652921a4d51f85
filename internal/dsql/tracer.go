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

	"dsql-load-test/internal/telemetry"
)

// tracer tells telemetry.Phases where an attempt's time goes. otelpgx would make
// spans of everything at once; here they are made only for what is kept.
type tracer struct{ connections Connections }

// Connections is told of a pool's connections.
type Connections interface {
	Opened(took time.Duration)
	Closed()
}

// install makes config's connections and pool tell t.
func (t *tracer) install(config *pgxpool.Config) {
	c := config.ConnConfig
	c.Tracer = t
	c.DialFunc = t.dial(c.DialFunc)
	c.LookupFunc = t.lookup(c.LookupFunc)
	c.AfterNetConnect = t.connected
	if t.connections != nil {
		config.BeforeClose = func(*pgx.Conn) { t.connections.Closed() }
	}
}

type stampKey int

const (
	acquireStamp stampKey = iota
	queryStamp
	connectStamp
)

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (t *tracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return stamped(ctx, acquireStamp)
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (t *tracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	stampOf(ctx, acquireStamp).end(telemetry.Acquire, data.Err)
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return stamped(ctx, queryStamp)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	stampOf(ctx, queryStamp).end(telemetry.Query, data.Err)
}

// TracePrepareStart implements pgx.PrepareTracer.
func (t *tracer) TracePrepareStart(ctx context.Context, _ *pgx.Conn, _ pgx.TracePrepareStartData) context.Context {
	return ctx
}

// TracePrepareEnd implements pgx.PrepareTracer. pgx prepares within the query:
// what comes after is the query proper.
func (t *tracer) TracePrepareEnd(ctx context.Context, _ *pgx.Conn, data pgx.TracePrepareEndData) {
	s := stampOf(ctx, queryStamp)
	if s == nil || data.AlreadyPrepared {
		return
	}
	s.end(telemetry.Prepare, data.Err)
	s.start = time.Now()
	if data.Err != nil {
		s.phases = nil // the query proper isn't sent
	}
}

// TraceConnectStart implements pgx.ConnectTracer.
func (t *tracer) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	s := &stamp{phases: telemetry.PhasesIn(ctx), since: time.Now()}
	// The token is made just before, and is part of connecting.
	s.attempt, s.start = s.phases.Attempt(), s.phases.StartOf(telemetry.Token, s.since)
	return context.WithValue(ctx, connectStamp, s)
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (t *tracer) TraceConnectEnd(ctx context.Context, data pgx.TraceConnectEndData) {
	s := stampOf(ctx, connectStamp)
	if s == nil {
		return
	}
	s.startup(data.Err)
	s.end(telemetry.Connect, data.Err)
	s.phases.Add(s.attempt, s.steps...)
	if data.Err == nil && t.connections != nil {
		t.connections.Opened(time.Since(s.start))
	}
}

func (t *tracer) lookup(next pgconn.LookupFunc) pgconn.LookupFunc {
	return func(ctx context.Context, host string) ([]string, error) {
		s := stampOf(ctx, connectStamp)
		s.restart()
		addresses, err := next(ctx, host)
		s.step(telemetry.DNS, err)
		return addresses, err
	}
}

func (t *tracer) dial(next pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		s := stampOf(ctx, connectStamp)
		s.startup(errNextAddress)
		s.restart()
		conn, err := next(ctx, network, address)
		s.step(telemetry.Dial, err)
		if err != nil {
			return conn, err
		}
		return stampArrivals(conn), nil
	}
}

// connected shakes hands where there is TLS: pgx only wraps the connection and
// leaves the handshake to the first write, which is PostgreSQL's startup.
func (t *tracer) connected(ctx context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
	secured, ok := conn.(interface{ HandshakeContext(context.Context) error })
	if !ok {
		return conn, nil
	}
	err := secured.HandshakeContext(ctx)
	stampOf(ctx, connectStamp).step(telemetry.TLS, err)
	if err != nil {
		return conn, fmt.Errorf("TLS handshake: %w", err) // pgx closes it
	}
	return conn, nil
}

// errNextAddress: PostgreSQL's startup failed at one address, and the next is tried.
var errNextAddress = errors.New("another address is tried")

// stamp is the start of a phase on its way in a context. A nil stamp does nothing.
type stamp struct {
	phases  *telemetry.Phases
	attempt int
	start   time.Time
	since   time.Time          // start of a connection's current step
	steps   []telemetry.Timing // of a connection
}

// stamped starts a phase, when somebody collects.
func stamped(ctx context.Context, key stampKey) context.Context {
	phases := telemetry.PhasesIn(ctx)
	if phases == nil {
		return ctx
	}
	return context.WithValue(ctx, key, &stamp{phases: phases, attempt: phases.Attempt(), start: time.Now()})
}

func stampOf(ctx context.Context, key stampKey) *stamp {
	s, _ := ctx.Value(key).(*stamp)
	return s
}

func (s *stamp) end(p telemetry.Phase, err error) {
	if s != nil {
		s.phases.Add(s.attempt, telemetry.Timing{Phase: p, Start: s.start, End: time.Now(), Failed: err != nil})
	}
}

func (s *stamp) restart() {
	if s != nil {
		s.since = time.Now()
	}
}

// startup ends PostgreSQL's startup, if the connection came to that.
func (s *stamp) startup(err error) {
	if s == nil || len(s.steps) == 0 {
		return
	}
	if last := s.steps[len(s.steps)-1]; !last.Failed && (last.Phase == telemetry.Dial || last.Phase == telemetry.TLS) {
		s.step(telemetry.Startup, err)
	}
}

// step ends a step of connecting; the next one begins where it ended.
func (s *stamp) step(p telemetry.Phase, err error) {
	if s == nil {
		return
	}
	now := time.Now()
	s.steps = append(s.steps, telemetry.Timing{Phase: p, Start: s.since, End: now, Failed: err != nil})
	s.since = now
}
