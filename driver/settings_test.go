package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/run"
)

// resolved is what a run makes of args, variables and the text of a config file,
// which may be empty.
func resolved(t *testing.T, file string, environ map[string]string, args ...string) (*flags, bench.Config, error) {
	t.Helper()
	if file != "" {
		args = append(args, "--config", fileWith(t, file))
	}
	var f flags
	cmd := &cobra.Command{}
	f.addAll(cmd.Flags())
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	c, err := f.resolve(func(name string) (string, bool) {
		value, ok := environ[name]
		return value, ok
	})
	return &f, c, err
}

// fileWith is the path of a config file with text.
func fileWith(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each source of the region goes over the next one.
func TestRegionOrder(t *testing.T) {
	const file = `{"region": "eu-west-3"}`
	all := map[string]string{"DSQLLOAD_REGION": "eu-west-2", "AWS_REGION": "eu-west-4", "AWS_DEFAULT_REGION": "eu-west-5"}
	aws := map[string]string{"AWS_REGION": "eu-west-4", "AWS_DEFAULT_REGION": "eu-west-5"}
	for _, c := range []struct {
		name    string
		file    string
		environ map[string]string
		args    []string
		want    string
		origin  string // empty: not looked at
	}{
		{"flag over variable", file, all, []string{"--region", "eu-west-1"}, "eu-west-1", "--region"},
		{"flag over config file", file, nil, []string{"--region", "eu-west-1"}, "eu-west-1", "--region"},
		{"variable over config file", file, all, nil, "eu-west-2", "DSQLLOAD_REGION"},
		{"config file over AWS_REGION", file, aws, nil, "eu-west-3", ""},
		{"config file over AWS_DEFAULT_REGION", file, map[string]string{"AWS_DEFAULT_REGION": "eu-west-5"}, nil, "eu-west-3", ""},
		{"flag over AWS_REGION", "", aws, []string{"--region", "eu-west-1"}, "eu-west-1", "--region"},
		{"AWS_REGION over AWS_DEFAULT_REGION", "{}", aws, nil, "eu-west-4", "AWS_REGION"},
		{"AWS_DEFAULT_REGION over the default", "", map[string]string{"AWS_DEFAULT_REGION": "eu-west-5", "AWS_REGION": ""}, nil, "eu-west-5", "AWS_DEFAULT_REGION"},
		{"the default", "", nil, nil, "us-east-1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, config, err := resolved(t, c.file, c.environ, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if config.Region != c.want || c.origin != "" && config.Origin["region"] != c.origin {
				t.Errorf("%s (from %s), want %s (from %s)", config.Region, config.Origin["region"], c.want, c.origin)
			}
		})
	}
}

// Several thresholds, or faults, fit into one variable; so they do into one flag.
func TestLists(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		text string   // of the variable
		args []string // of the command line
		want []string
	}{
		{"one", "", "p99<50ms", nil, []string{"p99<50ms"}},
		{"commas", "", "p99<1.5e3ms, errors==0,throughput>=1e9", nil, []string{"p99<1.5e3ms", "errors==0", "throughput>=1e9"}},
		{"lines", "", "p99 < 50ms\n\nerrors==0\r\n", nil, []string{"p99 < 50ms", "errors==0"}},
		{"commas at the ends of lines", "", "p99<50ms,\n  errors==0,\n", nil, []string{"p99<50ms", "errors==0"}},
		{"over the file's", `{"thresholds": ["max<1m"]}`, "p99<50ms,errors==0", nil, []string{"p99<50ms", "errors==0"}},
		{"flags, not the variable", "", "p99<50ms", []string{"--threshold", "errors==0,retries<5", "--threshold", "max<1m"}, []string{"errors==0", "retries<5", "max<1m"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f flags
			cmd := &cobra.Command{}
			f.addAll(cmd.Flags())
			if c.file != "" {
				c.args = append(c.args, "--config", fileWith(t, c.file))
			}
			if err := cmd.ParseFlags(c.args); err != nil {
				t.Fatal(err)
			}
			config, err := f.resolve(setting.Lookup([]string{"DSQLLOAD_THRESHOLD=" + c.text, "DSQLLOAD_FAULT=conflict=1%, slow=0.5%:250ms"}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, config.Thresholds); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if faults, err := run.Faults(&f.Values); err != nil || len(faults) != 2 {
				t.Errorf("faults %v, %v", faults, err)
			}
		})
	}
}

// By default the warm-up has as many invocations as will be in flight.
func TestDefaultWarmUp(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		env  map[string]string
		args []string
		want int
	}{
		"the default":       {want: 1000},
		"the largest":       {args: []string{"--num-lambdas", "30"}, want: 30},
		"of what runs":      {file: `{"scenario_1": {"num_lambdas": 7}}`, args: []string{"--scenario", "1"}, want: 7},
		"at once":           {args: []string{"--concurrency", "8"}, want: 8},
		"more than at once": {args: []string{"--num-lambdas", "20000"}, want: bench.ConnectBurst},
		"without a limit":   {args: []string{"--num-lambdas", "20000", "--connect-rate", "0"}, want: bench.MaxWarmUp},
		"of the file":       {file: `{"warm_up_invocations": 20}`, want: 20},
		"of the variable":   {env: map[string]string{"DSQLLOAD_WARM_UP": "5"}, want: 5},
		"of the flag":       {args: []string{"--warm-up", "0"}, want: 0},
		"none":              {args: []string{"--no-warm-up"}, want: 0},
	} {
		_, got, err := resolved(t, c.file, c.env, c.args...)
		if err != nil || got.WarmUp != c.want {
			t.Errorf("%s: %d invocations, want %d; %v", name, got.WarmUp, c.want, err)
		}
	}
}
