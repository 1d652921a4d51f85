package dsql

import (
	"slices"
	"strings"

	"dsql-load-test/internal/bench"
)

// protocolViolation is the SQLSTATE of everything that PgBouncer says itself: only
// its words tell what is meant.
const protocolViolation = "08P01"

// What PgBouncer says of a parameter that it doesn't take, and what to do about it.
const (
	unsupportedParameter = "unsupported startup parameter"
	unsupportedOption    = "unsupported options startup parameter"
	passOver             = "leave it out, or have the pooler pass over it (PgBouncer's ignore_startup_parameters)"
)

// poolerError is what an error of a pooler's means.
type poolerError int

const (
	notOfPooler   poolerError = iota
	poolerBusy                // the statement reached no server, and may do so later
	poolerRefuses             // nor will it ever
	poolerLost                // the server was lost while the statement ran
)

// poolerSaid reads a message with protocolViolation. The words are those of PgBouncer
// 1.8 to 1.24 (client.c, janitor.c, objects.c, server.c), and of a server at which it
// can't log in: those it handed on with its own SQLSTATE up to 1.18. What it says when
// the server took too long (query timeout) is none of these: the statement may have
// been done, and would take as long again.
func poolerSaid(message string) poolerError {
	for _, said := range []struct {
		means poolerError
		words []string // that it begins with
	}{
		{poolerBusy, []string{
			"no more connections allowed", "client connections exceeded", "query_wait_timeout", "query_timeout", "client_idle_timeout", "client_login_timeout",
			"server login has been failing", "pgbouncer cannot connect to server", "server shutting down", "pooler is shutting down",
			"invalid server parameter", // what it sets first, at a connection that is ending, say
			"var change failed", "pause failed", "bouncer resources exhaustion", "no memory for pool",
			"the database system is ", "sorry, too many clients", "too many connections for ", "remaining connection slots ",
		}},
		{poolerRefuses, []string{
			"no such database", "database \"", "no such user", "role \"", unsupportedParameter, unsupportedOption, "SSL required",
			"password authentication failed", "empty password", "password too long", "username too long", "SASL authentication failed",
			"client selected an invalid SASL", "certificate authentication failed", "\"trust\" authentication failed", "PAM authentication failed",
			"LDAP authentication failed", "no authentication method", "login rejected", "unix socket login rejected", "bouncer config error",
			"no pg_hba.conf entry", "pg_hba.conf rejects", "permission denied for database",
		}},
		{poolerLost, []string{"server conn crashed?", "unexpected eof", "server connection closed", "suspend_timeout"}},
	} {
		for _, words := range said.words {
			if strings.HasPrefix(message, words) {
				return said.means
			}
		}
	}
	return notOfPooler
}

// ofPooler is what a pooler means by f.
func ofPooler(f bench.Failure) poolerError {
	if f.SQLSTATE != protocolViolation {
		return notOfPooler
	}
	return poolerSaid(f.Message)
}

// poolerFull: all connections that a pooler takes, or has to the server, are in use. That
// doesn't pass while those who have them keep them.
func poolerFull(f bench.Failure) bool {
	return f.SQLSTATE == protocolViolation && slices.ContainsFunc([]string{
		"no more connections allowed", "client connections exceeded", "query_wait_timeout",
	}, func(words string) bool { return strings.HasPrefix(f.Message, words) })
}

// poolerHint is what to do about an error that a pooler said, or that comes of one.
func poolerHint(f bench.Failure) string {
	begins := func(words string) bool { return f.SQLSTATE == protocolViolation && strings.HasPrefix(f.Message, words) }
	switch {
	case f.SQLSTATE == preparedTwice, f.SQLSTATE == notPrepared:
		return Advice(f.SQLSTATE)
	case begins(unsupportedParameter), begins(unsupportedOption):
		return passOver
	case begins("bouncer config error"), begins("no such database"):
		return "the pooler knows no such database or user: look at the URL, and at PgBouncer's [databases] and auth_file"
	case begins("no more connections allowed"), begins("client connections exceeded"):
		return "the pooler has all the clients that it takes (PgBouncer's max_client_conn): raise that, or run fewer invocations at once"
	case begins("query_wait_timeout"):
		return "all connections that the pooler has to the server were busy (PgBouncer's default_pool_size): raise that, or run fewer invocations at once"
	case begins("server login has been failing"), begins("pgbouncer cannot connect to server"), begins("client_login_timeout (server down)"):
		return "the pooler doesn't reach the server: its log says why"
	}
	return ""
}
