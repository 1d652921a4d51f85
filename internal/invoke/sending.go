package invoke

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// sending knows whether anything of one call's request left this process. Errors
// alone don't tell: the SDK has one type for a connection never made and for an
// answer that was lost, and none for credentials that could not be renewed.
type sending struct{ left atomic.Bool }

type sendingKey struct{}

func withSending(ctx context.Context) (context.Context, *sending) {
	s := &sending{}
	return context.WithValue(ctx, sendingKey{}, s), s
}

// watchingClient notes on the request's sending when the transport asks for its
// body, which it does once it has a connection to write to.
type watchingClient struct{ lambda.HTTPClient }

// Do sends the request.
func (c watchingClient) Do(r *http.Request) (*http.Response, error) {
	if s, ok := r.Context().Value(sendingKey{}).(*sending); ok && r.Body != nil {
		r.Body = &watchedBody{ReadCloser: r.Body, sending: s}
	}
	return c.HTTPClient.Do(r)
}

type watchedBody struct {
	io.ReadCloser
	sending *sending
}

// Read notes that the body is being sent.
func (b *watchedBody) Read(p []byte) (int, error) {
	b.sending.left.Store(true)
	return b.ReadCloser.Read(p)
}
