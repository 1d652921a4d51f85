package awsconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Use says what a configuration is for.
type Use struct {
	// Profile is the AWS profile; empty leaves it to AWS_PROFILE. ProfileFrom is the flag
	// or variable of ours that gives it.
	Profile, ProfileFrom string
	// Endpoint is the flag that gives an endpoint in place of AWS's own; empty for
	// none, or for those that the configuration itself names.
	Endpoint string
	// MadeUp are credentials that don't come from the configuration.
	MadeUp bool
}

// Check is all that is wrong with the AWS configuration for a use of it, also what
// would only be found by a call. It asks nobody but, for a name that a container's
// credentials come from, the resolver.
func Check(u Use) error {
	options := []func(*config.LoadOptions) error{config.WithSharedConfigProfile(u.Profile)}
	if u.MadeUp {
		options = append(options, WithMadeUpCredentials())
	}
	cfg, err := load(context.Background(), u.ProfileFrom, options...)
	if err != nil {
		return err
	}
	return errors.Join(endpointFaults(&cfg), conflicts(&cfg, u.Endpoint))
}

// WithMadeUpCredentials signs for somebody who doesn't look at the signature.
func WithMadeUpCredentials() config.LoadOptionsFunc {
	return config.WithCredentialsProvider(MadeUpCredentials())
}

// MadeUpCredentials are nobody's. The key has the 112 bits that FIPS 140 asks of one that signs.
func MadeUpCredentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("local", "local-secret-of-nobody", "")
}

// sources are the two that a configuration was made of.
func sources(cfg *aws.Config) (env config.EnvConfig, file config.SharedConfig) {
	for _, source := range cfg.ConfigSources {
		switch s := source.(type) {
		case config.EnvConfig:
			env = s
		case config.SharedConfig:
			file = s
		}
	}
	return env, file
}

// services are those that this program asks, by the SDK's names.
func services() []string { return []string{"Lambda", "STS", "DSQL", "CloudWatch"} }

// endpointFaults are the services' endpoints in the files that are no URLs.
func endpointFaults(cfg *aws.Config) error {
	_, file := sources(cfg)
	var faults []error
	for _, service := range services() {
		if value, found, _ := file.GetServiceBaseEndpoint(context.Background(), service); found { // it returns no error
			if err := address(value); err != nil {
				faults = append(faults, fmt.Errorf("%s: endpoint_url%w", inServices(service), err))
			}
		}
	}
	return errors.Join(faults...)
}

func inServices(service string) string {
	return fmt.Sprintf("%s, services of the profile, %s", files()[0].path, strings.ToLower(service))
}

// conflicts refuses AWS's FIPS and dual-stack endpoints together with another
// endpoint than AWS's, which the SDK refuses with each call.
func conflicts(cfg *aws.Config, endpoint string) error {
	if endpoint == "" {
		endpoint = otherEndpoint(cfg)
	}
	if endpoint == "" {
		return nil
	}
	env, file := sources(cfg)
	var faults []error
	refuse := func(variable, key string, inEnv, inFile bool) {
		switch {
		case inEnv:
			faults = append(faults, fmt.Errorf("%s = %s: must be false with %s", variable, os.Getenv(variable), endpoint))
		case inFile && os.Getenv(variable) == "":
			here, of := files()[0].path, " in profile "+file.Profile
			with := strings.TrimSuffix(strings.Replace(endpoint, " in "+here+", ", " in ", 1), of) // the file is told
			faults = append(faults, fmt.Errorf("%s, profile %s: %s = true: must be false with %s", here, file.Profile, key, with))
		}
	}
	refuse("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint",
		env.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled, file.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled)
	refuse("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
		env.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled, file.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled)
	return errors.Join(faults...)
}
