package main

import (
	"strings"
	"testing"

	"dsql-load-test/internal/bench"
)

const namesFunction = `{"lambda_function_name": "filed", "region": "eu-west-3"}`

// A function, a region or a profile means AWS, unless a target of the same layer
// or above, or an endpoint, says otherwise.
func TestTarget(t *testing.T) {
	const (
		local     = `{"target": "local", "lambda_function_name": "filed"}`
		aws       = `{"target": "aws"}`
		place     = "lambda_function_name in "
		endpoint  = "http://127.0.0.1:9"
		database  = "postgres://me:secret@db.example:5433/test"
		function  = "DSQLLOAD_FUNCTION_NAME"
		byDefault = ""
	)
	for _, c := range []struct {
		name, file string
		environ    map[string]string
		args       []string
		want       bench.Target
		from       string // what chose it
	}{
		{"nothing given", "", nil, nil, bench.Local, byDefault},
		{"a function", "", nil, []string{"--function-name", "f"}, bench.AWS, "--function-name"},
		{"a region", "", nil, []string{"--region", "eu-west-1"}, bench.AWS, "--region"},
		{"both", "", nil, []string{"--region", "eu-west-1", "--function-name", "f"}, bench.AWS, "--function-name"},
		{"a function's variable", "", map[string]string{function: "f"}, nil, bench.AWS, function},
		{"a region's variable", "", map[string]string{"DSQLLOAD_REGION": "eu-west-1"}, nil, bench.AWS, "DSQLLOAD_REGION"},
		{"a function in the file", namesFunction, nil, nil, bench.AWS, place},
		{"a region in the file", `{"region": "eu-west-3"}`, nil, nil, bench.Local, byDefault},
		{"the machine's region", "", map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_PROFILE": "p"}, nil, bench.Local, byDefault},
		{"the target says local", "", nil, []string{"--target", "local", "--function-name", "f", "--region", "eu-west-1"}, bench.Local, "--target"},
		{"the target says aws", "", nil, []string{"--target", "aws"}, bench.AWS, "--target"},
		{"the target's variable says local", "", map[string]string{"DSQLLOAD_TARGET": "local", function: "f"}, nil, bench.Local, "DSQLLOAD_TARGET"},
		{"the target goes over a function's variable", "", map[string]string{function: "f"}, []string{"--target", "local"}, bench.Local, "--target"},
		{"the target's variable goes over a function", "", map[string]string{"DSQLLOAD_TARGET": "local"}, []string{"--function-name", "f"}, bench.Local, "DSQLLOAD_TARGET"},
		{"the target goes over the file's function", namesFunction, nil, []string{"--target", "local"}, bench.Local, "--target"},
		{"the file's target goes over its function", local, nil, nil, bench.Local, "file"},
		{"the file's target", aws, nil, nil, bench.AWS, "file"},
		{"a function goes over the file's target", local, nil, []string{"--function-name", "f"}, bench.AWS, "--function-name"},
		{"a region goes over the file's target", local, nil, []string{"--region", "eu-west-1"}, bench.AWS, "--region"},
		{"a variable goes over the file's target", local, map[string]string{function: "f"}, nil, bench.AWS, function},
		{"an endpoint", "", nil, []string{"--endpoint-url", endpoint}, bench.Local, "--endpoint-url"},
		{"an endpoint and a function", "", nil, []string{"--endpoint-url", endpoint, "--function-name", "f", "--region", "eu-west-1"}, bench.Local, "--endpoint-url"},
		{"an endpoint's variable and a function", "", map[string]string{"DSQLLOAD_ENDPOINT_URL": endpoint}, []string{"--function-name", "f"}, bench.Local, "DSQLLOAD_ENDPOINT_URL"},
		{"an endpoint and the file's function", namesFunction, nil, []string{"--endpoint-url", endpoint}, bench.Local, "--endpoint-url"},
		{"an endpoint and the target", "", nil, []string{"--endpoint-url", endpoint, "--target", "aws"}, bench.AWS, "--target"},
		{"an endpoint and the file's target", aws, nil, []string{"--endpoint-url", endpoint}, bench.AWS, "file"},
		{"a database", "", nil, []string{"--database-url", database}, bench.Local, byDefault},
		{"a database and a function", "", nil, []string{"--database-url", database, "--function-name", "f"}, bench.AWS, "--function-name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, config, err := resolved(t, c.file, c.environ, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			from := config.Origin["target"]
			switch {
			case c.from == "file" && strings.Contains(from, "config.json:1:"):
				from = "file"
			case c.from == place:
				from, _, _ = strings.Cut(from, "/")
			}
			if config.Target != c.want || from != c.from {
				t.Errorf("%s from %q, want %s from %q", config.Target, config.Origin["target"], c.want, c.from)
			}
			if line := f.targetLine(&config); !strings.HasPrefix(line, "target: "+string(c.want)+" (") || strings.Contains(line, "secret") {
				t.Errorf("said as %s", line)
			}
		})
	}
}

// The line names where function and database are.
func TestTargetLine(t *testing.T) {
	for want, args := range map[string][]string{
		"target: local (the default): PostgreSQL and Lambda on this machine":       nil,
		"target: aws (from --function-name): function f in eu-west-1":              {"--function-name", "f", "--region", "eu-west-1"},
		"target: aws (from --target): function dsql-load-test-lambda in us-east-1": {"--target", "aws"},
		"target: aws (from --region): function dsql-load-test-lambda in us-west-2, cluster abcdefghijklmnopqrstuvwxyz.dsql.us-west-2.on.aws": {
			"--region", "us-west-2", "--cluster", "abcdefghijklmnopqrstuvwxyz.dsql.us-west-2.on.aws",
		},
		"target: local (the default): Lambda on this machine, database test at db:5433 (--database-url)":  {"--database-url", "postgres://me:secret@db:5433/test"},
		"target: local (the default): Lambda on this machine, database postgres in /tmp (--database-url)": {"--database-url", "postgres:///postgres?user=me&host=/tmp"},
		"target: local (from --endpoint-url): function f at http://127.0.0.1:9 (--endpoint-url)":          {"--endpoint-url", "http://127.0.0.1:9", "--function-name", "f"},
		"target: local (from --endpoint-url): function f at http://h:9 (--endpoint-url), database x at db:5432 (--database-url)": {
			"--endpoint-url", "http://h:9", "--function-name", "f", "--database-url", "postgres://me@db/x",
		},
	} {
		f, config, err := resolved(t, "", nil, args...)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.targetLine(&config); got != want {
			t.Errorf("%v:\n%s, want\n%s", args, got, want)
		}
	}
}

// The line names the address that takes the place of AWS's, as the SDK finds it.
func TestTargetLineEndpoint(t *testing.T) {
	inFile := fileWith(t, "[default]\nregion = us-east-1\n[profile p]\nservices = s\nendpoint_url = http://all:1\n[services s]\nlambda =\n  endpoint_url = http://me:secret@lambda:1\n")
	for name, c := range map[string]struct {
		environ map[string]string
		at      string
	}{
		"none":                     {nil, ""},
		"the profile's service":    {map[string]string{"AWS_PROFILE": "p"}, " at http://me:xxxxx@lambda:1 (endpoint_url in " + inFile + ", services of the profile, lambda)"},
		"a variable for all":       {map[string]string{"AWS_PROFILE": "p", "AWS_ENDPOINT_URL": "http://v:2"}, " at http://v:2 (AWS_ENDPOINT_URL)"},
		"a variable":               {map[string]string{"AWS_ENDPOINT_URL_LAMBDA": "http://v:3", "AWS_ENDPOINT_URL": "http://v:2"}, " at http://v:3 (AWS_ENDPOINT_URL_LAMBDA)"},
		"ignored":                  {map[string]string{"AWS_PROFILE": "p", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""},
		"another service":          {map[string]string{"AWS_ENDPOINT_URL_STS": "http://v:4"}, ""},
		"one that can't be used":   {map[string]string{"AWS_ENDPOINT_URL": "xx"}, ""},
		"credentials from nowhere": {map[string]string{"AWS_ENDPOINT_URL": "http://v:2", "AWS_ACCESS_KEY_ID": "a"}, " at http://v:2 (AWS_ENDPOINT_URL)"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range map[string]string{"AWS_CONFIG_FILE": inFile, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": ""} {
				t.Setenv(variable, value)
			}
			for variable, value := range c.environ {
				t.Setenv(variable, value)
			}
			f, config, _ := resolved(t, "", nil, "--target", "aws", "--region", "us-east-1") // what is wrong is told elsewhere
			const want = "target: aws (from --target): function dsql-load-test-lambda in us-east-1"
			if got := f.targetLine(&config); got != want+c.at {
				t.Errorf("%s, want\n%s", got, want+c.at)
			}
		})
	}
}

// The doctor looks at the target that a run has, for the same reason.
func TestDoctorAgreesWithRun(t *testing.T) {
	for name, args := range map[string][]string{
		"the default":       nil,
		"a function":        {"--function-name", "load"},
		"a region":          {"--region", "us-east-1"},
		"local by word":     {"--target", "local", "--function-name", "load"},
		"an endpoint":       {"--endpoint-url", "http://127.0.0.1:1"},
		"an endpoint's aws": {"--endpoint-url", "http://127.0.0.1:1", "--target", "aws"},
		"a database":        {"--database-url", "postgres://me@127.0.0.1:1/x"},
		"a file":            {"--config", fileWith(t, namesFunction)},
	} {
		t.Run(name, func(t *testing.T) {
			standIn(t)
			out, _, err := examine(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			doctor, _, _ := strings.Cut(out, "\n")
			_, _, stderr := drive(append([]string{"run", "--dry-run", "--telemetry", "off", "--num-lambdas", "10"}, args...)...)
			run, _, _ := strings.Cut(stderr, "\n")
			if !strings.HasPrefix(run, "target: ") || doctor != run {
				t.Errorf("doctor: %s\nrun:    %s", doctor, run)
			}
		})
	}
}
