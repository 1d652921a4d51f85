// Package cloudwatch fetches AWS's metrics of the cluster and the function for the time of a run
// (measure.go, cloudwatch.go, query.go), compares them with the run's own results (compare.go),
// prints them (text.go) and sends them to the collector (send.go). metric.go lists the metrics.
// waitevent.go asks for the wait events of the run's sessions, by PromQL (promql.go).
package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
)

const (
	// Lag is how long after a minute its metrics are complete. It is a value from experience.
	Lag = 5 * time.Minute
	// fetchTimeout limits one fetch with its retries, credentialTimeout the search for
	// credentials before it.
	fetchTimeout      = 30 * time.Second
	credentialTimeout = 5 * time.Second
	attempts          = 4
)

// Options say which metrics are fetched, and for what time.
type Options struct {
	Region string
	// Profile is the AWS profile; if empty, AWS_PROFILE applies.
	Profile string
	// ClusterID is empty if the cluster is unknown. FunctionName is a name or ARN.
	ClusterID    string
	FunctionName string
	// Application is the application_name of the run's connections; empty if they have none.
	Application string
	// From (inclusive) and To (exclusive) are extended to whole periods.
	From, To time.Time
	// EndpointURL replaces AWS's own endpoint; if empty, AWS_ENDPOINT_URL_CLOUDWATCH applies.
	EndpointURL string
	// MaxBackoff is the longest wait between attempts; 0 means 5 s.
	MaxBackoff time.Duration
	// Now is the clock.
	Now func() time.Time
}

// Fetch fetches the metrics from CloudWatch. If CloudWatch refuses or has no data, Problem of the
// result says so. An error means that the options are incomplete, or that ctx ended.
func Fetch(ctx context.Context, o Options) (*bench.CloudWatch, error) {
	if o.Region == "" {
		return nil, errors.New("CloudWatch: no region is known")
	}
	if !o.To.After(o.From) {
		return nil, fmt.Errorf("CloudWatch: the window from %s to %s is empty", o.From.Format(time.RFC3339), o.To.Format(time.RFC3339))
	}
	now := o.Now().UTC()
	step := period(now.Sub(o.From))
	c := &bench.CloudWatch{FetchedAt: now, From: o.From.UTC().Truncate(step), To: ceil(o.To.UTC(), step), Metrics: []bench.CloudWatchMetric{}}
	c.Complete = !now.Before(Ready(o.To))
	asked, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	client, err := newClient(asked, o)
	if err == nil {
		err = ask(asked, client, o, c, step)
	}
	if err != nil {
		c.Problem = explain(err)
		c.WaitEvents = &bench.WaitEvents{Application: o.Application, Problem: c.Problem, Events: []bench.WaitEvent{}}
	} else {
		c.WaitEvents = waitEvents(ctx, client, o, c)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if c.Problem == "" {
		c.Problem = missing(o, c)
	}
	return c, nil
}

// Ready returns when the metrics of a window that ends at to are complete.
func Ready(to time.Time) time.Time { return ceil(to.UTC(), time.Minute).Add(Lag) }

// ceil rounds t up to a multiple of step.
func ceil(t time.Time, step time.Duration) time.Time {
	if down := t.Truncate(step); !down.Equal(t) {
		return down.Add(step)
	}
	return t
}

func newClient(ctx context.Context, o Options) (*cloudwatch.Client, error) {
	cfg, err := awsconfig.Load(ctx, config.WithRegion(o.Region), config.WithSharedConfigProfile(o.Profile), config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = attempts, 5*time.Second
			if o.MaxBackoff > 0 {
				r.MaxBackoff = o.MaxBackoff
			}
		})
	}))
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, credentialTimeout)
	defer cancel()
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err == nil && credentials.Expired() {
		err = fmt.Errorf("they expired at %s", credentials.Expires.Format(time.RFC3339))
	}
	if err != nil {
		return nil, &credentialError{err}
	}
	return cloudwatch.NewFromConfig(cfg, func(co *cloudwatch.Options) {
		if o.EndpointURL != "" {
			co.BaseEndpoint = aws.String(o.EndpointURL)
		}
	}), nil
}

// credentialError means that there are no valid credentials.
type credentialError struct{ error }

func (e *credentialError) Error() string { return "AWS credentials: " + e.error.Error() }
func (e *credentialError) Unwrap() error { return e.error }
