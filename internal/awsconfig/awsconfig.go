// Package awsconfig reads the AWS configuration (environment, profile, role) as
// every AWS tool does, for all of this program's clients.
package awsconfig

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

// Load is config.LoadDefaultConfig whose clients don't write to stderr by
// themselves, as in "falling back to IMDSv1" or "failed to discard remaining HTTP
// response body": --quiet and --log-format json hold for the SDK too. What went
// wrong is in the errors that the calls return.
func Load(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, append([]func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}, options...)...)
}
