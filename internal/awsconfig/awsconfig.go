// Package awsconfig reads the AWS configuration (environment, profile, role) as
// every AWS tool does, for all of this program's clients, and says what is wrong
// with it.
package awsconfig

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

// Load is config.LoadDefaultConfig whose clients don't write to stderr by
// themselves, as in "falling back to IMDSv1" or "failed to discard remaining HTTP
// response body": --quiet and --log-format json hold for the SDK too. What went
// wrong is in the errors that the calls return.
//
// Its error names each variable, or file and key, whose value can't be used, with
// what is allowed; the SDK's own names the first, or none, and would quote an
// endpoint with the password that it may have.
func Load(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	return load(ctx, "", options...)
}

// load is Load where the profile among options, if there is one, was given by from.
func load(ctx context.Context, from string, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	var o config.LoadOptions
	for _, option := range options {
		if err := option(&o); err != nil {
			return aws.Config{}, err
		}
	}
	profile := profileOf(&o, from)
	faults := []error{variableFaults(), profileFaults(profile.name)}
	if o.Credentials == nil && o.SharedConfigProfile == "" {
		faults = append(faults, credentialFaults())
	}
	if err := errors.Join(faults...); err != nil {
		return aws.Config{}, err
	}
	if profile.from == defaultProfile { // the SDK goes on without one that isn't there
		if err := profile.absent(ctx); err != nil {
			return aws.Config{}, explain(err, profile)
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx, append([]func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}, options...)...)
	return cfg, explain(err, profile)
}
