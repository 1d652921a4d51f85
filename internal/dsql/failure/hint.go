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
	case notAuthorized(f):
		hint = "allow dsql:DbConnect (dsql:DbConnectAdmin for the user admin) on the cluster to these credentials, and for a role: AWS IAM GRANT role TO 'arn' (driver schema --role ROLE --iam-arn ARN)"
	case wrongAction(f):
		hint = "the user admin needs dsql:DbConnectAdmin, every other one dsql:DbConnect"
	case WakingUp(f):
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
	if f.SQLSTATE == ProtocolViolation {
		return poolerHint(f.Message)
	}
	return Prepared(f.SQLSTATE)
}
