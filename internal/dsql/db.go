// Package dsql sends the INSERT statements of a load test: it has the pool of connections, tries
// statements again, and finds out which pooler is in front of the database. It and its packages
// address, table and failure are the only importers of pgx.
//
// db.go opens the pool and name.go names its connections. insert.go, attempt.go and send.go send
// statements, hold.go keeps their connection and writebuffer.go its buffer. wait.go and writable.go
// wait for a database that takes no statements. tracer.go, connecting.go and recorder.go measure
// the phases of connecting, the arrival files the time of the answer. pooler.go and poolerfind.go
// are about poolers.
package dsql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/quote"
)

// connectTimeout bounds one attempt to connect, unless the URL does. A burst of a thousand
// connections may take a small machine several seconds.
const connectTimeout = 30 * time.Second

// DB is a pool of connections to one database.
type DB struct {
	pool     *pgxpool.Pool
	at       address.Address
	cluster  string            // the DSQL cluster's endpoint; empty for any other database
	pooler   Pooler            // as the last Ping found it
	execMode string            // of statements, as the user set it; empty if it isn't set
	mode     pgx.QueryExecMode // of statements
	writes   writes
}

// Open makes a pool of at most conns connections to the database that url names (a PostgreSQL URL
// or keyword=value text). It does not connect: use Ping. Its errors never contain the password.
func Open(ctx context.Context, url string, conns int) (*DB, error) {
	return OpenObserved(ctx, address.Address{URL: url}, conns, nil)
}

// OpenObserved is Open at an Address. Unless connections is nil, it is called when a connection
// is opened or closed.
func OpenObserved(ctx context.Context, a address.Address, conns int, connections Connections) (*DB, error) {
	return openChanged(ctx, a, conns, connections, func(*pgxpool.Config) {})
}

// openChanged is OpenObserved with a configuration that change has changed.
func openChanged(ctx context.Context, a address.Address, conns int, connections Connections, change func(*pgxpool.Config)) (*DB, error) {
	config, err := a.Config()
	if err != nil {
		return nil, err
	}
	change(config)
	if err := a.Authenticate(ctx, config); err != nil {
		return nil, err
	}
	config.MaxConns = int32(conns)
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	(&tracer{connections: connections}).install(config)
	nameConnections(config) // last: what is set here is no part of the token's time
	db := &DB{at: a, cluster: a.Cluster(config.ConnConfig.Host), execMode: a.ExecMode(), mode: config.ConnConfig.DefaultQueryExecMode, writes: writes{patience: writeWait}}
	if db.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("database pool: %w", failure.OneLine(err))
	}
	return db, nil
}

// Table returns the table of a load test in the database.
func (db *DB) Table() *table.Table { return &table.Table{Pool: db.pool, Cluster: db.cluster != ""} }

// Close closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Ping connects and returns the server's version, such as "15.18". It also looks for a pooler,
// for which it may replace the pool, so nothing else may use the DB at the same time.
func (db *DB) Ping(ctx context.Context) (version string, err error) {
	start := time.Now()
	err = db.pool.QueryRow(ctx, "SHOW server_version", pgx.QueryExecModeSimpleProtocol).Scan(&version)
	if err == nil {
		err = db.lookForPooler(ctx)
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = &failure.Unanswered{Err: err, After: time.Since(start)}
		}
		c := db.pool.Config().ConnConfig
		fault := fmt.Errorf("connect to %s:%d/%s as %s: %w", c.Host, c.Port, c.Database, c.User, db.Table().Fault(ctx, failure.WithoutAddress(err)))
		return "", quote.Advise(fault, db.at.ConnectHint(err))
	}
	version, _, _ = strings.Cut(version, " ")
	return version, nil
}
