package failure

import (
	"strings"

	"dsql-load-test/internal/bench"
)

// Retry says whether another attempt can help, and how long to wait before it.
type Retry int

// The values of Retry.
const (
	Never Retry = iota
	Soon        // the other transaction of a conflict ends in a moment, or another connection helps at once
	Later       // there is no connection, or it was lost: the cluster needs time
)

// RetryOf classifies a failure. These pass by themselves: conflicts, locks of others, too many
// connections or too many new ones a second, lost connections, a cluster that wakes up, and a
// server that takes no writes during a failover. Others would fail again (Aurora DSQL User
// Guide, "Concurrency control" and "Quotas").
func RetryOf(f bench.Failure) Retry {
	switch said := poolerMeaning(f); {
	case f.Kind == Conflict || f.Kind == deadlock || f.Kind == LockWait || f.Kind == IdleSession || f.Kind == IdleTransaction:
		return Soon
	case f.Kind == TooManyConnections, f.Kind == tooFast, f.Kind == internalError, f.Kind == ConnectionLost, f.Kind == ConnectFailed, f.Kind == NotWritable,
		strings.HasPrefix(f.SQLSTATE, operatorIntervention), said == poolerBusy, said == poolerFull, said == poolerLost,
		strings.HasPrefix(f.SQLSTATE, connectionException) && f.SQLSTATE != ProtocolViolation && !refusedByCluster(f):
		return Later
	}
	return Never
}

// Unreachable reports whether the database could not be reached, or was lost, and
// may be back in a while.
func Unreachable(f bench.Failure) bool { return RetryOf(f) == Later }

// Denied reports whether the database will never accept this client: it has no token or no
// right, or there is no such database.
func Denied(f bench.Failure) bool {
	return f.Unconnected && (f.Kind == TokenFailed || poolerMeaning(f) == poolerRefuses || f.SQLSTATE == noDatabase || f.SQLSTATE == NoRight ||
		strings.HasPrefix(f.SQLSTATE, unauthorized) || refusedByCluster(f))
}

// Passing reports whether the cause of a query's error passes by itself, so that the query is
// worth repeating: a database that accepts no connection now, a cluster that wakes up, a
// connection that was cut, a conflict. A server that can't be reached at all doesn't count.
func Passing(err error) bool {
	f := Explain(err)
	switch {
	case f.Kind == IdleSession:
		return true
	case f.Kind == ConnectFailed, f.Kind == internalError, f.Kind == NotWritable, strings.HasPrefix(f.SQLSTATE, operatorIntervention) && f.SQLSTATE != cannotConnectNow:
		return false
	}
	return RetryOf(f) != Never
}
