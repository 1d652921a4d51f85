package dsql

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/bench"
)

const (
	nameKey  = "application_name"
	nameData = "dsqlload.name" // the key of a connection's name in its CustomData
)

type nameInContext struct{}

// ForRun returns a context in which a DB uses only connections that have the run's
// bench.ApplicationName. A connection that an earlier run left is closed, and another one is opened: not
// every server accepts SET application_name. If the user named the connections in the URL or in
// PGAPPNAME, as with libpq, they keep that name.
func ForRun(ctx context.Context, runID string) context.Context {
	return context.WithValue(ctx, nameInContext{}, bench.ApplicationName(runID))
}

// nameIn returns the name that ctx demands; ok is false if any will do.
func nameIn(ctx context.Context) (name string, ok bool) {
	name, ok = ctx.Value(nameInContext{}).(string)
	return name, ok
}

// nameConnections makes the pool of config name its connections, unless the user did.
func nameConnections(config *pgxpool.Config) {
	if _, named := config.ConnConfig.RuntimeParams[nameKey]; named {
		return
	}
	own := bench.ApplicationName("") // of connections that serve no particular run
	config.ConnConfig.RuntimeParams[nameKey] = own
	before := config.BeforeConnect
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
		if name, ok := nameIn(ctx); ok {
			c.RuntimeParams[nameKey] = name
		}
		if before == nil {
			return nil
		}
		return before(ctx, c)
	}
	config.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		name, ok := nameIn(ctx)
		if !ok {
			name = own
		}
		c.PgConn().CustomData()[nameData] = name
		return nil
	}
	config.PrepareConn = func(ctx context.Context, c *pgx.Conn) (fits bool, err error) {
		name, ok := nameIn(ctx)
		return !ok || c.PgConn().CustomData()[nameData] == name, nil
	}
}
