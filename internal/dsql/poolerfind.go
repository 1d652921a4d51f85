package dsql

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql/failure"
)

// findPooler compares the backend's process id with the one in the protocol's cancellation key. A
// pooler makes that one up, so they differ behind a pooler.
func (db *DB) findPooler(ctx context.Context) (Pooler, error) {
	var named, answers string
	err := db.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) (err error) {
		conn := c.Conn().PgConn()
		named = strconv.FormatUint(uint64(conn.PID()), 10)
		answers, err = ask(ctx, conn, "SELECT pg_catalog.pg_backend_pid()")
		return err
	})
	var found Pooler
	if err == nil && answers != named {
		found, err = db.poolerMode(ctx)
	}
	if failure.Absent(err) { // a database that only speaks the protocol
		return "", nil
	}
	return found, err
}

// ask returns the value that sql selects, by the simple protocol, which leaves
// nothing behind.
func ask(ctx context.Context, conn *pgconn.PgConn, sql string) (string, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 || len(results[0].Rows) == 0 {
		return "", unanswered(ctx, conn, err)
	}
	return string(results[0].Rows[0][0]), nil
}

const (
	// mostHolders bounds the transactions that poolerMode opens. A pooler that lends its
	// connections in turn gives another one to the first of them.
	mostHolders = 3
	// poolerWait bounds each wait for an answer. A server with a free connection answers sooner.
	poolerWait = time.Second
)

// poolerMode finds out whether the pooler gives the same connection to the server to two of our
// connections, one after the other: then the second sees a setting of the first, or the first
// has lost it. The second holds its connection in a transaction, so that a pooler which lends
// for a transaction has to give the first another one.
func (db *DB) poolerMode(ctx context.Context) (Pooler, error) {
	first, end, err := db.openBare(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	mark := rand.Text()
	if err := setMark(ctx, first, mark); err != nil {
		if waited(ctx, err) { // other clients hold all connections
			return SessionPooler, nil
		}
		return "", err
	}
	for range mostHolders {
		other, end, err := db.openBare(ctx)
		if err != nil {
			return "", err
		}
		defer end() // and its transaction
		if found, err := compare(ctx, first, other, mark); found != "" || err != nil {
			return found, err
		}
	}
	return SessionPooler, nil
}

// compare reads in another connection the mark that the first one set. It returns "" when they
// have different connections to the server, which proves nothing.
func compare(ctx context.Context, first, other *pgconn.PgConn, mark string) (Pooler, error) {
	seen, err := readInBlock(ctx, other)
	held := err == nil
	switch {
	case refusesBlocks(err):
		return StatementPooler, nil
	case !held && !waited(ctx, err):
		return "", err
	case seen == mark: // remove it, so that no other client gets it
		err := setMark(ctx, other, "")
		_, ended := inTime(ctx, other, "COMMIT")
		return TransactionPooler, errors.Join(err, ended)
	}
	switch kept, err := inTime(ctx, first, readMark); {
	case waited(ctx, err): // for a connection to the server, if that answers other
		if _, err := inTime(ctx, other, "SELECT 1"); held && err == nil {
			return TransactionPooler, nil
		}
		return SessionPooler, nil
	case err != nil || kept != mark:
		return TransactionPooler, err
	case !held: // other clients hold all connections, and first keeps its own
		return SessionPooler, nil
	}
	return "", nil
}

// openBare opens a connection like the pool's outside the pool.
func (db *DB) openBare(ctx context.Context) (conn *pgconn.PgConn, end func(), err error) {
	conn, err = pgconn.ConnectConfig(ctx, &db.pool.Config().ConnConfig.Config)
	return conn, func() { _ = conn.Close(ctx) }, err // an error leaves nothing to do
}

// The mark is the value of a setting that nobody else uses.
const (
	markSetting = "dsqlload.session"
	readMark    = "SELECT pg_catalog.current_setting('" + markSetting + "', true)"
)

func setMark(ctx context.Context, conn *pgconn.PgConn, mark string) error {
	_, err := inTime(ctx, conn, "SELECT pg_catalog.set_config('"+markSetting+"', '"+mark+"', false)")
	return err
}

// readInBlock reads the mark in a transaction that stays open.
func readInBlock(ctx context.Context, conn *pgconn.PgConn) (string, error) {
	if _, err := inTime(ctx, conn, "BEGIN"); err != nil {
		return "", err
	}
	return inTime(ctx, conn, readMark)
}

// inTime is ask with a time limit, poolerWait.
func inTime(ctx context.Context, conn *pgconn.PgConn, sql string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, poolerWait)
	defer cancel()
	return ask(ctx, conn, sql)
}

// waited reports whether inTime got no answer.
func waited(ctx context.Context, err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
}

// refusesBlocks reports whether a pooler that lends for one statement refused a transaction.
func refusesBlocks(err error) bool {
	if err == nil {
		return false
	}
	f := failure.Explain(err)
	return f.SQLSTATE == failure.ProtocolViolation && !failure.OfPooler(f)
}
