package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/awsapi"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql/table"
)

// examine runs the command with args, unobserved, and returns what it printed
// and the code that the program would end with.
func examine(t *testing.T, args ...string) (stdout string, code int, err error) {
	t.Helper()
	cmd := doctorCommand(os.LookupEnv)
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--telemetry", "off"}, args...))
	err = cmd.ExecuteContext(context.Background())
	var exit *exitError
	switch {
	case err == nil:
		return out.String(), exitComplete, nil
	case errors.As(err, &exit):
		return out.String(), exit.code, exit.err
	}
	return out.String(), exitUsage, err
}

// standIn makes AWS's stand-in what the SDK finds.
func standIn(t *testing.T) *awsapi.Server {
	t.Helper()
	s := awsapi.Start(awsapi.Account{
		Concurrency: 1000, Unreserved: 1000,
		Functions: map[string]awsapi.Function{"load": {
			Runtime: "provided.al2023", Architecture: "arm64", TimeoutSeconds: 60, MemoryMB: 512,
			Environment: map[string]string{"DATABASE_URL": "postgres://me:geheim@127.0.0.1:1/x"},
		}},
	})
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "geheim", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/none/config", "AWS_SHARED_CREDENTIALS_FILE": "/none/credentials", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	return s
}

func TestDoctor(t *testing.T) {
	folder := startDatabase(t)
	if err := execute(folder, "postgres", strings.Join(table.Schema(), ";")); err != nil {
		t.Fatal(err)
	}
	database := "postgres:///postgres?user=postgres&host=" + folder
	aws := []string{"--target", "aws", "--function-name", "load", "--num-lambdas", "100", "--database-url", database}
	for name, c := range map[string]struct {
		args   []string
		code   int
		failed []string
	}{
		"a run on AWS":            {aws, exitComplete, nil},
		"a smaller run":           {[]string{"--num-lambdas", "10", "--warm-up", "0"}, exitComplete, nil},
		"a database of one's own": {[]string{"--num-lambdas", "10", "--database-url", database}, exitComplete, nil},
		"no such database":        {[]string{"--num-lambdas", "10", "--database-url", "postgres:///absent?user=postgres&host=" + folder}, exitIncomplete, []string{"login"}},
		"another architecture":    {append(aws, "--architecture", "x86_64"), exitIncomplete, []string{"architecture"}},
		"another function":        {append(aws, "--function-name", "other"), exitIncomplete, []string{"function"}},
		"too much in flight":      {append(aws, "--num-lambdas", "1001"), exitIncomplete, []string{"concurrency"}},
		"fewer at once":           {append(aws, "--num-lambdas", "1001", "--concurrency", "900"), exitComplete, nil},
		"too long a plan":         {append(aws, "--iterations", "3000"), exitIncomplete, []string{"time-out"}},
		"too many connections":    {append(aws, "--num-lambdas", "10001"), exitIncomplete, []string{"concurrency", "connect budget"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := standIn(t)
			out, code, err := examine(t, append(c.args, "--json")...)
			if code != c.code || err != nil {
				t.Errorf("code %d, want %d, error %v", code, c.code, err)
			}
			var r doctor.Report
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var failed []string
			for _, check := range r.Checks {
				if check.State == doctor.Failed && check.Name != "open files" { // that is the machine's
					failed = append(failed, check.Name)
				}
			}
			if diff := cmp.Diff(c.failed, failed); diff != "" {
				t.Errorf("failed, -want +got\n%s\n%s", diff, out)
			}
			if server.Calls()["lambda:InvokeFunction"] != 0 || strings.Contains(out, "geheim") {
				t.Errorf("invoked: %v, printed:\n%s", server.Calls(), out)
			}
		})
	}
}

// The table has a line for each check, and each cure below its own.
func TestDoctorTable(t *testing.T) {
	standIn(t)
	out, code, err := examine(t, "--target", "aws", "--function-name", "load", "--architecture", "x86_64", "--num-lambdas", "10")
	if code != exitIncomplete || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
	for _, want := range []string{
		"\nok       identity        arn:aws:iam::123456789012:user/engineer, account 123456789012\n",
		"\nfailed   architecture    the function is set to arm64, its code is built for x86_64: no invocation could start\n" +
			"                         cure: sam deploy again for x86_64 (docs/aws.md), or --architecture arm64 when its code was built for that\n",
		"\n1 failed, 0 warnings, ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
}

// Wrong use is reported before anything is asked.
func TestDoctorUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"architecture": {[]string{"--target", "aws", "--architecture", "arm"}, "--architecture = arm: must be arm64 or x86_64"},
		"a bad plan":   {[]string{"--count", "9999"}, "--count"},
		"an argument":  {[]string{"now"}, "unknown command"},
		"a cluster":    {[]string{"--target", "aws", "--cluster", "https://x/"}, "must be a host name"},
	} {
		t.Run(name, func(t *testing.T) {
			server := standIn(t)
			out, code, err := examine(t, c.args...)
			if code != exitUsage || err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
				t.Errorf("code %d, %v, printed %q, want %s", code, err, out, c.want)
			}
			if calls := server.Calls(); len(calls) != 0 {
				t.Errorf("asked %v", calls)
			}
		})
	}
}

// A report that can't be printed is an error, not a success.
func TestDoctorClosedOutput(t *testing.T) {
	closed, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		cmd := doctorCommand(os.LookupEnv)
		cmd.SetOut(closed)
		var exit *exitError
		if err := printReport(cmd, "target: local", &doctor.Report{}, asJSON); !errors.As(err, &exit) || exit.code != exitIncomplete || exit.err == nil {
			t.Errorf("json %t: %v", asJSON, err)
		}
	}
}
