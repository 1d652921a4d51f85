package invoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/schemas"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"dsql-load-test/internal/bench"
)

// ending is what came with the function's own answer.
type ending struct {
	requestID     string
	log           *string // the tail of its log, in base64
	functionError *string // why it failed; nil if it didn't
	failure       []byte  // describes functionError
}

// worthStreaming is the time from which on an invocation is likely to have partial answers. Streaming
// a short one would cost a third of the calls a second (BenchmarkFanOut) and tell nothing earlier.
const worthStreaming = 500 * time.Millisecond

// streams reports whether the lane's next call is to be streamed: the first, and those after one
// that was long.
func (l *lane) streams() bool { return l.lasted == 0 || l.lasted >= worthStreaming }

// note keeps how long an invocation of the lane lasted, as its reply says: the call takes longer
// where the driver is busy.
func (l *lane) note(r *bench.Result) {
	if a := r.Response; a != nil && !r.Partial {
		l.lasted = max(1, time.Duration(a.DurationMs*float64(time.Millisecond))) // 0 is unknown
	}
}

// call makes one call and passes its answer to t. It streams the answer if that is wanted and the
// endpoint can do it.
func (c *Client) call(ctx context.Context, t *telling, streamed bool) (*ending, error) {
	if !streamed || c.options.NoStream || c.unstreamed.Load() {
		return c.callWhole(ctx, t)
	}
	a, err := c.callStreamed(ctx, t)
	if !unserved(err) {
		return a, err
	}
	c.unstreamed.Store(true)
	return c.callWhole(ctx, t)
}

// OnlyInvoke reports whether an answer showed that the endpoint can't stream.
func (c *Client) OnlyInvoke() bool { return c.unstreamed.Load() }

// unserved reports whether the endpoint has no InvokeWithResponseStream, so that the function
// didn't run. Lambda's only 404 is that of an unknown function. Other endpoints answer an unknown
// path in the words of their HTTP server, or with a name of their own (SAM: PathNotFoundLocally).
func unserved(err error) bool {
	switch status(err) {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return !errors.As(err, new(*types.ResourceNotFoundException))
	case http.StatusNotImplemented:
		return true
	}
	return false
}

// event returns the event of an invocation.
func (t *telling) event(streamed bool) ([]byte, error) {
	t.asked.Stream = streamed
	return json.Marshal(t.asked)
}

// callWhole makes one call whose answer comes as a whole.
func (c *Client) callWhole(ctx context.Context, t *telling) (*ending, error) {
	event, err := t.event(false)
	if err != nil {
		return nil, err
	}
	out, err := c.api.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(c.options.FunctionName), Payload: event, InvocationType: types.InvocationTypeRequestResponse, LogType: types.LogTypeTail,
	})
	if err != nil {
		return nil, err
	}
	a := &ending{log: out.LogResult, functionError: out.FunctionError}
	a.requestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	if a.functionError != nil {
		a.failure = out.Payload
		return a, nil
	}
	return a, t.add(out.Payload)
}

// ownProtocol gives a call a protocol of its own: the client's has one decoder of events, which all
// of its streams would share without a lock (smithy-go 1.28).
func ownProtocol(o *lambda.Options) { o.Protocol = restjson1.New(schemas.AWSGirApiService) }

var errNoEnd = errors.New("the stream of the answer ended before the answer did")

// callStreamed makes one call whose answer comes in pieces.
func (c *Client) callStreamed(ctx context.Context, t *telling) (*ending, error) {
	event, err := t.event(true)
	if err != nil {
		return nil, err
	}
	out, err := c.api.InvokeWithResponseStream(ctx, &lambda.InvokeWithResponseStreamInput{
		FunctionName: aws.String(c.options.FunctionName), Payload: event, InvocationType: types.ResponseStreamingInvocationTypeRequestResponse, LogType: types.LogTypeTail,
	}, ownProtocol)
	if err != nil {
		return nil, err
	}
	a := &ending{}
	a.requestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	stream := out.GetStream()
	ended, err := t.listen(stream.Events(), a)
	if closed := stream.Close(); err == nil && !ended {
		err = cutOff(closed)
	}
	return a, err
}

// cutOff returns the error of a stream that ended by cause, which may be nil. It is no API error,
// even if cause is one: the function has run, so the call wasn't refused.
func cutOff(cause error) error {
	switch {
	case cause == nil:
		return errNoEnd
	case errors.Is(cause, errTooLarge):
		return errTooLarge
	}
	return fmt.Errorf("%w: %v", errNoEnd, cause)
}

// listen takes the events of a stream until it ends. ended: the last one was there.
func (t *telling) listen(events <-chan types.InvokeWithResponseStreamResponseEvent, a *ending) (ended bool, err error) {
	for event := range events {
		switch e := event.(type) {
		case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			t.bytes += int64(len(e.Value.Payload))
			if err := t.add(e.Value.Payload); err != nil {
				return false, err
			}
		case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			ended, a.log = true, e.Value.LogResult
			if code := aws.ToString(e.Value.ErrorCode); code != "" {
				a.functionError, a.failure = &code, []byte(aws.ToString(e.Value.ErrorDetails))
			}
		}
	}
	return ended, nil
}
