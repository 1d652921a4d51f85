package invoke_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/invoke"
)

// hostile are settings for other work, each of which stops or diverts a client that
// reads it.
func hostile(t *testing.T) map[string]string {
	t.Helper()
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("[default]\nretry_mode = legacy\nsso_session = none\nca_bundle = /none\nuse_fips_endpoint = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"AWS_PROFILE": "nosuch", "AWS_DEFAULT_PROFILE": "nosuch", "AWS_CONFIG_FILE": broken, "AWS_SHARED_CREDENTIALS_FILE": "/dev",
		"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "\n", "AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": "xx",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "xx", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "\n",
		"AWS_MAX_ATTEMPTS": "abc", "AWS_RETRY_MODE": "legacy", "AWS_DEFAULTS_MODE": "foo", "AWS_CA_BUNDLE": "/none",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_LAMBDA": "::", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "xx",
		"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ENABLE_ENDPOINT_DISCOVERY": "xx", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "xx",
		"AWS_EC2_METADATA_DISABLED": "xx", "AWS_EC2_METADATA_V1_DISABLED": "xx", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "xx",
		"AWS_DISABLE_REQUEST_COMPRESSION": "xx", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "abc", "AWS_DISABLE_CLOCK_SKEW_CORRECTION": "xx",
		"AWS_REQUEST_CHECKSUM_CALCULATION": "xx", "AWS_RESPONSE_CHECKSUM_VALIDATION": "xx", "AWS_RESTRICT_FILE_PERMISSIONS": "xx",
		"AWS_S3_USE_ARN_REGION": "xx", "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS": "xx", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH": "xx",
		"AWS_SDK_UA_APP_ID": "a\nb", "AWS_EXECUTION_ENV": "a\nb", "AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": "a\nb", "AWS_AUTH_SCHEME_PREFERENCE": "xx",
		"AWS_REGION": "us-fips-east-1", "AWS_STS_REGIONAL_ENDPOINTS": "xx", "AWS_ENABLE_DEFAULT_SOCKET_TIMEOUT_2026": "true",
		"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "REQUEST_METHOD": "GET", // a CGI program's, to which Go refuses HTTP_PROXY
	}
}

// Of what is set for other work, nothing reaches the service of our own.
func TestOwn(t *testing.T) {
	for name, value := range hostile(t) {
		t.Setenv(name, value)
	}
	asked := 0
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(service.Close)
	o := invoke.Options{FunctionName: "load", Region: "us-fips-east-1", Profile: "nosuch", EndpointURL: service.URL, Own: true, Concurrency: 1, Timeout: time.Minute, NoStream: true}
	c, err := invoke.NewClient(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	results, _ := c.Run(context.Background(), context.Background(), plan(1, 1), nil, invoke.News{Result: func(r *bench.Result) {}})
	for _, r := range results {
		if r.ErrorKind != "response_not_understood" { // the service says nothing
			t.Errorf("%s: %s", r.ErrorKind, r.Error)
		}
	}
	if asked != 1 {
		t.Errorf("the service was asked %d times", asked)
	}
	o.Own = false
	if _, err := invoke.NewClient(context.Background(), o); err == nil || !strings.Contains(err.Error(), "AWS_MAX_ATTEMPTS = abc: must be") {
		t.Errorf("a client of the user's: %v", err)
	}
}

// At AWS the user's settings count, also for the look whether anybody answers: a proxy,
// and which kind of endpoint. Go reads a process's proxies once, so this is another one.
func TestReachAWS(t *testing.T) {
	if os.Getenv("TEST_REACH") != "" {
		c, err := invoke.NewClient(context.Background(), invoke.Options{FunctionName: "load", Region: "us-east-1", Concurrency: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Reach(context.Background()); err == nil || !strings.Contains(err.Error(), "nobody answers at https://lambda-fips.us-east-1.amazonaws.com") {
			t.Errorf("%v", err)
		}
		return
	}
	asked := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(proxy.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestReachAWS$")
	cmd.Env = []string{
		"TEST_REACH=1", "HTTPS_PROXY=" + proxy.URL, "AWS_USE_FIPS_ENDPOINT=true", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	select {
	case got := <-asked:
		if got != "CONNECT lambda-fips.us-east-1.amazonaws.com:443" {
			t.Errorf("the proxy was asked: %s", got)
		}
	default:
		t.Error("the proxy wasn't asked")
	}
}
