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

// Use describes how a configuration is used.
type Use struct {
	// Profile is the AWS profile; empty: AWS_PROFILE. ProfileFrom names the flag or variable
	// of this program that gives it.
	Profile, ProfileFrom string
	// Endpoint names the flag that gives an endpoint instead of that of AWS; empty: no flag
	// does.
	Endpoint string
	// MadeUp: use MadeUpCredentials instead of credentials from the configuration.
	MadeUp bool
}

// Check returns all faults of the AWS configuration for a use, including those that usually
// only a call would find. It makes no call; it may resolve the host name from which a
// container gets its credentials.
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

// WithMadeUpCredentials is an option for a service that doesn't check signatures.
func WithMadeUpCredentials() config.LoadOptionsFunc {
	return config.WithCredentialsProvider(MadeUpCredentials())
}

// MadeUpCredentials returns credentials that belong to nobody. The key has at least 112
// bits, because FIPS 140 requires them for a signature.
func MadeUpCredentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("local", "local-secret-of-nobody", "")
}

// sources returns the two sources of a configuration.
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

// services returns the SDK's names of the services that this program calls.
func services() []string { return []string{"Lambda", "STS", "DSQL", "CloudWatch"} }

// endpointFaults reports endpoints of services in the files that aren't URLs.
func endpointFaults(cfg *aws.Config) error {
	_, file := sources(cfg)
	var faults []error
	for _, service := range services() {
		if value, found, _ := file.GetServiceBaseEndpoint(context.Background(), service); found { // never returns an error
			if err := address(value); err != nil {
				faults = append(faults, fmt.Errorf("%s: endpoint_url%w", inServices(service), err))
			}
		}
	}
	return errors.Join(faults...)
}

// inServices names the place of a service's keys in the config file.
func inServices(service string) string {
	return fmt.Sprintf("%s, services of the profile, %s", files()[0].path, strings.ToLower(service))
}

// conflicts refuses FIPS and dual-stack endpoints together with an endpoint that isn't one
// of AWS. The SDK would refuse each call.
func conflicts(cfg *aws.Config, endpoint string) error {
	for _, service := range services() {
		if endpoint == "" {
			_, endpoint = endpointOf(cfg, service)
		}
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
			with := strings.TrimSuffix(strings.Replace(endpoint, " in "+here+", ", " in ", 1), of) // the message names the file already
			faults = append(faults, fmt.Errorf("%s, profile %s: %s = true: must be false with %s", here, file.Profile, key, with))
		}
	}
	refuse("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint",
		env.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled, file.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled)
	refuse("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
		env.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled, file.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled)
	return errors.Join(faults...)
}
