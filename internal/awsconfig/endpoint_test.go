package awsconfig

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// The address is the one that the SDK's client takes, whatever names it.
func TestEndpoint(t *testing.T) {
	configFile, _ := bare(t)
	for _, variable := range []string{"AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"} {
		t.Setenv(variable, "") // to be set again afterwards
	}
	set := func(variable, value string) {
		t.Helper()
		if value == "unset" {
			if err := os.Unsetenv(variable); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Setenv(variable, value)
	}
	seen := map[string]bool{}
	for _, own := range []string{"unset", "", "http://own:1"} {
		for _, all := range []string{"unset", "", "http://all:1"} {
			for _, ignored := range []string{"", "true", "false"} {
				for _, keys := range []string{"", "services = s\n", "endpoint_url = http://profile:1\n", "services = s\nendpoint_url = http://profile:1\n", "services = s\nignore_configured_endpoint_urls = true\n"} {
					set("AWS_ENDPOINT_URL_LAMBDA", own)
					set("AWS_ENDPOINT_URL", all)
					set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignored)
					write(t, configFile, "[default]\n"+keys+"[services s]\nlambda =\n  endpoint_url = http://service:1\n")
					cfg, err := Load(context.Background(), WithMadeUpCredentials())
					if err != nil {
						t.Fatal(err)
					}
					want := aws.ToString(lambda.NewFromConfig(cfg).Options().BaseEndpoint)
					got, from := Endpoint("Lambda", "")
					named := map[string]string{
						"": "", "http://own:1": "AWS_ENDPOINT_URL_LAMBDA", "http://all:1": "AWS_ENDPOINT_URL", "http://service:1": "endpoint_url in " + configFile + ", services of the profile, lambda",
						"http://profile:1": "endpoint_url in " + configFile + ", profile default",
					}[want]
					if got != want || from != named {
						t.Errorf("own %q, all %q, ignored %q, file %q: %q from %q, want %q from %q", own, all, ignored, strings.TrimSpace(keys), got, from, want, named)
					}
					seen[want] = true
				}
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("only %v were tried", seen)
	}
}
