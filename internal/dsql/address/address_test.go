package address_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/internal/dsql/address"
)

const (
	clusterName = "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws"
	otherName   = "zyxwvutsrqponmlkjihgfedcba.dsql.us-east-1.on.aws"
)

func TestAddressFrom(t *testing.T) {
	t.Parallel()
	cluster := func(change func(*address.Address)) address.Address {
		a := address.Address{
			Host: clusterName, Endpoint: clusterName, Port: 5432, Database: "postgres", User: "admin", Region: "eu-west-1",
		}
		if change != nil {
			change(&a)
		}
		return a
	}
	for name, tc := range map[string]struct {
		variables map[string]string
		want      address.Address
	}{
		"AURORA_DSQL_ENDPOINT": {map[string]string{"AURORA_DSQL_ENDPOINT": clusterName}, cluster(nil)},
		"DSQL_HOST":            {map[string]string{"DSQL_HOST": clusterName}, cluster(nil)},
		"DSQL_HOST goes over AURORA_DSQL_ENDPOINT": {
			map[string]string{"DSQL_HOST": clusterName, "AURORA_DSQL_ENDPOINT": otherName}, cluster(nil),
		},
		"what isn't used isn't checked": {
			map[string]string{"DSQL_HOST": clusterName, "AURORA_DSQL_ENDPOINT": "https://" + otherName}, cluster(nil),
		},
		"DSQL_HOSTADDR is dialed instead": {
			map[string]string{"AURORA_DSQL_ENDPOINT": clusterName, "DSQL_HOSTADDR": "10.0.0.7"},
			cluster(func(a *address.Address) { a.Endpoint = "10.0.0.7" }),
		},
		"DSQL_HOSTADDR of IPv6": {
			map[string]string{"DSQL_HOST": clusterName, "DSQL_HOSTADDR": "2001:db8::7"},
			cluster(func(a *address.Address) { a.Endpoint = "2001:db8::7" }),
		},
		"DSQL_HOSTADDR as a name": {
			map[string]string{"DSQL_HOST": clusterName, "DSQL_HOSTADDR": "vpce-1.dsql-fnh4.eu-west-1.vpce.amazonaws.com"},
			cluster(func(a *address.Address) { a.Endpoint = "vpce-1.dsql-fnh4.eu-west-1.vpce.amazonaws.com" }),
		},
		"the region of AWS_REGION": {
			map[string]string{"DSQL_HOST": "db.example", "AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"},
			cluster(func(a *address.Address) { a.Host, a.Endpoint, a.Region = "db.example", "db.example", "eu-west-2" }),
		},
		"the region of AWS_DEFAULT_REGION": {
			map[string]string{"DSQL_HOST": "db.example", "AWS_DEFAULT_REGION": "eu-west-3"},
			cluster(func(a *address.Address) { a.Host, a.Endpoint, a.Region = "db.example", "db.example", "eu-west-3" }),
		},
		"everything": {
			map[string]string{
				"AURORA_DSQL_ENDPOINT": clusterName, "AURORA_DSQL_PORT": "5433", "DATABASE_NAME": "other", "IAM_USERNAME": "load_test",
				"AWS_REGION": "eu-west-1",
			},
			address.Address{
				Host: clusterName, Endpoint: clusterName, Port: 5433, Database: "other", User: "load_test", Region: "eu-west-1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := address.From(func(name string) string { return tc.variables[name] })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			where, err := got.Where()
			if err != nil || where.Host != tc.want.Endpoint || where.Port != tc.want.Port {
				t.Errorf("connects to %s, port %d (%v), want %s", where.Host, where.Port, err, tc.want.Endpoint)
			}
		})
	}
}

// Each fault names the variable that the value came from.
func TestAddressFaults(t *testing.T) {
	t.Parallel()
	const named = ": must be a host name, without scheme or port"
	for name, tc := range map[string]struct {
		variables map[string]string
		want      string
	}{
		"nothing":                     {nil, "the function's environment names no database: set AURORA_DSQL_ENDPOINT, or DATABASE_URL"},
		"an address without a name":   {map[string]string{"DSQL_HOSTADDR": "10.0.0.7"}, "the function's environment names no database: set AURORA_DSQL_ENDPOINT, or DATABASE_URL"},
		"AURORA_DSQL_ENDPOINT, a URL": {map[string]string{"AURORA_DSQL_ENDPOINT": "https://" + clusterName}, "AURORA_DSQL_ENDPOINT = https://" + clusterName + named},
		"DSQL_HOST with a port":       {map[string]string{"DSQL_HOST": clusterName + ":5432", "AURORA_DSQL_ENDPOINT": clusterName}, "DSQL_HOST = " + clusterName + ":5432" + named},
		"DSQL_HOST with a password":   {map[string]string{"DSQL_HOST": "me:geheim@db.example"}, "DSQL_HOST = ...@db.example" + named},
		"DSQL_HOSTADDR with a port": {
			map[string]string{"DSQL_HOST": clusterName, "DSQL_HOSTADDR": "10.0.0.7:5432"},
			"DSQL_HOSTADDR = 10.0.0.7:5432: must be an IP address or a host name, without scheme or port",
		},
		"the region of DSQL_HOST's name": {
			map[string]string{"DSQL_HOST": clusterName, "AURORA_DSQL_ENDPOINT": otherName, "AWS_REGION": "us-east-1"},
			"AWS_REGION = us-east-1: the cluster " + clusterName + " is in eu-west-1",
		},
		"another AWS_DEFAULT_REGION": {
			map[string]string{"AURORA_DSQL_ENDPOINT": clusterName, "AWS_DEFAULT_REGION": "us-east-1"},
			"AWS_DEFAULT_REGION = us-east-1: the cluster " + clusterName + " is in eu-west-1",
		},
		"no region": {
			map[string]string{"DSQL_HOST": "db.example", "AURORA_DSQL_ENDPOINT": clusterName},
			"AWS_REGION is not set: must be the cluster's region, because DSQL_HOST = db.example is not of the form ID.dsql.REGION.on.aws, which names it",
		},
		"several": {
			map[string]string{"DSQL_HOST": "a/b", "DSQL_HOSTADDR": "c/d", "AURORA_DSQL_PORT": "0"},
			"DSQL_HOST = a/b" + named + "\nDSQL_HOSTADDR = c/d: must be an IP address or a host name, without scheme or port\nAURORA_DSQL_PORT = 0: must be 1 to 65535",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := address.From(func(name string) string { return tc.variables[name] })
			if err == nil || err.Error() != tc.want {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
		})
	}
}
