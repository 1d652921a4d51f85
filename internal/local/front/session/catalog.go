package session

import (
	"context"
	_ "embed"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// sysSQL makes the schema sys.
//
//go:embed sys.sql
var sysSQL string

// catalog is the schema sys in the PostgreSQL behind. It is made when a client
// first needs it.
type catalog struct {
	mu   sync.Mutex
	made bool
}

// ensure makes the schema sys, if c needs it.
func (g *Group) ensure(c *sql.Class) *wire.Error {
	if !c.System {
		return nil
	}
	g.catalog.mu.Lock()
	defer g.catalog.mu.Unlock()
	if g.catalog.made {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), connectTimeout)
	defer stop()
	conn, err := pgconn.ConnectConfig(ctx, g.pool.config.Copy())
	if err != nil {
		return serverLost()
	}
	defer func() { _ = conn.Close(ctx) }() // its work is done
	if _, err := conn.Exec(ctx, sysSQL).ReadAll(); err != nil {
		return &wire.Error{Code: "XX000", Message: "schema sys: " + err.Error()}
	}
	g.catalog.made = true
	return nil
}
