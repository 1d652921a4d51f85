package front

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// refusal is an error that a client is answered.
type refusal struct {
	fatal                 bool
	code                  string // SQLSTATE
	message, detail, hint string
}

// answer is an error for a client: a refusal or PostgreSQL's.
type answer interface{ append(b []byte) []byte }

// errEnd ends a session: the client is gone, is to be cut off, or was told why.
var errEnd = errors.New("session ends")

func (r *refusal) append(b []byte) []byte {
	severity := "ERROR"
	if r.fatal {
		severity = "FATAL"
	}
	return encode(b, &pgproto3.ErrorResponse{
		Severity: severity, SeverityUnlocalized: severity, Code: r.code, Message: r.message, Detail: r.detail, Hint: r.hint,
	})
}

// encode appends a message whose encoding can't fail: only lengths over 1 GiB
// make it.
func encode(b []byte, m pgproto3.BackendMessage) []byte {
	out, err := m.Encode(b)
	if err != nil {
		return b
	}
	return out
}

// Connecting.

func accessDenied(hint string) *refusal {
	return &refusal{fatal: true, code: "08006", message: "unable to accept connection, access denied", hint: hint}
}

func noSNI(hint string) *refusal {
	return &refusal{fatal: true, code: "08006", message: "unable to accept connection, sni was not received", hint: hint}
}

func tooManyConnections() *refusal {
	return &refusal{fatal: true, code: "53300", message: "Unable to accept connection, too many open connections."}
}

func rateExceeded() *refusal {
	return &refusal{fatal: true, code: "53400", message: "Unable to accept connection, rate exceeded."}
}

func noDatabase(name string) *refusal {
	return &refusal{fatal: true, code: "3D000", message: fmt.Sprintf("database %q does not exist", name)}
}

// Protocol.

func messageTooLong() *refusal {
	return &refusal{fatal: true, code: "08P01", message: "invalid message length"}
}

func protocolViolation(format string, a ...any) *refusal {
	return &refusal{fatal: true, code: "08P01", message: fmt.Sprintf(format, a...)}
}

// malformed is a message that can't be read; the session goes on.
func malformed() *refusal { return &refusal{code: "08P01", message: "invalid message format"} }

func syntax(near string) *refusal {
	return &refusal{code: "42601", message: fmt.Sprintf("syntax error at or near %q", near)}
}

func noStatement(name string) *refusal {
	return &refusal{code: "26000", message: fmt.Sprintf("prepared statement %q does not exist", name)}
}

func statementExists(name string) *refusal {
	return &refusal{code: "42P05", message: fmt.Sprintf("prepared statement %q already exists", name)}
}

func noPortal(name string) *refusal {
	return &refusal{code: "34000", message: fmt.Sprintf("portal %q does not exist", name)}
}

func serverLost() *refusal { return &refusal{code: "XX000", message: "server unavailable"} }

// errNoConnection: open transactions have all connections to PostgreSQL.
var errNoConnection = errors.New("no connection to PostgreSQL is left")

func noConnection() *refusal {
	return &refusal{
		code: "53300", message: "too many open transactions: no connection to the PostgreSQL behind is left",
		hint: "End some, or raise that PostgreSQL's max_connections.",
	}
}

func frontClosing() *refusal {
	return &refusal{fatal: true, code: "57P01", message: "terminating connection due to administrator command"}
}

// Transactions.

func inFailedTransaction() *refusal {
	return &refusal{code: "25P02", message: "current transaction is aborted, commands ignored until end of transaction block"}
}

func rowLimit() *refusal {
	return &refusal{code: "54000", message: "transaction row limit exceeded"}
}

func sizeLimit(bytes, limit int) *refusal {
	const mb = 1 << 20
	n := (bytes + mb - 1) / mb
	return &refusal{
		code: "54000", message: fmt.Sprintf("transaction size limit %dmb exceeded", limit/mb),
		detail: fmt.Sprintf("Current transaction size %dmb > %dmb", n, limit/mb),
	}
}

func ageLimit(age, limit time.Duration) *refusal {
	return &refusal{
		code: "54000", message: fmt.Sprintf("transaction age limit of %.0fs exceeded", limit.Seconds()),
		detail: fmt.Sprintf("Current transaction age %.0fs exceeds %.0fs", age.Seconds(), limit.Seconds()),
	}
}

func conflict() *refusal {
	return &refusal{code: "40001", message: "change conflicts with another transaction (OC000)"}
}

func schemaConflict() *refusal {
	return &refusal{code: "40001", message: "schema has been updated by another transaction (OC001)"}
}

func unsupported(format string, a ...any) *refusal {
	return &refusal{code: "0A000", message: fmt.Sprintf(format, a...)}
}

// translated is what a client is told instead of PostgreSQL's error, or nil to
// pass that on.
func (e *serverError) translated(ddl bool) *refusal {
	code := e.field('C')
	// Two that make an object of one name meet in PostgreSQL's catalog.
	catalog := code == uniqueViolation && e.field('s') == "pg_catalog" || e.field('M') == "tuple concurrently updated"
	failed := e.ended != nil || code == "40001" || code == "40P01"
	switch {
	case ddl && (failed || catalog):
		return schemaConflict()
	case e.ended != nil:
		return e.ended
	case failed:
		return conflict()
	}
	return nil
}
