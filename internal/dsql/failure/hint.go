package failure

import (
	"errors"
	"strings"

	"dsql-load-test/internal/bench"
)

// ConnectHint returns advice on a connection that failed; empty when there is none.
func ConnectHint(err error) string {
	f := Explain(err)
	hint := PoolerHint(f)
	switch {
	case errors.As(err, new(*Unanswered)):
		hint = "a pooler waits like this when its server is down; else check the network and a firewall"
	case tokenExpired(f):
		hint = "the token is too old: check this machine's clock, and that the credentials are fresh (aws sts get-caller-identity)"
	case strings.Contains(f.Hint, "not authorized"):
		hint = "allow dsql:DbConnect (dsql:DbConnectAdmin for the user admin) on the cluster to these credentials, and for a role: AWS IAM GRANT role TO 'arn' (driver schema --role ROLE --iam-arn ARN)"
	case strings.Contains(f.Hint, "Wrong user to action"):
		hint = "the user admin needs dsql:DbConnectAdmin, every other one dsql:DbConnect"
	case begins(f.Message, "unable to accept connection, waking up"):
		hint = "the cluster was idle: try again in a minute"
	case f.SQLSTATE == TooManyConnections || f.SQLSTATE == tooFast:
		hint = "the cluster has, or opens, too many connections already: wait for other clients, or raise its quota"
	case f.Kind == TokenFailed:
		hint = "aws sts get-caller-identity says whether the credentials are good"
	}
	if f.Hint != "" && f.SQLSTATE == clusterRefuses {
		hint = strings.TrimPrefix(hint+"; see what the cluster says of it: "+f.Hint, "; ")
	}
	return hint
}

// PoolerHint returns advice on an error that a pooler sends or causes; empty for others.
func PoolerHint(f bench.Failure) string {
	switch {
	case f.SQLSTATE != ProtocolViolation:
		return Prepared(f.SQLSTATE)
	case begins(f.Message, UnsupportedParameter, unsupportedOption):
		return PassOver
	case begins(f.Message, "bouncer config error", "no such database"):
		return "the pooler knows no such database or user: look at the URL, and at PgBouncer's [databases] and auth_file"
	case begins(f.Message, "no more connections allowed", "client connections exceeded"):
		return "the pooler has all the clients that it takes (PgBouncer's max_client_conn): raise that, or run fewer invocations at once"
	case begins(f.Message, "query_wait_timeout"):
		return "all connections that the pooler has to the server were busy (PgBouncer's default_pool_size): raise that, or run fewer invocations at once"
	case begins(f.Message, "server login has been failing", "pgbouncer cannot connect to server", "client_login_timeout (server down)"):
		return "the pooler doesn't reach the server: its log says why"
	}
	return ""
}
