package invoke

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"dsql-load-test/internal/secret"
)

// reachTimeout bounds the wait for an answer of the endpoint.
const reachTimeout = 10 * time.Second

// Reach returns why nobody answers at the service's endpoint, or nil after any HTTP answer. It
// calls no function.
func (c *Client) Reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	o := c.api.Options()
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, lambda.EndpointParameters{
		Region: aws.String(o.Region), Endpoint: o.BaseEndpoint,
		UseFIPS:      aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	})
	if err == nil {
		err = secret.Web(endpoint.URI.String())
	}
	switch {
	case err != nil && o.BaseEndpoint != nil: // the resolver's error may quote all of it
		return fmt.Errorf("the endpoint of AWS Lambda, %s, is not a usable URL", secret.Address(*o.BaseEndpoint))
	case err != nil:
		return fmt.Errorf("the endpoint of AWS Lambda: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint.URI.String(), nil)
	if err != nil {
		return fmt.Errorf("%s: %w", secret.Address(endpoint.URI.String()), err)
	}
	response, err := o.HTTPClient.Do(request)
	if failed := new(url.Error); errors.As(err, &failed) {
		err = failed.Err // without the URL, which is in our message
	}
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", secret.Address(endpoint.URI.String()), err)
	}
	return response.Body.Close()
}
