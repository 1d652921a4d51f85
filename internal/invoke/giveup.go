package invoke

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"dsql-load-test/internal/bench"
)

// tooManyRefused is how many invocations in a row may be refused for another
// reason than throttling before the rest isn't sent.
const tooManyRefused = 20

// givenUp is why a fan-out stopped by itself.
type givenUp struct{ kind, message string }

// Error is the reason.
func (g *givenUp) Error() string { return g.message }

// stopped reports whether no further call is to be made, and says why in r.
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

// refusals counts the invocations that were refused since one was not. What
// all lanes share is only read while none is.
type refusals struct{ inARow atomic.Int64 }

// none notes an invocation that Lambda took.
func (f *refusals) none() {
	if f.inARow.Load() != 0 {
		f.inARow.Store(0)
	}
}

// one notes a refused invocation; the answer isn't nil when it was one too many.
func (f *refusals) one(r *bench.Result) *givenUp {
	if f.inARow.Add(1) < tooManyRefused {
		return nil
	}
	return &givenUp{kindGivenUp, fmt.Sprintf("not sent: %d invocations in a row were refused, the last with %s%s",
		tooManyRefused, r.Error, cure(r.ErrorKind))}
}

// cure is what to do about an error of the Invoke API; empty where its own text
// has to do.
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

// starve is the end of a fan-out that got nothing but throttles.
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
