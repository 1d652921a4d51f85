package address

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/surroundings"
)

// The list's variables are as they are where a connection is made ready: in no part
// of one to a server of our own, and where the list says elsewhere.
func TestVariables(t *testing.T) {
	list := surroundings.All(t)
	for name := range usersVariables() {
		t.Setenv(name, "") // to be set again afterwards; empty is as unset
	}
	t.Setenv("PGHOST", "localhost") // not a socket, so that TLS counts
	for place, address := range map[string]Address{
		"own":     {URL: "postgres:///postgres?user=postgres&host=/tmp/x", Own: true},
		"url":     {URL: "postgres://"},
		"cluster": {Host: "x.dsql.us-east-1.on.aws", Endpoint: "x.dsql.us-east-1.on.aws", Port: 5432, Database: "postgres", User: "admin", Region: "us-east-1"},
	} {
		want, err := connection(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			if v.Set != "libpq" && place != "own" {
				continue
			}
			at, counts := v.At(place)
			for _, kind := range []string{"nonsense", "hostile"} {
				t.Run(place+"/"+v.Name+"/"+kind, func(t *testing.T) {
					t.Setenv(v.Name, v.Value(kind))
					got, err := connection(address)
					switch {
					case kind == "nonsense" && at.Refused:
						if err == nil || len(regexp.MustCompile(`\b`+v.Name+`\b`).FindAllString(err.Error(), -1)) != 1 || strings.Contains(err.Error(), "\n") {
							t.Errorf("%v: want an error that names it", err)
						}
					case err != nil && strings.Contains(err.Error(), v.Name) && counts: // a valid value that isn't to be had
					case err != nil:
						t.Errorf("%v: want none", err)
					case !counts && got != want:
						t.Errorf("it counts (-without +with)\n%s", cmp.Diff(want, got))
					}
				})
			}
		}
	}
}

// connection is all that a connection is made by, as text.
func connection(a Address) (string, error) {
	pool, err := a.Config()
	if err != nil {
		return "", err
	}
	c := pool.ConnConfig
	var text strings.Builder
	fmt.Fprintf(&text, "%s %d %s %s %q %v %v %v %v\n", c.Host, c.Port, c.Database, c.User, c.Password, c.ConnectTimeout, c.KerberosSrvName, c.SSLNegotiation, c.SSLCertMode)
	fmt.Fprintf(&text, "%s %s %s %s %v\n", c.ChannelBinding, c.RequireAuth, c.MinProtocolVersion, c.MaxProtocolVersion, c.ValidateConnect != nil)
	for _, config := range tlsConfigs(&c.Config) {
		fmt.Fprintf(&text, "TLS %s %d %d %d %v %v %v\n", config.ServerName, config.MinVersion, config.MaxVersion, len(config.Certificates), config.RootCAs != nil, config.InsecureSkipVerify, config.NextProtos)
	}
	for _, f := range c.Fallbacks {
		fmt.Fprintf(&text, "or %s %d\n", f.Host, f.Port)
	}
	for _, name := range slices.Sorted(maps.Keys(c.RuntimeParams)) {
		fmt.Fprintf(&text, "%s = %s\n", name, c.RuntimeParams[name])
	}
	fmt.Fprintf(&text, "%d %v %v %v\n", pool.MaxConns, pool.MaxConnLifetime, c.DefaultQueryExecMode, c.StatementCacheCapacity)
	return text.String(), nil
}
