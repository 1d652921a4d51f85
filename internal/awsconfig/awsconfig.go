// Package awsconfig reads the AWS configuration (environment, profile, role) like every AWS
// tool, for all AWS clients of this program, and reports what is wrong with it.
//
// Load (awsconfig.go) wraps the SDK's function. Check (check.go) finds more faults than the
// SDK reports. fault.go checks variables and words the SDK's errors, file.go checks the two
// files, setting.go has the table of settings, chain.go follows profiles that refer to
// others, endpoint.go finds endpoints that replace those of AWS.
package awsconfig

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

// Load is config.LoadDefaultConfig with two changes.
//
// The clients don't write messages such as "falling back to IMDSv1" to stderr, so that
// --quiet and --log-format json apply to the SDK too. The errors of the calls have the
// same information.
//
// The error names each variable, or file and key, with an invalid value, and the allowed
// values. The SDK names only the first, or none, and would quote the password in an
// endpoint.
func Load(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	return load(ctx, "", options...)
}

// load is Load. from names the flag or variable that gave the profile among options.
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
	if profile.from == defaultProfile { // the SDK ignores a missing one
		if err := profile.absent(ctx); err != nil {
			return aws.Config{}, explain(err, profile)
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx, append([]func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}, options...)...)
	return cfg, explain(err, profile)
}
