package dsql

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
)

// Pooler is the kind of the pooler between this program and the database: how long it lends a
// connection to the server. Empty without a pooler.
type Pooler string

// The kinds of poolers.
const (
	SessionPooler     Pooler = "session"
	TransactionPooler Pooler = "transaction"
	StatementPooler   Pooler = "statement"
)

// shares reports whether the next statement of a connection may run on another connection to
// the server.
func (p Pooler) shares() bool { return p == TransactionPooler || p == StatementPooler }

// BeforeFront returns the reason why the front can't work behind p; nil without a pooler. The
// front prepares statements by name, sets parameters, and asks the server which of its
// connections waits for which.
func (p Pooler) BeforeFront() error {
	if p == "" {
		return nil
	}
	return quote.Hint(
		fmt.Errorf("%s is in front of this database, and the front needs connections of the server itself", p),
		"name the server's own port, or --front off")
}

// String returns p in words.
func (p Pooler) String() string {
	if p == TransactionPooler {
		return "a transaction pooler"
	}
	return "a pooler in " + string(p) + " mode"
}

// Pooler returns the pooler that the last Ping found.
func (db *DB) Pooler() Pooler { return db.pooler }

// PoolerNote returns a note about the pooler for the report; empty without a pooler.
func (db *DB) PoolerNote() string {
	if db.pooler == "" {
		return ""
	}
	note := fmt.Sprintf("%s is in front of this database: the times include it", db.pooler)
	switch {
	case !db.pooler.shares():
		return note
	case db.execMode == "":
		return note + ", and statements aren't prepared"
	case address.Prepares(db.execMode):
		return fmt.Sprintf("%s; %s=%s prepares statements on one of the server's connections that are executed on another one: they fail unless the pooler sees to it (%s doesn't need it to)",
			note, failure.ExecModeKey, db.execMode, failure.CacheDescription)
	}
	return note
}

// FunctionURL returns the URL, or keyword=value text, for a function that uses this database. It
// is the one given to Open; behind a pooler in transaction or statement mode it gets the key
// that keeps pgx from preparing statements.
func (db *DB) FunctionURL() string {
	if !db.pooler.shares() || db.execMode != "" {
		return db.at.URL
	}
	return address.WithKey(db.at.URL, failure.ExecModeKey, failure.CacheDescription)
}

// lookForPooler looks for a pooler in front of a database that isn't a cluster, and replaces the
// pool by one with the right settings for it: in session mode it closes each connection after
// use, and behind a pooler that shares connections pgx prepares no statements unless the user
// chose how they are executed.
func (db *DB) lookForPooler(ctx context.Context) error {
	if db.cluster != "" {
		return nil
	}
	found, err := db.findPooler(ctx)
	if err != nil || found == db.pooler {
		return err
	}
	config := db.pool.Config()
	switch {
	case found == SessionPooler: // a connection of ours holds one to the server, which others wait for
		config.AfterRelease = func(*pgx.Conn) bool { return false }
	case found.shares() && db.execMode == "": // a prepared statement may be missing on the next one
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return err
	}
	db.pool.Close()
	db.pool, db.pooler, db.mode = pool, found, config.ConnConfig.DefaultQueryExecMode
	return nil
}
