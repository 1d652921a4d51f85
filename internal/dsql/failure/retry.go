package failure

import (
	"strings"

	"dsql-load-test/internal/bench"
)

// Retry is whether another attempt can help, and how long to wait for it.
type Retry int

// The values of Retry.
const (
	Never Retry = iota
	Soon        // a conflict: the other transaction is through in a moment; or another connection does
	Later       // no connection, or it was lost: the cluster needs time
)

// RetryOf classifies a failure: conflicts, locks of others, too many or too fast
// connections, lost connections, a cluster that wakes up and a server that takes no
// writes, as at a failover, pass by themselves; the rest would fail again (Aurora DSQL
// User Guide, "Concurrency control" and "Quotas").
func RetryOf(f bench.Failure) Retry {
	switch {
	case f.Kind == Conflict || f.Kind == deadlock || f.Kind == LockWait || f.Kind == IdleSession || f.Kind == IdleTransaction:
		return Soon
	case f.Kind == TooManyConnections, f.Kind == tooFast, f.Kind == internalError, f.Kind == ConnectionLost, f.Kind == ConnectFailed, f.Kind == NotWritable,
		strings.HasPrefix(f.SQLSTATE, operatorIntervention):
		return Later
	case f.SQLSTATE == ProtocolViolation:
		if said := poolerMeaning(f); said == poolerBusy || said == poolerLost {
			return Later
		}
	case strings.HasPrefix(f.SQLSTATE, connectionException):
		if refusedByCluster(f) {
			return Never
		}
		return Later
	}
	return Never
}

// Unreachable reports whether the database could not be reached, or was lost, and
// may be back in a while.
func Unreachable(f bench.Failure) bool { return RetryOf(f) == Later }

// Denied reports whether the database will not let this client in, whenever it asks: it
// has no token, no right, or there is no such database.
func Denied(f bench.Failure) bool {
	switch {
	case !f.Unconnected:
		return false
	case f.Kind == TokenFailed, poolerMeaning(f) == poolerRefuses, f.SQLSTATE == noDatabase, f.SQLSTATE == NoRight, strings.HasPrefix(f.SQLSTATE, unauthorized):
		return true
	}
	return refusedByCluster(f)
}

// Passing reports whether the cause of a query's error passes by itself, so that
// it is worth asking again: a database that takes no connection now, a cluster
// that wakes up, a connection that was cut, a conflict. A database that isn't
// there at all is no such cause.
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
