package session

import (
	"errors"
	"fmt"
	"time"

	"dsql-load-test/internal/local/front/sql"
	"dsql-load-test/internal/local/front/wire"
)

// answer is an error for a client: the front's or PostgreSQL's.
type answer interface{ Append(b []byte) []byte }

// errEnd ends a session: the client is gone, or must be cut off.
var errEnd = errors.New("session ends")

// refusalOf returns the error for a statement that DSQL doesn't execute.
func refusalOf(r *sql.Refusal) *wire.Error { return &wire.Error{Code: r.Code, Message: r.Message} }

// notSupported refuses what DSQL doesn't have.
func notSupported(message string) *wire.Error { return &wire.Error{Code: "0A000", Message: message} }

// malformed is the error of a message that can't be read. The session goes on.
func malformed() *wire.Error { return wire.Errorf("08P01", "invalid message format") }

func noStatement(name string) *wire.Error {
	return wire.Errorf("26000", "prepared statement %q does not exist", name)
}

func noPortal(name string) *wire.Error { return wire.Errorf("34000", "portal %q does not exist", name) }

func serverLost() *wire.Error { return wire.Errorf("XX000", "server unavailable") }

// errNoConnection means that open transactions have all connections to PostgreSQL.
var errNoConnection = errors.New("no connection to PostgreSQL is left")

func noConnection() *wire.Error {
	return &wire.Error{
		Code: "53300", Message: "too many open transactions: no connection to the PostgreSQL behind is left",
		Hint: "End some, or raise that PostgreSQL's max_connections.",
	}
}

func inFailedTransaction() *wire.Error {
	return wire.Errorf("25P02", "current transaction is aborted, commands ignored until end of transaction block")
}

func sizeLimit(bytes, limit int) *wire.Error {
	const mb = 1 << 20
	n := (bytes + mb - 1) / mb
	return &wire.Error{
		Code: "54000", Message: fmt.Sprintf("transaction size limit %dmb exceeded", limit/mb),
		Detail: fmt.Sprintf("Current transaction size %dmb > %dmb", n, limit/mb),
	}
}

func ageLimit(age, limit time.Duration) *wire.Error {
	return &wire.Error{
		Code: "54000", Message: fmt.Sprintf("transaction age limit of %.0fs exceeded", limit.Seconds()),
		Detail: fmt.Sprintf("Current transaction age %.0fs exceeds %.0fs", age.Seconds(), limit.Seconds()),
	}
}

func conflict() *wire.Error {
	return wire.Errorf("40001", "change conflicts with another transaction (OC000)")
}

func schemaConflict() *wire.Error {
	return wire.Errorf("40001", "schema has been updated by another transaction (OC001)")
}
