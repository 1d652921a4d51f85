package awsconfig

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Endpoint is the address that a profile's client of a service, by the SDK's name, takes
// in place of AWS's own, and the variable or key of a file that names it. Both are empty
// where there is none, or where the configuration can't be used: Check tells of that.
func Endpoint(service, profile string) (address, from string) {
	cfg, err := Load(context.Background(), config.WithSharedConfigProfile(profile), WithMadeUpCredentials())
	if err != nil {
		return "", ""
	}
	return endpointOf(&cfg, service)
}

// endpointOf is in the order of the SDK's clients (resolveBaseEndpoint of each): a
// service's variable, then its key in the files unless there is a variable for all
// services, then that, then the profile's key.
func endpointOf(cfg *aws.Config, service string) (address, from string) {
	env, file := sources(cfg)
	if ignore, set, _ := env.GetIgnoreConfiguredEndpoints(context.Background()); set && ignore { // it returns no error
		return "", ""
	} else if file.IgnoreConfiguredEndpoints != nil && *file.IgnoreConfiguredEndpoints && !set {
		return "", ""
	}
	const all = "AWS_ENDPOINT_URL"
	own := all + "_" + strings.ToUpper(service)
	_, ownSet := os.LookupEnv(own)
	_, allSet := os.LookupEnv(all)
	inFile, found, _ := file.GetServiceBaseEndpoint(context.Background(), service) // it returns no error
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

// otherEndpoint is what names an endpoint in place of AWS's own for a service that
// this program asks; empty when nothing does.
func otherEndpoint(cfg *aws.Config) string {
	for _, service := range services() {
		if _, from := endpointOf(cfg, service); from != "" {
			return from
		}
	}
	return ""
}
