package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/quote"
)

// attempts is how often a request to AWS is made at most.
const attempts = 2

// credentialsError has the sources that credentials were expected from.
type credentialsError struct {
	error
	sources []aws.CredentialSource
}

func (e *credentialsError) Unwrap() error { return e.error }

// from reports whether the credentials were expected from one of sources.
func (e *credentialsError) from(sources ...aws.CredentialSource) bool {
	return slices.ContainsFunc(sources, func(s aws.CredentialSource) bool { return slices.Contains(e.sources, s) })
}

// expiredError: the credentials expired at that time.
type expiredError struct{ at time.Time }

func (e *expiredError) Error() string { return "they expired at " + e.at.UTC().Format(time.RFC3339) }

// askCredentials reads the AWS configuration like every AWS tool.
func (e *exam) askCredentials(ctx context.Context) (access, error) {
	cfg, err := awsconfig.Load(ctx, config.WithRegion(e.o.Config.Region), config.WithSharedConfigProfile(e.o.Profile), config.WithRetryMaxAttempts(attempts))
	if err != nil {
		return access{}, err
	}
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return access{}, &credentialsError{err, sourcesOf(cfg.Credentials)}
	}
	if credentials.Expired() {
		return access{}, &credentialsError{&expiredError{credentials.Expires}, sourcesOf(cfg.Credentials)}
	}
	return access{cfg, credentials}, nil
}

func sourcesOf(p aws.CredentialsProvider) []aws.CredentialSource {
	if known, tells := p.(aws.CredentialProviderSource); tells {
		return known.ProviderSources()
	}
	return nil
}

func (e *exam) checkCredentials(context.Context) Check {
	a, err := e.access()
	if err != nil {
		return e.noCredentials(err)
	}
	until := ""
	if a.credentials.CanExpire {
		until = fmt.Sprintf(", good for %s more", time.Until(a.credentials.Expires).Round(time.Second))
	}
	return ok("from %s%s", a.credentials.Source, until)
}

// noCredentials explains why there are no credentials.
func (e *exam) noCredentials(err error) Check {
	var missing config.SharedConfigProfileNotExistError
	var file config.SharedConfigLoadError
	var gone *expiredError
	var operation *smithy.OperationError
	c := &credentialsError{}
	errors.As(err, &c)
	login := c.from(aws.CredentialSourceLogin, aws.CredentialSourceProfileLogin)
	switch {
	case errors.As(err, &missing) && missing.Profile != cmp.Or(e.o.Profile, e.o.Getenv("AWS_PROFILE")): // the source_profile of a profile
		text, _ := split(err)
		return failed("correct it, or another AWS_PROFILE", "%s", text)
	case errors.As(err, &missing):
		return failed("aws configure sso --profile "+missing.Profile+", or another AWS_PROFILE", "the AWS profile %s isn't there", missing.Profile)
	case errors.As(err, &file):
		return failed("correct the file, or another AWS_CONFIG_FILE", "%s can't be read: %s", file.Filename, quote.Collapse(file.Err))
	case errors.As(err, &gone):
		return e.expired(gone.Error())
	case errors.As(err, new(*ssocreds.InvalidTokenError)), login && networkOf(err) == "",
		c.from(aws.CredentialSourceSSO, aws.CredentialSourceSSOLegacy) && networkOf(err) == "":
		return e.expired(quote.Collapse(err))
	case errors.As(err, &operation) && operation.Service() == imds.ServiceID, c.from(aws.CredentialSourceIMDS):
		return failed("aws configure sso, then aws sso login; or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			"no AWS credentials: none in the environment, in %s or from this machine's role", e.files())
	case c.from(aws.CredentialSourceProcess, aws.CredentialSourceProfileProcess):
		return failed("run it by hand, or aws configure sso", "the profile's credential_process gives no AWS credentials: %s", quote.Collapse(err))
	case errors.Is(err, context.DeadlineExceeded):
		return failed("check this machine's network, VPN and HTTPS_PROXY", "no AWS credentials: their source doesn't answer within %s", e.o.Deadline)
	case networkOf(err) != "" && c.from(aws.CredentialSourceHTTP):
		for _, variable := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} { // in the order of the SDK
			if e.o.Getenv(variable) != "" {
				return failed("start what gives credentials there, or unset "+variable, "no AWS credentials: %s: %s", variable, networkOf(err))
			}
		}
		return e.unreachable(err)
	case networkOf(err) != "":
		return e.unreachable(err)
	}
	return failed("aws sts get-caller-identity says more; aws configure sso sets up others", "no AWS credentials: %s", quote.Collapse(err))
}

// files names where the credentials file was looked for.
func (e *exam) files() string {
	return cmp.Or(e.o.Getenv("AWS_SHARED_CREDENTIALS_FILE"), e.o.Getenv("AWS_CONFIG_FILE"), "~/.aws")
}

// renewal returns the command that gets new credentials.
func (e *exam) renewal() string {
	profile := ""
	if name := cmp.Or(e.o.Profile, e.o.Getenv("AWS_PROFILE")); name != "" {
		profile = " --profile " + name
	}
	c := &credentialsError{}
	if a, err := e.access(); err == nil {
		c.sources = sourcesOf(a.config.Credentials)
	} else {
		errors.As(err, &c)
	}
	switch {
	case c.from(aws.CredentialSourceEnvVars):
		return "export a new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or unset them and aws sso login"
	case c.from(aws.CredentialSourceLogin, aws.CredentialSourceProfileLogin):
		return "aws login" + profile
	case c.from(aws.CredentialSourceProcess, aws.CredentialSourceProfileProcess):
		return "renew them as the profile's credential_process wants it" + profile
	}
	return "aws sso login" + profile
}

func (e *exam) askIdentity(ctx context.Context, a access) (*sts.GetCallerIdentityOutput, error) {
	return sts.NewFromConfig(a.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
}

func (e *exam) checkIdentity(context.Context) Check {
	who, err := e.identity()
	if err != nil {
		return e.explain(err, "sts:GetCallerIdentity")
	}
	return ok("%s, account %s", aws.ToString(who.Arn), aws.ToString(who.Account))
}

// caller returns the ARN of the caller, or a word for it, and its account, if it is known.
func (e *exam) caller() (arn, account string) {
	if who, err := e.identity(); err == nil {
		return aws.ToString(who.Arn), aws.ToString(who.Account)
	}
	return "the caller", ""
}

// checkRegion compares the configured region with the one in the names of function and
// cluster, and checks that there is such a region.
func (e *exam) checkRegion(context.Context) Check {
	region, from := e.o.Config.Region, e.o.Config.Origin["region"]
	if from == "" {
		from = "the default"
	}
	_, err := e.identity()
	absent := nameOf(err)
	named := func(what, theirs string) Check {
		c := failed("--region "+theirs+", or another "+what, "%s (%s), and the %s is in %s", region, from, what, theirs)
		if absent != "" {
			c.cause = byNetwork // the name doesn't resolve because there is no such region
		}
		return c
	}
	if theirs := regionOfARN(e.o.Config.FunctionName); theirs != "" && theirs != region {
		return named("function", theirs)
	}
	if theirs := e.o.Database.ClusterRegion(); theirs != "" && theirs != region {
		return named("cluster", theirs)
	}
	if absent != "" {
		return failed("check --region (aws ec2 describe-regions lists them), and that this machine resolves names",
			"%s (%s): no such host: %s", region, from, absent).by(byNetwork)
	}
	return ok("%s (%s)", region, from)
}

// regionOfARN returns the region of an ARN, arn:PARTITION:SERVICE:REGION:...; empty for
// any other name.
func regionOfARN(name string) string {
	if parts := strings.Split(name, ":"); len(parts) > 3 && parts[0] == "arn" {
		return parts[3]
	}
	return ""
}
