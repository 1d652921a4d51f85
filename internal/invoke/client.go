// Package invoke sends a plan's invocations through the AWS Lambda Invoke API and makes exactly
// one Result of each, whatever happens to it.
//
// client.go makes the SDK's client. fanout.go runs the lanes, each of which sends one invocation
// after the other (call.go) when window.go gives it a permit. stream.go makes a call,
// telling.go takes what the invocation tells before it ends. sending.go sees whether a request
// left, answer.go and reply.go read its answer, report.go Lambda's log line. giveup.go ends a
// run that Lambda refuses, and snapshot.go counts for the live display.
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

// Options name the function and its service, and limit the calls.
type Options struct {
	FunctionName string
	Region       string
	// Profile is the AWS profile; empty leaves it to AWS_PROFILE.
	Profile string
	// EndpointURL replaces AWS's endpoint. If it is empty, AWS_ENDPOINT_URL_LAMBDA may name
	// another one.
	EndpointURL string
	// LocalCredentials signs with made-up credentials instead of the user's. An emulator
	// doesn't check them.
	LocalCredentials bool
	// Own: this program runs the service at EndpointURL. No AWS configuration applies.
	Own bool
	// Concurrency is the most calls in flight.
	Concurrency int
	// Timeout ends the wait for one answer; it must lie above the function's.
	Timeout time.Duration
	// ConnectRate is the number of new connections a second that the cluster admits after the
	// first bench.ConnectBurst; 0 for no limit.
	ConnectRate int
	// NoStream: answers come as a whole.
	NoStream bool
}

// Client calls one function.
type Client struct {
	api     *lambda.Client
	options Options
	decoder *latency.Decoder
	pacing
	unstreamed atomic.Bool            // the endpoint can't stream answers
	current    atomic.Pointer[fanout] // of the current or the last Run
}

// checkCredentials reports now what would fail each invocation later.
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

// NewClient returns a client for o's function. It doesn't retry: the SDK's retries are off,
// because they also repeat calls whose answer was lost.
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

// ownRegion is the region for our own service, which checks no signature. With the run's
// region the SDK might choose another kind of AWS endpoint.
const ownRegion = "us-east-1"

// own returns a configuration that no variable, file or proxy affects.
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
