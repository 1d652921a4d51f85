package main

import (
	"net/url"
	"strings"
	"testing"

	"dsql-load-test/internal/run"
)

// A port is the connection's: token, TLS and region are by the cluster's name.
func TestClusterWithPort(t *testing.T) {
	const name = "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws"
	f, config, err := resolved(t, "", nil, "--target", "aws", "--region", "eu-west-1", "--cluster", name+":6543")
	if err != nil {
		t.Fatal(err)
	}
	a, err := run.ClusterAddress(&f.Values, &config)
	if err != nil || a.Host != name || a.Endpoint != name || a.Port != 6543 || a.Region != "eu-west-1" || a.ClusterID() == "" {
		t.Errorf("%+v, %v", a, err)
	}
	if at, err := a.Where(); err != nil || at.Host != name || at.Port != 6543 {
		t.Errorf("connects to %+v, %v", at, err)
	}
	if line := f.targetLine(&config); !strings.HasSuffix(line, "cluster "+name+":6543") {
		t.Error(line)
	}
	if _, _, err := resolved(t, "", map[string]string{"DSQLLOAD_CLUSTER": name + ":0"}, "--target", "aws"); err == nil || !strings.Contains(err.Error(), "DSQLLOAD_CLUSTER = "+name+":0: its port must be 1 to 65535") {
		t.Errorf("the port: %v", err)
	}

	inAccount(t, account())
	if code, _, stderr := drive("doctor", "--region", "us-east-1", "--cluster", name+":6543"); code != exitIncomplete || strings.Contains(stderr, "error") {
		t.Errorf("doctor: exit code %d\n%s", code, stderr)
	}
	_, plain, _ := drive("token", "--cluster", name)
	code, stdout, stderr := drive("token", "--cluster", name+":6543")
	host := func(token string) string {
		u, err := url.Parse("https://" + strings.TrimSpace(token))
		if err != nil {
			t.Fatal(err)
		}
		return u.Host
	}
	if code != exitComplete || host(stdout) != name || host(plain) != name {
		t.Errorf("exit code %d, tokens for %s and %s\n%s", code, host(stdout), host(plain), stderr)
	}
	for _, args := range [][]string{
		{"token"}, {"schema", "--apply"}, {"cleanup", "--run-id", "01M850BJEVW2N143JB0YS2GE2T"}, {"doctor", "--target", "aws"}, {"run", "--target", "aws"}, {"cloudwatch", "x.json"},
	} {
		if code, _, stderr := drive(append(args, "--cluster", name+":99999")...); code != exitUsage || !strings.Contains(stderr, "error: --cluster = "+name+":99999: its port must be 1 to 65535\n") {
			t.Errorf("%v: exit code %d\n%s", args, code, stderr)
		}
	}
}
