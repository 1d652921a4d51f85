// Package awsconfig reads the AWS configuration (environment, profile, role) as
// every AWS tool does, for all of this program's clients.
package awsconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// Load is config.LoadDefaultConfig whose clients don't write to stderr by
// themselves, as in "falling back to IMDSv1" or "failed to discard remaining HTTP
// response body": --quiet and --log-format json hold for the SDK too. What went
// wrong is in the errors that the calls return. An endpoint in the environment
// that is no URL is refused here: the SDK's errors would quote it, with the
// password that it may have.
func Load(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "AWS_ENDPOINT_URL") || value == "" {
			continue
		}
		if err := secret.Web(value); err != nil {
			return aws.Config{}, fmt.Errorf("%s = %s: must be a URL such as https://localhost:4566: %w", name, secret.Address(value), err)
		}
	}
	return config.LoadDefaultConfig(ctx, append([]func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}, options...)...)
}

// CheckProfile reports that there is no profile of that name in the files that
// AWS tools read. It asks nobody.
func CheckProfile(name string) error {
	_, err := Load(context.Background(), config.WithSharedConfigProfile(name))
	var absent config.SharedConfigProfileNotExistError
	if errors.As(err, &absent) && absent.Profile == name {
		return quote.Hint(errors.New("there is no such AWS profile"), "aws configure list-profiles lists them")
	}
	return nil // what else is wrong, doctor and the first call tell
}
