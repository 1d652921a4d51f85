// Package invoke fans a plan's invocations out over the AWS Lambda Invoke API
// and turns whatever happens to each of them into exactly one Result.
package invoke

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go/logging"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/latency"
	"dsql-load-test/internal/quote"
)

// Options say which function is called, and where.
type Options struct {
	FunctionName string
	Region       string
	// Profile is the AWS profile; empty leaves it to AWS_PROFILE.
	Profile string
	// EndpointURL replaces AWS's own endpoint; empty keeps it, or the one that
	// AWS_ENDPOINT_URL_LAMBDA names.
	EndpointURL string
	// LocalCredentials signs with made-up credentials, which an emulator doesn't look
	// at, instead of the user's.
	LocalCredentials bool
	// Own: the service at EndpointURL is this program's. Nothing of the AWS
	// configuration counts.
	Own bool
	// Concurrency is the number of calls in flight at most.
	Concurrency int
	// Timeout ends the wait for one answer; it must lie above the function's.
	Timeout time.Duration
	// ConnectRate is how many new connections a second the cluster admits after
	// bench.ConnectBurst of them; 0 doesn't hold back.
	ConnectRate int
}

// Client calls one function.
type Client struct {
	api     *lambda.Client
	options Options
	decoder *latency.Decoder
	pacing
	current atomic.Pointer[fanout] // the Run that goes on, or the last one
}

// checkCredentials fails at once where each invocation would.
func checkCredentials(ctx context.Context, p aws.CredentialsProvider) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := p.Retrieve(ctx)
	if err == nil && c.Expired() {
		err = fmt.Errorf("they expired at %s", c.Expires.Format(time.RFC3339))
	}
	if err != nil {
		return quote.Hint(fmt.Errorf("AWS credentials: %w", err), "aws sts get-caller-identity says whether the credentials are good")
	}
	return nil
}

// NewClient makes the client that o asks for. It never sends an invocation twice by
// itself: the SDK's own retries are off, since they also repeat calls whose answer
// was lost.
func NewClient(ctx context.Context, o Options) (*Client, error) {
	cfg := own(o)
	if !o.Own {
		var err error
		if cfg, err = users(ctx, o); err != nil {
			return nil, err
		}
	}
	api := lambda.NewFromConfig(cfg, func(lo *lambda.Options) {
		lo.HTTPClient = watchingClient{lo.HTTPClient}
		if o.EndpointURL != "" {
			lo.BaseEndpoint = aws.String(o.EndpointURL)
		}
	})
	return &Client{api: api, options: o, decoder: &latency.Decoder{}, pacing: newPacing(o.ConnectRate, o.Concurrency)}, nil
}

// ownRegion signs for the service of our own, which looks at no signature. The run's
// region may be one with AWS endpoints of another kind.
const ownRegion = "us-east-1"

// own is a configuration that nothing outside of this program has a part in: no
// variable, file or proxy.
func own(o Options) aws.Config {
	return aws.Config{
		Region: ownRegion, Credentials: awsconfig.MadeUpCredentials(), Logger: logging.Nop{}, Retryer: noRetries,
		HTTPClient: httpClient(o).WithTransportOptions(func(t *http.Transport) { t.Proxy = nil }).Freeze(),
	}
}

// users reads the AWS configuration (environment, profile) as every AWS tool does.
func users(ctx context.Context, o Options) (aws.Config, error) {
	load := []func(*config.LoadOptions) error{
		config.WithRegion(o.Region), config.WithSharedConfigProfile(o.Profile), config.WithHTTPClient(httpClient(o)), config.WithRetryer(noRetries),
	}
	if o.LocalCredentials {
		load = append(load, awsconfig.WithMadeUpCredentials())
	}
	cfg, err := awsconfig.Load(ctx, load...)
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	return cfg, checkCredentials(ctx, cfg.Credentials)
}

func noRetries() aws.Retryer { return aws.NopRetryer{} }

// httpClient is the SDK's own, so that AWS_CA_BUNDLE is honoured.
func httpClient(o Options) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = o.Concurrency
		t.MaxIdleConnsPerHost = o.Concurrency
		t.MaxConnsPerHost = 0 // the SDK's 2048 would hold calls back unseen
	})
}
