package invoke

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"dsql-load-test/internal/bench"
)

// tooManyRefused is the number of invocations refused in a row, for another reason than
// throttling, after which the rest isn't sent.
const tooManyRefused = 20

// givenUp is the reason why a fan-out stopped by itself.
type givenUp struct{ kind, message string }

// Error returns the reason.
func (g *givenUp) Error() string { return g.message }

// stopped reports whether no further call may be made, and records the reason in r.
func stopped(ctx, stop context.Context, r *bench.Result) bool {
	if stop.Err() == nil && ctx.Err() == nil {
		return false
	}
	r.ErrorKind, r.Error = kindInterrupted, ""
	var g *givenUp
	if errors.As(context.Cause(stop), &g) {
		r.ErrorKind, r.Error = g.kind, g.message
	}
	return true
}

// refusals counts the invocations refused since the last one that Lambda took. While none is
// refused the lanes only read it, because writing a shared counter would slow them.
type refusals struct{ inARow atomic.Int64 }

// none records an invocation that Lambda took.
func (f *refusals) none() {
	if f.inARow.Load() != 0 {
		f.inARow.Store(0)
	}
}

// one records a refused invocation. It returns the reason to give up if that was one too many.
func (f *refusals) one(r *bench.Result) *givenUp {
	if f.inARow.Add(1) < tooManyRefused {
		return nil
	}
	return &givenUp{kindGivenUp, fmt.Sprintf("not sent: %d invocations in a row were refused, the last with %s%s",
		tooManyRefused, r.Error, cure(r.ErrorKind))}
}

// cure returns advice on an error of the Invoke API; empty if there is none.
func cure(kind string) string {
	switch kind {
	case "ExpiredTokenException", "ExpiredToken", "RequestExpired":
		return "; renew the credentials (aws sso login, or a longer session) and run again"
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException":
		return "; aws sts get-caller-identity says who calls, and that identity needs lambda:InvokeFunction on the function"
	case "ResourceNotFoundException":
		return "; look at --function-name and --region"
	case kindNotMade:
		return "; aws sts get-caller-identity says whether the credentials are good"
	case kindRefused, kindNoConnection:
		return "; look at --region, --endpoint-url and the network"
	}
	return ""
}

// starve returns the reason to give up a fan-out whose calls were all throttled.
func starve(reason string) *givenUp {
	do := "see what else uses the account's or the function's limits, and run again"
	switch reason {
	case "ReservedFunctionConcurrentInvocationLimitExceeded", "ReservedFunctionInvocationRateLimitExceeded":
		do = "raise the function's reserved concurrency (aws lambda put-function-concurrency), 0 admits nothing"
	case "ConcurrentInvocationLimitExceeded", "FunctionInvocationRateLimitExceeded":
		do = "raise the account's quota of concurrent executions (Service Quotas, AWS Lambda), or end what else uses it"
	}
	return &givenUp{kindThrottled, fmt.Sprintf("throttled for %v without one call admitted, the last time with %s: %s", starvation, reason, do)}
}
