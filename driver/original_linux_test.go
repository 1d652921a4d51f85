package main

import (
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/eventually"
)

// originalConfig is a config.json as the original suite's users have it, but for
// its sizes.
const originalConfig = `{
  "lambda_function_name": "dsql-load-test-lambda",
  "region": "us-east-1",
  "scenario_1": {
    "num_lambdas": 6,
    "iterations": 3,
    "inserts_per_iteration": 1,
    "description": "6 Lambdas x 3 iterations x 1 insert = 18 inserts"
  },
  "scenario_2": {
    "num_lambdas": 5,
    "iterations": 2,
    "rows_per_batch": 20,
    "description": "5 Lambdas x 2 iterations x 20 rows = 200 inserts"
  },
  "warm_up_invocations": 2,
  "event_type": "LoanCreated",
  "configurable_parameters": {
    "note": "Modify these values to adjust the test",
    "available_event_types": ["CarCreated", "LoanCreated", "LoanPaymentSubmitted", "CarServiceDone", "random"]
  }
}
`

// The original's config file works unchanged, here against a local service.
func TestOriginalsConfig(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	endpoint := lambdaService(t, database)
	config := fileWith(t, originalConfig)
	cmd := exec.Command(driverPath(t), "run", "--endpoint-url", endpoint, "--database-url", database, "--telemetry", "off")
	cmd.Dir = filepath.Dir(config) // where it is found by itself
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, stdout.String(), stderr.String())
	}
	if want := "target: local (from --endpoint-url): function dsql-load-test-lambda at " + endpoint + " "; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("stderr doesn't begin with %q:\n%s", want, stderr.String())
	}
	files := resultsFiles(cmd.Dir)
	if len(files) != 1 {
		t.Fatalf("results %v", files)
	}
	r, err := readRecord(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := disagreement(r); err != nil {
		t.Error(err)
	}
	c := r.Run.Config
	got := []any{c.FunctionName, c.Region, c.EventType, c.WarmUp, c.Individual, c.Batch, r.Scenario1.TotalInserts, r.Scenario2.TotalInserts, r.Verification.Present, inTable(t, socket)}
	want := []any{
		"dsql-load-test-lambda", "us-east-1", bench.LoanCreated, 2,
		bench.Load{NumLambdas: 6, Iterations: 3, Count: 1, Description: "6 Lambdas x 3 iterations x 1 insert = 18 inserts"},
		bench.Load{NumLambdas: 5, Iterations: 2, Count: 20, Description: "5 Lambdas x 2 iterations x 20 rows = 200 inserts"},
		int64(18), int64(200), int64(218), int64(218),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// driver local serves its function by every name that was given, and prints them.
func TestLocalFunctionNames(t *testing.T) {
	database := "postgres:///postgres?user=postgres&host=" + startDatabase(t)
	endpoint := lambdaService(t, database, "--function-name", "mine", "--function-name", "theirs", "--function-name", "mine")
	client := lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Timeout: eventually.Patience},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	for _, name := range []string{"dsql-load-test-lambda", "mine", "theirs"} {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: []byte(`{"scenario":"batch","count":2,"iterations":1}`)})
		if err != nil || out.FunctionError != nil || !strings.Contains(string(out.Payload), `\"success_count\":2,`) {
			t.Fatalf("%s: %v, %+v", name, err, out)
		}
	}
	_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("another"), Payload: []byte("{}")})
	if !errors.As(err, new(*types.ResourceNotFoundException)) {
		t.Errorf("another: %v, want ResourceNotFoundException", err)
	}
	told := serviceFlags{functionNames: []string{"mine", "theirs", "mine"}}
	if got := told.served("own"); got != "own, mine, theirs" {
		t.Errorf("said to serve %s", got)
	}
}
