package failure

// SQLSTATEs of PostgreSQL's (its manual, "PostgreSQL Error Codes").
const (
	Cancelled          = "57014" // also by statement_timeout
	Conflict           = "40001"
	LockWait           = "55P03" // lock_timeout
	IdleSession        = "57P05" // idle_session_timeout
	IdleTransaction    = "25P03" // idle_in_transaction_session_timeout
	LongTransaction    = "25P04" // transaction_timeout
	TooManyConnections = "53300"
	NoRight            = "42501"
	// NotWritable: the server takes no writes, as a replica, or its transactions are
	// read-only. After a failover another server may take them.
	NotWritable = "25006"
	// ProtocolViolation comes with all of PgBouncer's own errors.
	ProtocolViolation = "08P01"

	deadlock         = "40P01"
	tooFast          = "53400" // connections are opened faster than DSQL's quota allows
	cannotConnectNow = "57P03"
	internalError    = "XX000"
	noDatabase       = "3D000"
	clusterRefuses   = "08006" // for every connection that DSQL refuses
	// The statement was prepared on another connection to the server.
	preparedTwice = "42P05"
	notPrepared   = "26000"
)

// Classes of SQLSTATEs.
const (
	connectionException  = "08"
	unauthorized         = "28"
	unsupported          = "0A"
	accessRule           = "42" // no such table, no right and the like
	operatorIntervention = "57P"
)

// A key of pgx's, and its value with which pgx prepares no statements.
const (
	ExecModeKey      = "default_query_exec_mode"
	CacheDescription = "cache_describe"
)

// Prepared returns advice on statements that fail because they were prepared on another
// connection to the server; empty for other SQLSTATEs.
func Prepared(sqlstate string) string {
	if sqlstate != preparedTwice && sqlstate != notPrepared {
		return ""
	}
	return "a pooler in transaction or statement mode is in front of this database: " + ExecModeKey + "=" + CacheDescription + " in its URL (DATABASE_URL of a function) keeps statements from being prepared"
}
