package address_test

import (
	"context"
	"strings"
	"testing"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/dsql/dsqltest"
)

func TestClusterName(t *testing.T) {
	const id = "abcdefghijklmnopqrstuvwxyz"
	for host, want := range map[string][2]string{
		id + ".dsql.eu-west-1.on.aws":       {id, "eu-west-1"},
		id + ".dsql-gamma.eu-west-1.on.aws": {id, "eu-west-1"},
		"short.dsql.eu-west-1.on.aws":       {"", "eu-west-1"},
		id + ".example.com":                 {"", ""},
		"localhost":                         {"", ""},
		"":                                  {"", ""},
	} {
		a := address.Address{Host: host}
		if got := [2]string{a.ClusterID(), a.ClusterRegion()}; got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

func TestReach(t *testing.T) {
	a := dsqltest.New(t)
	if err := address.Reach(context.Background(), address.Address{URL: a.As("nobody")}); err != nil {
		t.Errorf("the socket: %v", err)
	}
	for name, c := range map[string]struct {
		address address.Address
		want    string
	}{
		"closed":   {address.Address{Endpoint: "127.0.0.1", Host: "x", Port: 1, User: "dsqltest.Database"}, "connect to 127.0.0.1:1: "},
		"bad URL":  {address.Address{URL: "postgres://a b"}, "database URL postgres://...: "},
		"no roots": {address.Address{Endpoint: "127.0.0.1", Port: 1, Roots: "none"}, "DSQL_ROOT_CERTIFICATE: "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := address.Reach(context.Background(), c.address); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s...", err, c.want)
			}
		})
	}
}
