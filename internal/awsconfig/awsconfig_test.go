package awsconfig

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The SDK warns on stderr if it gets the credentials of a machine's role without a token.
// Load suppresses the warning. The test runs in a new process to see its stderr.
func TestSilent(t *testing.T) {
	if endpoint := os.Getenv("TEST_IMDS"); endpoint != "" {
		cfg, err := Load(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if c, err := cfg.Credentials.Retrieve(context.Background()); err != nil || c.AccessKeyID != "AKIA" {
			t.Fatalf("credentials %v, %v", c.AccessKeyID, err)
		}
		return
	}
	imds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut: // the token
			w.WriteHeader(http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
			_, _ = io.WriteString(w, "role") // the caller notices
		default:
			_, _ = io.WriteString(w, `{"Code":"Success","AccessKeyId":"AKIA","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`) // the caller notices
		}
	}))
	t.Cleanup(imds.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestSilent$")
	home := t.TempDir()
	cmd.Env = []string{
		"TEST_IMDS=" + imds.URL, "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + imds.URL, "AWS_REGION=eu-central-1", "HOME=" + home,
		"AWS_CONFIG_FILE=" + filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "credentials"),
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.String() != "" {
		t.Errorf("%v, stdout %q, stderr %q", err, stdout.String(), stderr.String())
	}
}

// The error for an invalid endpoint names its variable and doesn't quote its password.
func TestEndpointVariable(t *testing.T) {
	for value, want := range map[string]string{
		"http://me:gehe%im@localhost:1":   "AWS_ENDPOINT_URL_STS = http://...@localhost:1: must be",
		"http://me:gehe/im@localhost:1":   "AWS_ENDPOINT_URL_STS = http://...: must be",
		"http://me:gehe im@localhost:1":   "AWS_ENDPOINT_URL_STS = http://...@localhost:1: must be",
		"localhost:1":                     "AWS_ENDPOINT_URL_STS = localhost:1: must be",
		"http://me:gehe%40im@localhost:1": "",
		"http://localhost:1":              "",
	} {
		t.Setenv("AWS_ENDPOINT_URL_STS", value)
		_, err := Load(context.Background())
		if (err == nil) != (want == "") || err != nil && (!strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "gehe")) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}
