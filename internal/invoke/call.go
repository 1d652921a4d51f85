package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/telemetry"
)

const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
	// refusedTries is how often a connection may be refused in a row before the
	// invocation is given up: then nobody listens.
	refusedTries = 5
)

// The kinds of invocations' errors that AWS has no name for.
const (
	kindRefused       = "connection_refused"
	kindResponseLost  = "response_lost"
	kindNotUnderstood = "response_not_understood"
	kindInterrupted   = "interrupted"
	kindUnsuccessful  = "function_refused"
)

// one sends one invocation until it was admitted, and follows it to its end.
// Only what was refused before it ran is sent again.
func (c *Client) one(ctx, drain context.Context, inv bench.Invocation, stage *telemetry.Stage) (r bench.Result) {
	r = bench.Result{Index: inv.Index, Outcome: bench.NotStarted, ErrorKind: kindInterrupted}
	if drain.Err() != nil || ctx.Err() != nil {
		return r
	}
	observed := stage.Invocation(&inv)
	defer func() { observed.End(&r) }()
	payload, err := json.Marshal(inv)
	if err != nil {
		r.ErrorKind, r.Error = kindUnsuccessful, err.Error()
		return r
	}
	for refused := 0; ; {
		if drain.Err() != nil || ctx.Err() != nil {
			return r
		}
		observed.Sent()
		reason, err := c.send(ctx, payload, inv, &r)
		if reason == "" {
			return r
		}
		observed.Refused(reason)
		switch {
		case reason == kindRefused:
			refused++
			if refused >= refusedTries {
				r.ErrorKind, r.Error = kindRefused, err.Error()
				return r
			}
		default:
			refused = 0
			if r.Throttles == nil {
				r.Throttles = map[string]int{}
			}
			r.Throttles[reason]++
		}
		wait(drain, backoff(refused+r.Throttles[reason], err))
	}
}

// send makes one call. reason is empty when r is final, else why the call was
// refused before the function ran.
func (c *Client) send(ctx context.Context, payload []byte, inv bench.Invocation, r *bench.Result) (reason string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	sent := time.Now()
	out, err := c.api.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(c.options.FunctionName), Payload: payload, InvocationType: types.InvocationTypeRequestResponse,
		LogType: types.LogTypeTail,
	})
	ended := time.Now()
	if reason := refusal(err); reason != "" {
		return reason, err
	}
	r.Sent, r.Ended, r.Outcome, r.ErrorKind = sent, ended, bench.Unknown, ""
	if err != nil {
		failCall(r, err)
		return "", nil
	}
	r.RequestID = requestID(out.ResultMetadata)
	if out.LogResult != nil {
		r.Report = report(*out.LogResult)
	}
	if out.FunctionError != nil {
		failFunction(r, out)
		return "", nil
	}
	understand(r, out.Payload, inv)
	return "", nil
}

// refusal names why a call was turned away before the function ran; empty for
// everything else.
func refusal(err error) string {
	var throttled *types.TooManyRequestsException
	if errors.As(err, &throttled) {
		if throttled.Reason == "" {
			return "TooManyRequestsException"
		}
		return string(throttled.Reason)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return kindRefused
	}
	return ""
}

// failCall records a call without an answer. An API error means that Lambda
// refused it, unless it is a server's fault (HTTP 5xx), which may come after the
// function ran; otherwise the answer was lost and the function may have run.
func failCall(r *bench.Result, err error) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		r.ErrorKind, r.Error = kindResponseLost, err.Error()
		return
	}
	r.ErrorKind, r.Error = api.ErrorCode(), api.ErrorCode()+": "+api.ErrorMessage()
	var status interface{ HTTPStatusCode() int }
	if !errors.As(err, &status) || status.HTTPStatusCode() < 500 {
		r.Outcome = bench.Failed
	}
}

// failFunction records that the function crashed, panicked or ran out of time;
// what it had inserted until then is unknown.
func failFunction(r *bench.Result, out *lambda.InvokeOutput) {
	var e struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	r.ErrorKind = *out.FunctionError
	defer func() { r.TimedOut = strings.Contains(r.Error, timedOut) }()
	if err := json.Unmarshal(out.Payload, &e); err != nil || e.ErrorMessage == "" {
		r.Error = string(out.Payload[:min(len(out.Payload), 500)])
		return
	}
	r.Error = e.ErrorMessage
	if e.ErrorType != "" {
		r.ErrorKind = e.ErrorType
		r.Error = e.ErrorType + ": " + e.ErrorMessage
	}
}

// understand reads the function's answer.
func understand(r *bench.Result, payload []byte, asked bench.Invocation) {
	notUnderstood := func(err error) { r.ErrorKind, r.Error = kindNotUnderstood, err.Error() }
	var reply bench.Reply
	if err := json.Unmarshal(payload, &reply); err != nil {
		notUnderstood(fmt.Errorf("response: %w", err))
		return
	}
	var body bench.ReplyBody
	if err := json.Unmarshal([]byte(reply.Body), &body); err != nil {
		notUnderstood(fmt.Errorf("response body: %w", err))
		return
	}
	if reply.StatusCode != 200 || !body.Success {
		r.Outcome, r.ErrorKind = bench.Failed, kindUnsuccessful
		r.Error = fmt.Sprintf("status %d: %s", reply.StatusCode, body.Error)
		return
	}
	if body.Result == nil {
		notUnderstood(errors.New("response body has success and no result"))
		return
	}
	if err := body.Result.Check(asked); err != nil {
		notUnderstood(err)
		return
	}
	r.Outcome, r.Response = bench.Acknowledged, body.Result
}

func requestID(m middleware.Metadata) string {
	id, _ := awsmiddleware.GetRequestIDMetadata(m)
	return id
}

// backoff is the wait before try n+1: what Lambda asked for, else exponential,
// with full jitter either way on top of half.
func backoff(n int, err error) time.Duration {
	ceiling := min(firstBackoff<<min(n, 10), maxBackoff)
	var throttled *types.TooManyRequestsException
	if errors.As(err, &throttled) && throttled.RetryAfterSeconds != nil {
		if seconds, err := strconv.Atoi(*throttled.RetryAfterSeconds); err == nil && seconds > 0 {
			ceiling = min(time.Duration(seconds)*time.Second, maxBackoff)
		}
	}
	return ceiling/2 + rand.N(ceiling/2)
}

// wait sleeps d, less when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
