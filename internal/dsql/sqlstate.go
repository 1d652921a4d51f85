package dsql

import "slices"

// SQLSTATEs of PostgreSQL's that more than one part must know.
const (
	Cancelled       = "57014" // also by statement_timeout
	LockWait        = "55P03" // lock_timeout
	IdleSession     = "57P05" // idle_session_timeout
	IdleTransaction = "25P03" // idle_in_transaction_session_timeout
	LongTransaction = "25P04" // transaction_timeout
	// NotWritable: the server takes no writes, as a replica, or its transactions are
	// read-only. After a failover another server may take them.
	NotWritable = "25006"
)

// SQLSTATEs of a statement that was prepared on another connection of the server's.
const (
	preparedTwice = "42P05"
	notPrepared   = "26000"
)

// Advice is what to do about errors with a SQLSTATE that a pooler or a time limit of
// the server's makes; empty for others.
func Advice(sqlstate string) string {
	if sqlstate == preparedTwice || sqlstate == notPrepared {
		return "a pooler in transaction or statement mode stands before this database: " + execModeKey + "=" + cacheDescription + " in its URL (DATABASE_URL of a function) keeps statements from being prepared"
	}
	if i := slices.IndexFunc(watchedSettings(), func(w watchedSetting) bool { return w.isLimit() && w.kind == sqlstate }); i >= 0 {
		w := watchedSettings()[i]
		return "SHOW " + w.name + " as the function's user: " + w.effect + "; ALTER ROLE, ALTER DATABASE, the server's files and the URL's options can set it"
	}
	return ""
}
