package local_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"dsql-load-test/internal/eventually"
	"dsql-load-test/internal/local"
)

// patience bounds every wait; only a failing test takes as long.
const patience = 30 * time.Second

// The test binary is every child of the target, as the driver is.
func TestMain(m *testing.M) {
	if !local.RunRole(os.Getenv) {
		os.Exit(m.Run())
	}
}

// start starts the target, and returns what invokes its function: the payload and the
// log's tail.
func start(t *testing.T) (invoke func(event string) (payload, log string)) {
	t.Helper()
	target, err := local.Start(context.Background(), local.Options{FunctionName: "load", Region: "us-east-1", InFlight: 1, FunctionTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Stop(); err != nil {
			t.Error(err)
		}
	})
	client := sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(target.Endpoint), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), HTTPClient: &http.Client{Timeout: patience},
	})
	return func(event string) (payload, log string) {
		t.Helper()
		out, err := client.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("load"), Payload: []byte(event), LogType: types.LogTypeTail})
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil {
			t.Fatal(err)
		}
		return string(out.Payload), string(text)
	}
}

// What the driver's environment says of a cluster and of AWS isn't the local
// function's: that connects to the front. LOG_LEVEL is for both.
func TestFunctionEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"DSQL_HOST": "db.example", "DSQL_HOSTADDR": "192.0.2.1", "AURORA_DSQL_ENDPOINT": "db.example", "AURORA_DSQL_PORT": "1",
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "LOG_LEVEL": "",
		"AWS_PROFILE": "nosuch", "AWS_MAX_ATTEMPTS": "abc", "AWS_CA_BUNDLE": "/none", "AWS_CONFIG_FILE": "/dev", "AWS_USE_FIPS_ENDPOINT": "true",
		"TZ": "xx", "LC_ALL": "xx", "GOMEMLIMIT": "1", "_LAMBDA_SERVER_PORT": "1", "AWS_LAMBDA_FUNCTION_NAME": "another",
	} {
		t.Setenv(name, value)
	}
	const event = `{"scenario":"individual","count":1,"iterations":1,"lambda_index":2,"run_id":"a-run"}`
	const line = ` level=DEBUG msg="attempt failed" run_id=a-run lambda_index=2 iteration=0 row=0 attempt=1 outcome=failed kind=42P01 sqlstate=42P01` + "\n"
	for _, level := range []string{"debug", "info"} {
		t.Run(level, func(t *testing.T) {
			t.Setenv("LOG_LEVEL", level)
			invoke := start(t)
			payload, log := invoke(event) // there is no table
			if !strings.Contains(payload, "42P01") || !strings.Contains(payload, "does not exist") {
				t.Fatalf("payload %s, want the front's error for a missing table", payload)
			}
			// The output comes by a pipe of its own, perhaps a moment later.
			if level == "debug" {
				eventually.True(t, "the failed attempt is in the log", func() bool {
					_, log = invoke(event)
					return strings.Contains(log, line)
				})
			}
			if got := strings.Contains(log, line); got != (level == "debug") {
				t.Errorf("the failed attempt is in the log: %v\n%s", got, log)
			}
			for _, secret := range []string{"does not exist", "X-Amz", "DbConnect", "postgres://"} {
				if strings.Contains(log, secret) {
					t.Errorf("%q is in the log:\n%s", secret, log)
				}
			}
		})
	}
}
