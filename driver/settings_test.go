package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"dsql-load-test/internal/bench"
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
	f.add(cmd.Flags())
	f.awsFlags.add(cmd.Flags())
	addArchitecture(cmd.Flags(), &f.architecture)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	c, err := f.resolve(cmd, func(name string) (string, bool) {
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
