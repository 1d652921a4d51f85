package dsql

import (
	"strings"
	"testing"
)

func TestSplitEndpoint(t *testing.T) {
	const name = "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws"
	for _, c := range []struct{ endpoint, host, port, fault string }{
		{name, name, "", ""},
		{name + ":5432", name, "5432", ""},
		{"localhost:1", "localhost", "1", ""},
		{"127.0.0.1:65535", "127.0.0.1", "65535", ""},
		{name + ":0", "", "", "its port must be 1 to 65535"},
		{name + ":65536", "", "", "its port must be 1 to 65535"},
		{name + ":-1", "", "", "its port must be 1 to 65535"},
		{name + ":", "", "", "its port must be 1 to 65535"},
		{name + ":https", "", "", "its port must be 1 to 65535"},
		{":5432", "", "", "--cluster = :5432: must be a host name"},
		{"https://" + name, "", "", "must be a host name, with a port or without, and no scheme"},
		{"https://" + name + ":5432", "", "", "must be a host name"},
		{name + ":5432/postgres", "", "", "must be a host name"},
		{"[::1]:5432", "", "", "must be a host name"},
		{"::1", "", "", "must be a host name"},
		{"me:geheim@" + name, "", "", "--cluster = ...@" + name + ": must be a host name"},
	} {
		host, port, err := SplitEndpoint(c.endpoint, "--cluster")
		if host != c.host || port != c.port || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %q, %q, %v", c.endpoint, host, port, err)
		}
	}
}
