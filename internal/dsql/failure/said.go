package failure

import (
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// This file has every decision of the package that rests on an error's text, because the
// SQLSTATE isn't enough: PgBouncer sends 08P01 with all its own errors, and DSQL sends 08006 with every
// connection that it refuses, whether the token is wrong, TLS sent no name or the cluster wakes
// up.

// PgBouncer's messages about a parameter that it doesn't accept, and the cure.
const (
	UnsupportedParameter = "unsupported startup parameter"
	unsupportedOption    = "unsupported options startup parameter"
	PassOver             = "leave it out, or have the pooler pass over it (PgBouncer's ignore_startup_parameters)"
)

// poolerError is the meaning of a pooler's error.
type poolerError int

const (
	notOfPooler   poolerError = iota
	poolerBusy                // the statement reached no server, and may do so later
	poolerFull                // like poolerBusy: all connections are in use
	poolerRefuses             // the statement reached no server, and never will
	poolerLost                // the server was lost while the statement ran
)

// poolerMeaning returns the meaning of a pooler's error. The words are those of PgBouncer
// 1.8 to 1.24 (client.c, janitor.c, objects.c, server.c), and of a server that refuses the
// pooler's login, which PgBouncer up to 1.18 passes on with its own SQLSTATE. Its message for
// a query that took too long (query timeout) is not among them: the statement may have been
// done, and would take as long again.
func poolerMeaning(f bench.Failure) poolerError {
	if f.SQLSTATE != ProtocolViolation {
		return notOfPooler
	}
	for _, said := range []struct {
		means poolerError
		words []string // at the beginning of the message
	}{
		{poolerBusy, []string{
			"query_timeout", "client_idle_timeout", "client_login_timeout",
			"server login has been failing", "pgbouncer cannot connect to server", "server shutting down", "pooler is shutting down",
			"invalid server parameter", // its first SET failed, for example at a connection that is ending
			"var change failed", "pause failed", "bouncer resources exhaustion", "no memory for pool",
			"the database system is ", "sorry, too many clients", "too many connections for ", "remaining connection slots ",
		}},
		{poolerFull, []string{"no more connections allowed", "client connections exceeded", "query_wait_timeout"}},
		{poolerRefuses, []string{
			"no such database", "database \"", "no such user", "role \"", UnsupportedParameter, unsupportedOption, "SSL required",
			"password authentication failed", "empty password", "password too long", "username too long", "SASL authentication failed",
			"client selected an invalid SASL", "certificate authentication failed", "\"trust\" authentication failed", "PAM authentication failed",
			"LDAP authentication failed", "no authentication method", "login rejected", "unix socket login rejected", "bouncer config error",
			"no pg_hba.conf entry", "pg_hba.conf rejects", "permission denied for database",
		}},
		{poolerLost, []string{"server conn crashed?", "unexpected eof", "server connection closed", "suspend_timeout"}},
	} {
		if begins(f.Message, said.words...) {
			return said.means
		}
	}
	return notOfPooler
}

// begins reports whether a message begins with one of these texts.
func begins(message string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.HasPrefix(message, text) })
}

// OfPooler reports whether f is a known error of a pooler.
func OfPooler(f bench.Failure) bool { return poolerMeaning(f) != notOfPooler }

// PoolerFull reports whether all of a pooler's connections, from clients or to the server, are
// in use. That lasts as long as other clients keep them.
func PoolerFull(f bench.Failure) bool { return poolerMeaning(f) == poolerFull }

// refusedByCluster reports whether DSQL refused a connection for a reason that another
// token would not change; each connection has a token of its own.
func refusedByCluster(f bench.Failure) bool {
	refused := strings.Contains(f.Message, "access denied") || strings.Contains(f.Message, "sni was not received")
	return refused && !tokenExpired(f)
}

func tokenExpired(f bench.Failure) bool { return strings.Contains(f.Hint, "Signature expired") }

// notAuthorized reports whether IAM allows these credentials no login to the cluster.
func notAuthorized(f bench.Failure) bool { return strings.Contains(f.Hint, "not authorized") }

// wrongAction reports whether the token is for dsql:DbConnect and the user needs
// dsql:DbConnectAdmin, or the other way round.
func wrongAction(f bench.Failure) bool { return strings.Contains(f.Hint, "Wrong user to action") }

// WakingUp reports whether an idle cluster refused the connection because it is starting.
func WakingUp(f bench.Failure) bool {
	return begins(f.Message, "unable to accept connection, waking up")
}

// unknownParameter reports whether a pooler refused a parameter of the session.
func unknownParameter(sqlstate, message string) bool {
	return sqlstate == ProtocolViolation && begins(message, UnsupportedParameter, unsupportedOption)
}

// poolerHint returns advice on a pooler's own error; empty for others.
func poolerHint(message string) string {
	switch {
	case begins(message, UnsupportedParameter, unsupportedOption):
		return PassOver
	case begins(message, "bouncer config error", "no such database"):
		return "the pooler knows no such database or user: look at the URL, and at PgBouncer's [databases] and auth_file"
	case begins(message, "no more connections allowed", "client connections exceeded"):
		return "the pooler has all the clients that it takes (PgBouncer's max_client_conn): raise that, or run fewer invocations at once"
	case begins(message, "query_wait_timeout"):
		return "all connections that the pooler has to the server were busy (PgBouncer's default_pool_size): raise that, or run fewer invocations at once"
	case begins(message, "server login has been failing", "pgbouncer cannot connect to server", "client_login_timeout (server down)"):
		return "the pooler doesn't reach the server: its log says why"
	}
	return ""
}
