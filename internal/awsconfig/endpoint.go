package awsconfig

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Endpoint returns the address that replaces the endpoint of AWS for a service, by the SDK's
// name, in a profile, and the variable or key in a file that sets it. Both are empty if
// there is none or if the configuration is invalid, which Check reports.
func Endpoint(service, profile string) (address, from string) {
	cfg, err := Load(context.Background(), config.WithSharedConfigProfile(profile), WithMadeUpCredentials())
	if err != nil {
		return "", ""
	}
	return endpointOf(&cfg, service)
}

// endpointOf follows the order of the SDK's clients (resolveBaseEndpoint of each): the
// variable of the service, the key of the service in the files unless the variable for all
// services is set, that variable, the key of the profile.
func endpointOf(cfg *aws.Config, service string) (address, from string) {
	env, file := sources(cfg)
	ignore, set, _ := env.GetIgnoreConfiguredEndpoints(context.Background()) // never returns an error
	if set && ignore || !set && aws.ToBool(file.IgnoreConfiguredEndpoints) {
		return "", ""
	}
	const all = "AWS_ENDPOINT_URL"
	own := all + "_" + strings.ToUpper(service)
	_, ownSet := os.LookupEnv(own)
	_, allSet := os.LookupEnv(all)
	inFile, found, _ := file.GetServiceBaseEndpoint(context.Background(), service) // never returns an error
	switch {
	case os.Getenv(own) != "":
		return os.Getenv(own), own
	case found && (ownSet || !allSet):
		return inFile, "endpoint_url in " + inServices(service)
	case os.Getenv(all) != "":
		return os.Getenv(all), all
	case file.BaseEndpoint != "":
		return file.BaseEndpoint, fmt.Sprintf("endpoint_url in %s, profile %s", files()[0].path, file.Profile)
	}
	return "", ""
}
