// Package failure explains errors of the database: the statement's outcome, whether another
// attempt can help, and advice for the user.
//
// failure.go turns an error into a bench.Failure, retry.go decides about another attempt, and
// hint.go gives advice. All of them branch on the SQLSTATE (sqlstate.go); the few decisions
// that need an error's text are in said.go. oneline.go and tries.go make pgx's errors readable.
package failure

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
)

// The kinds of failures without a SQLSTATE.
const (
	TokenFailed    = "token_failed"    // the IAM token could not be signed
	ConnectFailed  = "connect_failed"  // no connection could be opened
	ConnectionLost = "connection_lost" // it broke while it was idle, or while the statement ran
	TimedOut       = "timeout"         // the caller's deadline passed
	AlreadyPresent = "already_present" // the ids are in the table, from another sending of the invocation
	NotStored      = bench.NotStored   // the server reported no error, but rows are missing
	NotChecked     = "not_checked"     // the command tag has fewer rows, and the query for their ids failed
	ClientError    = "client_error"    // the statement could not be sent
)

// Explain returns the meaning of a statement's error. The message is the database's own,
// without its detail, which may quote values.
func Explain(err error) bench.Failure {
	var refused *pgconn.PgError
	var connect *pgconn.ConnectError
	if before, ok := errors.AsType[*Unprepared](err); ok {
		f := Explain(before.Err)
		f.Outcome = bench.Failed
		return f
	}
	switch {
	case errors.As(err, &refused):
		f := bench.Failure{Kind: refused.Code, SQLSTATE: refused.Code, Message: refused.Message, Hint: refused.Hint}
		said := poolerMeaning(f)
		f.Unconnected = errors.As(err, &connect) || said == poolerBusy || said == poolerFull
		// The server rolled back, unless it lost the connection to the transaction (class 08,
		// and XX000 at commit) after the statement was sent.
		f.Outcome = bench.Failed
		lost := strings.HasPrefix(f.SQLSTATE, connectionException) || f.SQLSTATE == internalError
		if lost && !f.Unconnected && said != poolerRefuses {
			f.Outcome = bench.Unknown
		}
		return f
	case errors.As(err, new(*NoToken)):
		return bench.Failure{Kind: TokenFailed, Outcome: bench.Failed, Message: OneLine(err).Error(), Unconnected: true}
	case errors.As(err, &connect):
		return bench.Failure{Kind: ConnectFailed, Outcome: bench.Failed, Message: OneLine(err).Error(), Unconnected: true}
	case errors.As(err, new(*Unsent)):
		return bench.Failure{Kind: TimedOut, Outcome: bench.Failed, Message: "no connection was free in time: " + OneLine(err).Error(), Unconnected: true}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f := bench.Failure{Kind: TimedOut, Outcome: bench.Unknown, Message: OneLine(err).Error()}
		if pgconn.SafeToRetry(err) {
			f.Outcome = bench.Failed
		}
		return f
	case pgconn.SafeToRetry(err) && errors.As(err, new(*net.OpError)): // the server had closed it before
		return bench.Failure{Kind: ConnectionLost, Outcome: bench.Failed, Message: "the connection was lost before the statement was sent: " + OneLine(err).Error()}
	case pgconn.SafeToRetry(err):
		// pgx's own text may quote a parameter.
		return bench.Failure{Kind: ClientError, Outcome: bench.Failed, Message: "the statement could not be sent: its parameters don't fit the table, or the connection was closed"}
	}
	return bench.Failure{Kind: ConnectionLost, Outcome: bench.Unknown, Message: OneLine(err).Error()}
}
