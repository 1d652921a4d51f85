package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
)

// variables returns a lookup of the function's variables, including the region.
func (e *exam) variables() (func(string) string, error) {
	f, err := e.function()
	if err != nil {
		return nil, &blocked{"the function"}
	}
	if f.Environment != nil && f.Environment.Error != nil {
		return nil, errors.New("Lambda can't decrypt them: " + aws.ToString(f.Environment.Error.Message))
	}
	return func(name string) string {
		if name == "AWS_REGION" {
			return e.o.Config.Region
		}
		if f.Environment == nil {
			return ""
		}
		return f.Environment.Variables[name]
	}, nil
}

// functionAddress returns the database that the function connects to.
func (e *exam) functionAddress() (address.Address, error) {
	getenv, err := e.variables()
	if err != nil {
		return address.Address{}, err
	}
	return address.From(getenv)
}

func (e *exam) checkEnvironment(context.Context) Check {
	const cure = "set AURORA_DSQL_ENDPOINT and IAM_USERNAME by lambda/template.yaml and sam deploy again (docs/aws.md)"
	a, err := e.functionAddress()
	own := e.o.Database
	elsewhere := own.Host != "" && own.Host != a.Host
	known := own.ClusterID() != "" && a.ClusterID() != ""
	switch {
	case errors.As(err, new(*blocked)):
		return skipped("%s", err)
	case err != nil:
		return failed(cure, "%s", quote.Collapse(err))
	case a.URL != "":
		return ok("DATABASE_URL names the database (not shown), over AURORA_DSQL_ENDPOINT")
	case elsewhere && known && own.ClusterID() != a.ClusterID():
		return failed("--cluster "+a.Host+", or deploy the function for the other cluster",
			"the function writes to %s, and --cluster is %s: its rows would be looked for in the wrong place", a.Host, own.Host)
	case elsewhere && !known:
		return warning("check that both names are the same cluster's", "the function connects to %s, the driver to %s", a.Host, own.Host)
	}
	dialed := ""
	if a.Endpoint != a.Host {
		dialed = " dialed at " + a.Endpoint
	}
	return ok("%s%s, user %s, database %s", a.Host, dialed, a.User, a.Database)
}

// findAddress returns the database that the driver connects to: the given one, else the
// function's.
func (e *exam) findAddress() (address.Address, error) {
	if e.explicit() {
		return e.o.Database, nil
	}
	a, err := e.functionAddress()
	if err != nil {
		return a, err
	}
	if a.URL != "" {
		return a, errors.New("the function's DATABASE_URL is its own") // the driver must not use its password
	}
	if e.o.User != "" {
		a.User = e.o.User
	}
	a.Profile = e.o.Profile
	return a, nil
}
