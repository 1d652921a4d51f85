package invoke

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

type sendingKey struct{}

// withSending returns a context for one call, whose request sets left when it begins to leave
// this process. The errors don't say that: the SDK has one type for a connection that failed and
// for an answer that was lost, and none for credentials that could not be renewed.
func withSending(ctx context.Context) (_ context.Context, left *atomic.Bool) {
	left = new(atomic.Bool)
	return context.WithValue(ctx, sendingKey{}, left), left
}

// watchingClient records in the request's context when the transport reads the body, which it
// does once it has a connection to write to.
type watchingClient struct{ lambda.HTTPClient }

// Do sends the request.
func (c watchingClient) Do(r *http.Request) (*http.Response, error) {
	if left, ok := r.Context().Value(sendingKey{}).(*atomic.Bool); ok && r.Body != nil {
		r.Body = &watchedBody{ReadCloser: r.Body, left: left}
	}
	response, err := c.HTTPClient.Do(r)
	if response != nil && response.Body != nil {
		response.Body = &boundedBody{ReadCloser: response.Body, left: limitOf(response)}
	}
	return response, err
}

// maxAnswer is Lambda's limit of a response in bytes (AWS Lambda Developer Guide, "Lambda
// quotas").
const maxAnswer = 6_291_556

var errTooLarge = fmt.Errorf("the answer has more than %d bytes, which is Lambda's limit", maxAnswer)

// maxStreamed is the limit of a streamed response in bytes: Lambda's 200 MiB, and room for the
// events that hold it.
const maxStreamed = 220 << 20

func limitOf(response *http.Response) int {
	if response.Header.Get("Content-Type") == "application/vnd.amazon.eventstream" {
		return maxStreamed
	}
	return maxAnswer
}

// boundedBody fails when an answer is longer than the limit.
type boundedBody struct {
	io.ReadCloser
	left int
}

// Read reads up to the limit.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

type watchedBody struct {
	io.ReadCloser
	left *atomic.Bool
}

// Read records that the body is being sent.
func (b *watchedBody) Read(p []byte) (int, error) {
	b.left.Store(true)
	return b.ReadCloser.Read(p)
}
