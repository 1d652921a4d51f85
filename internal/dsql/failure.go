package dsql

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/bench"
)

// Failure is what an error of a statement means.
type Failure struct {
	// Kind is the SQLSTATE, or a word where the database said none.
	Kind string
	// SQLSTATE is the database's; empty where it said none.
	SQLSTATE string
	// Outcome is Failed when the rows are certainly not there because of this
	// attempt, Unknown when they may be.
	Outcome bench.Outcome
	Message string
	Hint    string // the database's
	// Unconnected: no connection could be had, so nothing was sent.
	Unconnected bool
}

// The kinds of failures without a SQLSTATE.
const (
	TokenFailed    = "token_failed"    // no IAM token could be made
	ConnectFailed  = "connect_failed"  // no connection could be had
	ConnectionLost = "connection_lost" // it broke while the statement ran, or was idle
	TimedOut       = "timeout"         // the caller's deadline passed
	AlreadyPresent = "already_present" // ON CONFLICT skipped rows on the first attempt
	ClientError    = "client_error"    // the statement could not be sent
)

// Explain says what the error of an Exec means. The message is the database's
// own without its detail, which may quote values.
func Explain(err error) Failure {
	var refused *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		connecting := errors.As(err, &connect)
		return Failure{
			Kind: refused.Code, SQLSTATE: refused.Code, Outcome: outcomeOf(refused.Code, connecting), Message: refused.Message, Hint: refused.Hint,
			Unconnected: connecting,
		}
	case errors.As(err, new(*tokenError)):
		return Failure{Kind: TokenFailed, Outcome: bench.Failed, Message: oneLine(err).Error(), Unconnected: true}
	case errors.As(err, &connect):
		return Failure{Kind: ConnectFailed, Outcome: bench.Failed, Message: oneLine(err).Error(), Unconnected: true}
	case errors.As(err, new(*unsentError)):
		return Failure{Kind: TimedOut, Outcome: bench.Failed, Message: "no connection was free in time: " + oneLine(err).Error(), Unconnected: true}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Failure{Kind: TimedOut, Outcome: unlessUnsent(err), Message: oneLine(err).Error()}
	case pgconn.SafeToRetry(err) && errors.As(err, new(*net.OpError)): // the server had ended it meanwhile
		return Failure{Kind: ConnectionLost, Outcome: bench.Failed, Message: "the connection was lost before the statement was sent: " + oneLine(err).Error()}
	case pgconn.SafeToRetry(err):
		// pgx's own text may quote a parameter.
		return Failure{Kind: ClientError, Outcome: bench.Failed, Message: "the statement could not be sent: its parameters don't fit the table, or the connection was closed"}
	}
	return Failure{Kind: ConnectionLost, Outcome: bench.Unknown, Message: oneLine(err).Error()}
}

// unsentError: no connection could be had, so nothing was sent.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// outcomeOf a SQLSTATE: the server rolled back, except where it says itself
// that it lost the way to the transaction (class 08, and XX000 at commit).
func outcomeOf(sqlstate string, connecting bool) bench.Outcome {
	if !connecting && (strings.HasPrefix(sqlstate, "08") || sqlstate == "XX000") {
		return bench.Unknown
	}
	return bench.Failed
}

func unlessUnsent(err error) bench.Outcome {
	if pgconn.SafeToRetry(err) {
		return bench.Failed
	}
	return bench.Unknown
}
