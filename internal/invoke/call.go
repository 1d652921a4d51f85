package invoke

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"dsql-load-test/internal/bench"
)

const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
	// longestAsked bounds the wait that Lambda may ask for.
	longestAsked = time.Minute
	// unsentTries is how many times in a row a call may fail before it leaves. Then the
	// invocation is given up, because nobody listens.
	unsentTries = 5
)

// The kinds of errors of invocations that AWS has no name for.
const (
	kindRefused       = "connection_refused"
	kindNoConnection  = "no_connection"    // the name is unknown, or dial or TLS failed
	kindNotMade       = "request_not_made" // by the SDK, mostly for want of credentials
	kindThrottled     = "throttled"
	kindGivenUp       = "given_up"
	kindResponseLost  = "response_lost"
	kindNotUnderstood = "response_not_understood"
	kindTooLarge      = "response_too_large"
	kindInterrupted   = "interrupted"
	kindDeclined      = "function_refused" // it says that nothing was written
	kindUnsuccessful  = "function_failed"
)

// fate is the outcome of one call.
type fate int

const (
	answered  fate = iota // it ran, or may have
	denied                // Lambda refused it for good
	throttled             // Lambda refused it for now
	unsent                // it never left
)

// one sends one invocation until Lambda admits it, and waits for its answer. It sends again
// only a call that was refused before the function ran.
func (f *fanout) one(ctx, stop context.Context, l *lane, index int) (r bench.Result) {
	r = bench.Result{Index: index, Outcome: bench.NotStarted}
	if stopped(ctx, stop, &r) {
		return r
	}
	inv := f.plan.Invocation(index)
	observed := f.stage.Invocation(&inv)
	defer func() { observed.End(&r) }()
	t := newTelling(f, &inv, observed)
	for tries, lost := 0, 0; ; tries++ {
		l.permit = f.window.enter(stop, l.permit)
		if stopped(ctx, stop, &r) {
			return r
		}
		observed.Sent()
		became, reason, err := f.send(ctx, l, t, &r)
		if f.final(became, &r) {
			return r
		}
		observed.Refused(reason)
		if became == unsent {
			lost++
		} else {
			lost, l.permit = 0, false // refuse took it
			l.throttled.Add(1)
			f.reason.Store(&reason)
		}
		if lost >= unsentTries {
			r.ErrorKind, r.Error = reason, err.Error()
			f.deny(&r)
			return r
		}
		select {
		case <-time.After(backoff(tries, err)):
		case <-stop.Done():
		}
	}
}

// final records a call after which r is final. It returns false if the call has to be repeated.
func (f *fanout) final(became fate, r *bench.Result) bool {
	if became != answered && became != denied {
		return false
	}
	f.window.admit()
	if became == answered {
		f.refusals.none()
	} else {
		f.deny(r)
	}
	return true
}

func (f *fanout) deny(r *bench.Result) {
	if g := f.refusals.one(r); g != nil {
		f.giveUp(g)
	}
}

// send makes one call. If it was answered or denied, r is final; otherwise reason says why the
// call didn't reach the function.
func (f *fanout) send(ctx context.Context, l *lane, t *telling, r *bench.Result) (became fate, reason string, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.client.options.Timeout)
	defer cancel()
	ctx, left := withSending(ctx)
	sent := time.Now()
	l.sentAt.Store(sent.UnixNano())
	l.sent.Add(1)
	a, err := f.client.call(ctx, t, l.streams())
	ended := time.Now()
	l.returned.Add(1)
	l.sentAt.Store(0)
	if err != nil && !left.Load() {
		return unsent, unsentKind(err), err
	}
	if reason := throttleReason(err); reason != "" {
		f.window.refuse(sent, time.Now())
		if r.Throttles == nil {
			r.Throttles = map[string]int{}
		}
		r.Throttles[reason]++
		r.ThrottledAt = append(r.ThrottledAt, sent)
		return throttled, reason, err
	}
	r.Sent, r.Ended, r.Outcome, r.ErrorKind = sent, ended, bench.Unknown, ""
	if a != nil {
		r.RequestID = a.requestID
	}
	r.Streamed = t.bytes
	if err != nil {
		became = failCall(r, err)
	} else {
		became = answered
		read(r, a, t)
	}
	t.keep(r)
	l.note(r)
	return became, "", nil
}

// unsentKind names why a request didn't leave.
func unsentKind(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return kindRefused
	case errors.As(err, new(*smithyhttp.RequestSendError)), errors.As(err, new(*smithy.CanceledError)):
		return kindNoConnection
	}
	return kindNotMade
}

// throttleReason names the limit for which Lambda refused a call before the function ran;
// empty for all other errors.
func throttleReason(err error) string {
	var throttled *types.TooManyRequestsException
	if errors.As(err, &throttled) {
		if throttled.Reason == "" {
			return "TooManyRequestsException"
		}
		return string(throttled.Reason)
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	_, known := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
	if known || status(err) == http.StatusTooManyRequests {
		return api.ErrorCode()
	}
	return ""
}

// status returns the HTTP status of an error's response; 0 without one.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return 0
	}
	return response.HTTPStatusCode()
}

// backoff returns the wait after n tries. If Lambda asked for one, it is that, up to a quarter
// longer; otherwise it is exponential, at random between half and all of a ceiling.
func backoff(n int, err error) time.Duration {
	var throttled *types.TooManyRequestsException
	if errors.As(err, &throttled) && throttled.RetryAfterSeconds != nil {
		if seconds, err := strconv.Atoi(*throttled.RetryAfterSeconds); err == nil && seconds > 0 {
			asked := min(time.Duration(seconds)*time.Second, longestAsked)
			return asked + rand.N(asked/4)
		}
	}
	ceiling := min(firstBackoff<<min(n, 10), maxBackoff)
	return ceiling/2 + rand.N(ceiling/2)
}
