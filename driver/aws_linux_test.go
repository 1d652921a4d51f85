package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/bench"
)

// account is one in which the default function is fine.
func account() awsapi.Account {
	return awsapi.Account{
		Concurrency: 1000, Unreserved: 1000,
		Functions: map[string]awsapi.Function{"dsql-load-test-lambda": {
			Runtime: "provided.al2023", Architecture: "arm64", TimeoutSeconds: 60, MemoryMB: 1024,
			Environment: map[string]string{"DATABASE_URL": "postgres://me@127.0.0.1:1/x"},
		}},
	}
}

// inAccount makes a stand-in what the SDK finds.
func inAccount(t *testing.T, a awsapi.Account) *awsapi.Server {
	t.Helper()
	s := awsapi.Start(a)
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "",
		"AWS_REGION": "us-east-1",
	} {
		t.Setenv(name, value)
	}
	return s
}

// A run that can't work on AWS says why in one line, soon, and invokes nothing.
func TestRefusedOnAWS(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *awsapi.Account)
		args   []string
		want   string // on stderr
	}{
		{"no credentials", func(t *testing.T, _ *awsapi.Account) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		}, nil, "error: credentials: no AWS credentials"},
		{"expired", func(_ *testing.T, a *awsapi.Account) { a.Expired = true }, nil, "error: identity: the AWS credentials have expired"},
		{"wrong region", nil, []string{"--function-name", "arn:aws:lambda:eu-west-1:123456789012:function:dsql-load-test-lambda"}, "error: region: us-east-1"},
		{"missing function", nil, []string{"--function-name", "absent"}, "error: function: "},
		{"wrong architecture", nil, []string{"--architecture", "x86_64"}, "error: architecture: "},
		{"time-out too short", nil, []string{"--iterations", "100000"}, "error: time-out: "},
		{"concurrency too low", nil, []string{"--num-lambdas", "1001"}, "error: concurrency: "},
		{"no network", func(t *testing.T, _ *awsapi.Account) { t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") }, nil, "error: identity: 127.0.0.1:1 refuses connections"},
		{"too dear", nil, []string{"--max-cost", "0.0001"}, "error: --max-cost = 0.0001: the plan is estimated at $"},
		{"too dear when repeated", nil, []string{"--max-cost", "0.01", "--repeat", "100"}, "error: --max-cost = 0.01: the plan is estimated at $"},
		{"nowhere to look", nil, []string{"--verify", "full"}, "error: --verify = full: must be off on AWS when neither"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := account()
			if c.change != nil && c.name == "expired" {
				c.change(t, &a)
			}
			s := inAccount(t, a)
			if c.change != nil {
				c.change(t, &a)
			}
			out := t.TempDir()
			start := time.Now()
			code, stdout, stderr := drive(append([]string{"run", "--target", "aws", "--out", out, "--num-lambdas", "10", "--telemetry", "off"}, c.args...)...)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "error: ") != 1 {
				t.Errorf("exit code %d, stdout %q, stderr:\n%s\nwant one error with %q", code, stdout, stderr, c.want)
			}
			if n := s.Calls()["lambda:InvokeFunction"]; n != 0 || len(resultsFiles(out)) != 0 {
				t.Errorf("%d invocations, results %v", n, resultsFiles(out))
			}
		})
	}
}

// Without credentials a dry run asks nobody, not even this machine's role; with them
// the estimate is for the function as it is, and the plan is shown also where a check
// fails.
func TestDryRunAsksWithCredentials(t *testing.T) {
	a := account()
	f := a.Functions["dsql-load-test-lambda"]
	f.MemoryMB = 512
	a.Functions["dsql-load-test-lambda"] = f
	s := inAccount(t, a)
	metadata := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the machine's role was asked for") }))
	t.Cleanup(metadata.Close)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
	for _, command := range [][]string{{"run", "--dry-run"}, {"cost"}} {
		args := append(command, "--target", "aws", "--num-lambdas", "10", "--telemetry", "off")
		code, stdout, stderr := drive(args...)
		if code != exitComplete || !strings.Contains(stdout, "Function: 512 MB, arm64.") || strings.Contains(stdout, "Not looked up") {
			t.Errorf("%v: exit code %d\n%s%s", command, code, stdout, stderr)
		}
		code, stdout, stderr = drive(append(args, "--iterations", "100000")...)
		if code != exitUsage || !strings.Contains(stdout, "Not looked up: ") || !strings.Contains(stdout, "  Total ") || !strings.Contains(stderr, "error: time-out: ") {
			t.Errorf("%v: exit code %d\n%s%s", command, code, stdout, stderr)
		}
	}
	before := maps.Clone(s.Calls())
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	for _, command := range [][]string{{"run", "--dry-run"}, {"cost"}} {
		code, stdout, stderr := drive(append(command, "--target", "aws")...)
		if code != exitComplete || !strings.Contains(stdout, "1024 MB, arm64, which is assumed") || !strings.Contains(stdout, "Not looked up: ") || !maps.Equal(before, s.Calls()) {
			t.Errorf("%v: exit code %d\n%s%s", command, code, stdout, stderr)
		}
	}
}

// accountThatInvokes is an account whose invocations go to the real Lambda service
// of this machine. seen is called with every call.
func accountThatInvokes(t *testing.T, database string, seen func(*http.Request)) *awsapi.Server {
	t.Helper()
	proxyTo := func(address string) *httputil.ReverseProxy {
		to, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return httputil.NewSingleHostReverseProxy(to)
	}
	management := inAccount(t, account())
	invoke, manage := proxyTo(lambdaService(t, database)), proxyTo(management.URL)
	measure := proxyTo(awsapi.NewCloudWatch(t).URL)
	for variable, serve := range map[string]http.HandlerFunc{
		"AWS_ENDPOINT_URL_LAMBDA": func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/invocations") {
				invoke.ServeHTTP(w, r)
				return
			}
			manage.ServeHTTP(w, r)
		},
		"AWS_ENDPOINT_URL_STS":        manage.ServeHTTP,
		"AWS_ENDPOINT_URL_CLOUDWATCH": measure.ServeHTTP,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen(r)
			serve(w, r)
		}))
		t.Cleanup(server.Close)
		t.Setenv(variable, server.URL)
	}
	return management
}

// A run on AWS, but for AWS: its checks, then the calls, then what was measured
// and billed. Invocations go to the real Lambda service of this machine.
func TestRunOnAWS(t *testing.T) {
	socket := startDatabase(t)
	database := "postgres:///postgres?user=postgres&host=" + socket
	management := accountThatInvokes(t, database, func(*http.Request) {})
	out := t.TempDir()
	code, stdout, stderr := drive("run", "--target", "aws", "--out", out, "--num-lambdas", "4", "--iterations", "3", "--count", "2",
		"--concurrency", "2", "--warm-up", "1", "--telemetry", "off", "--database-url", database, "--verify", "full", "--max-cost", "1")
	if code != exitComplete {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	r, err := readRecord(resultsFiles(out)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := disagreement(r); err != nil {
		t.Error(err)
	}
	if f := r.Run.Function; f == nil || f.MemoryMB != 1024 || f.Architecture != "arm64" || r.Run.LocalTarget != nil || r.Run.Target != bench.AWS {
		t.Errorf("run %+v", r.Run)
	}
	if c := r.Cost; c == nil || c.Estimate == nil || c.Estimate.TotalUSD <= 0 || c.Actual == nil || c.Actual.Requests != 9 || c.Actual.DPU != nil {
		t.Errorf("cost %+v", r.Cost)
	}
	if b := r.Scenario2.Billed; b == nil || b.Invocations != 4 || b.MemoryMB != 1024 || b.BilledSeconds <= 0 {
		t.Errorf("billed %+v", b)
	}
	if a := r.Scenario2.Admission; a == nil || a.Asked != 2 || a.Reached < 1 || a.Reached > 2 || a.Backoffs != 0 {
		t.Errorf("admission %+v", a)
	}
	if r.CloudWatch == nil || r.CloudWatch.Complete || !strings.Contains(stderr, "driver cloudwatch") {
		t.Errorf("CloudWatch %+v\n%s", r.CloudWatch, stderr)
	}
	calls := management.Calls()
	if calls["sts:GetCallerIdentity"] == 0 || calls["lambda:GetFunctionConfiguration"] == 0 || calls["lambda:InvokeFunction"] != 0 {
		t.Errorf("calls %v", calls)
	}
}

// With --profile every call is signed with that profile's key, over those of the
// environment, and the target is AWS.
func TestRunWithProfile(t *testing.T) {
	database := "postgres:///postgres?user=postgres&host=" + startDatabase(t)
	key := regexp.MustCompile(`Credential=(\w+)/\d+/[\w-]+/(\w+)/`)
	var mu sync.Mutex
	signed := map[string]bool{}
	accountThatInvokes(t, database, func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if m := key.FindStringSubmatch(r.Header.Get("Authorization")); m != nil { // Reach signs nothing
			signed[m[2]+" "+m[1]] = true
		}
	})
	credentials := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(credentials, []byte("[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", credentials)
	code, stdout, stderr := drive("run", "--profile", "other", "--out", t.TempDir(), "--scenario", "1", "--num-lambdas", "2", "--iterations", "1",
		"--warm-up", "0", "--telemetry", "off", "--database-url", database)
	if code != exitComplete || !strings.HasPrefix(stderr, "target: aws (from --profile): function dsql-load-test-lambda in us-east-1 at http://127.0.0.1:") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	want := map[string]bool{"sts AKIAOTHER": true, "lambda AKIAOTHER": true, "monitoring AKIAOTHER": true}
	if diff := cmp.Diff(want, signed); diff != "" {
		t.Errorf("signed: -want +got\n%s", diff)
	}
	code, stdout, stderr = drive("token", "--cluster", "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws", "--profile", "other")
	if code != exitComplete || !strings.Contains(stdout, "X-Amz-Credential=AKIAOTHER%2F") {
		t.Errorf("exit code %d, token %s%s", code, stdout, stderr)
	}
}

// A profile that isn't there is wrong use of whatever command.
func TestUnknownProfile(t *testing.T) {
	inAccount(t, account())
	results := filepath.Join(t.TempDir(), "results.json")
	const cluster = "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws"
	for _, args := range [][]string{
		{"run"},
		{"run", "--dry-run", "--skip-checks"},
		{"doctor"},
		{"cloudwatch", results},
		{"token", "--cluster", cluster},
		{"schema", "--apply", "--cluster", cluster},
		{"cleanup", "--run-id", "01M850BJEVW2N143JB0YS2GE2T", "--cluster", cluster},
	} {
		code, stdout, stderr := drive(append(args, "--profile", "absent")...)
		if code != exitUsage || stdout != "" || stderr != "error: --profile = absent: there is no such AWS profile\nhint: aws configure list-profiles lists them\n" {
			t.Errorf("%v: exit code %d\n%s%s", args, code, stdout, stderr)
		}
	}
	t.Setenv("DSQLLOAD_PROFILE", "absent")
	if code, _, stderr := drive("run"); code != exitUsage || !strings.HasPrefix(stderr, "error: DSQLLOAD_PROFILE = absent: there is no such AWS profile\n") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if code, _, stderr := drive("run", "--dry-run", "--target", "local"); code != exitComplete || !strings.HasPrefix(stderr, "target: local (from --target): ") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// A profile is for AWS alone.
func TestIdleProfile(t *testing.T) {
	for want, args := range map[string][]string{
		"--profile = p: must be left out on the local target (from --target), where it has no effect":                                {"run", "--target", "local"},
		"--profile = p: must be left out on the local target (from --endpoint-url), where it has no effect, or go with --target aws": {"doctor", "--endpoint-url", "http://127.0.0.1:1"},
		"--profile = p: must be left out with --database-url, where it has no effect":                                                {"schema", "--apply", "--database-url", "postgres://me@127.0.0.1:1/x"},
	} {
		if code, _, stderr := drive(append(args, "--profile", "p")...); code != exitUsage || stderr != "error: "+want+"\n" {
			t.Errorf("%v: exit code %d\n%s", args, code, stderr)
		}
	}
	if code, _, stderr := drive("run", "--profile", ""); code != exitUsage || !strings.Contains(stderr, `--profile = "": must be an AWS profile's name, or left out`) {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}
