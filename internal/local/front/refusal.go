package front

import (
	"errors"
	"fmt"
	"time"
)

// answer is an error for a client: a refusal or PostgreSQL's.
type answer interface{ Append(b []byte) []byte }

// errEnd ends a session: the client is gone, is to be cut off, or was told why.
var errEnd = errors.New("session ends")

// refusalOf is the error of a statement that DSQL doesn't execute.
func refusalOf(r *Refusal) *Error { return &Error{Code: r.Code, Message: r.Message} }

// notSupported refuses what DSQL doesn't have.
func notSupported(message string) *Error { return &Error{Code: "0A000", Message: message} }

func messageTooLong() *Error {
	return &Error{Fatal: true, Code: "08P01", Message: "invalid message length"}
}

// malformed is a message that can't be read; the session goes on.
func malformed() *Error { return &Error{Code: "08P01", Message: "invalid message format"} }

func noStatement(name string) *Error {
	return &Error{Code: "26000", Message: fmt.Sprintf("prepared statement %q does not exist", name)}
}

func statementExists(name string) *Error {
	return &Error{Code: "42P05", Message: fmt.Sprintf("prepared statement %q already exists", name)}
}

func noPortal(name string) *Error {
	return &Error{Code: "34000", Message: fmt.Sprintf("portal %q does not exist", name)}
}

func serverLost() *Error { return &Error{Code: "XX000", Message: "server unavailable"} }

// errNoConnection: open transactions have all connections to PostgreSQL.
var errNoConnection = errors.New("no connection to PostgreSQL is left")

func noConnection() *Error {
	return &Error{
		Code: "53300", Message: "too many open transactions: no connection to the PostgreSQL behind is left",
		Hint: "End some, or raise that PostgreSQL's max_connections.",
	}
}

func frontClosing() *Error {
	return &Error{Fatal: true, Code: "57P01", Message: "terminating connection due to administrator command"}
}

func inFailedTransaction() *Error {
	return &Error{Code: "25P02", Message: "current transaction is aborted, commands ignored until end of transaction block"}
}

func rowLimit() *Error {
	return &Error{Code: "54000", Message: "transaction row limit exceeded"}
}

func sizeLimit(bytes, limit int) *Error {
	const mb = 1 << 20
	n := (bytes + mb - 1) / mb
	return &Error{
		Code: "54000", Message: fmt.Sprintf("transaction size limit %dmb exceeded", limit/mb),
		Detail: fmt.Sprintf("Current transaction size %dmb > %dmb", n, limit/mb),
	}
}

func ageLimit(age, limit time.Duration) *Error {
	return &Error{
		Code: "54000", Message: fmt.Sprintf("transaction age limit of %.0fs exceeded", limit.Seconds()),
		Detail: fmt.Sprintf("Current transaction age %.0fs exceeds %.0fs", age.Seconds(), limit.Seconds()),
	}
}

func conflict() *Error {
	return &Error{Code: "40001", Message: "change conflicts with another transaction (OC000)"}
}

func schemaConflict() *Error {
	return &Error{Code: "40001", Message: "schema has been updated by another transaction (OC001)"}
}
