package dsql

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pooler is what lends the database's connections to this program's, by how long
// it lends them; empty where nothing stands between.
type Pooler string

// The poolers. One that lends for a statement alone counts as one for a transaction.
const (
	SessionPooler     Pooler = "session"
	TransactionPooler Pooler = "transaction"
)

// BeforeFront is why the front can't work at a database behind p; nil without a
// pooler. It prepares statements by name, sets parameters, and asks the server
// which of its connections waits for which.
func (p Pooler) BeforeFront() error {
	if p == "" {
		return nil
	}
	return &hintedError{
		fmt.Errorf("%s stands before this database, and the front needs connections of the server itself", p),
		"name the server's own port, or --front off",
	}
}

// String is p in words.
func (p Pooler) String() string {
	if p == SessionPooler {
		return "a pooler in session mode"
	}
	return "a transaction pooler"
}

// Pooler is what the last Ping found before the database.
func (db *DB) Pooler() Pooler { return db.pooler }

// PoolerNote says what a reader of the figures must know of the pooler; empty
// without one.
func (db *DB) PoolerNote() string {
	switch {
	case db.pooler == "":
		return ""
	case db.unprepared.Load():
		return fmt.Sprintf("%s stands before this database: the times are with it, and statements aren't prepared", db.pooler)
	}
	return fmt.Sprintf("%s stands before this database: the times are with it", db.pooler)
}

// FunctionURL is the URL, or keyword=value text, that a function is to use which
// works at this database: that of Open, and where the last Ping found a transaction
// pooler with the key that makes each round trip of pgx stand alone.
func (db *DB) FunctionURL() string {
	if !db.unprepared.Load() {
		return db.at.URL
	}
	return withKey(db.at.URL, execModeKey, cacheDescription)
}

// lookForPooler finds out what stands before a database that isn't a cluster, and
// prepares no more statements behind a transaction pooler, where one that was prepared
// on one of the server's connections isn't there on the next, unless the user says how
// they are executed.
func (db *DB) lookForPooler(ctx context.Context) (err error) {
	if db.cluster != "" {
		return nil
	}
	db.pooler, err = db.findPooler(ctx)
	if err == nil && db.pooler == TransactionPooler && !db.at.place().setsExecMode() && !db.unprepared.Swap(true) {
		db.pool.Reset() // its connections prepare
	}
	return err
}

// prepareNone makes the connections of a pool execute as its DB found right.
func (db *DB) prepareNone(config *pgxpool.Config) {
	before := config.BeforeConnect
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
		if db.unprepared.Load() {
			c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		}
		if before == nil {
			return nil
		}
		return before(ctx, c)
	}
}
