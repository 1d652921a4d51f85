package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// targetLine returns one line with the target of a run of c, the reason for it and the places.
func (f *flags) targetLine(c *bench.Config) string {
	return fmt.Sprintf("target: %s (%s): %s", c.Target, bench.ChosenBy(c.TargetFrom()), strings.Join(f.places(c), ", "))
}

// places says where the function and the database are, as far as the flags name them.
func (f *flags) places(c *bench.Config) []string {
	var lambda, database string
	switch {
	case f.EndpointURL != "":
		lambda = fmt.Sprintf("function %s at %s (%s)", c.FunctionName, secret.Address(f.EndpointURL), f.Named("endpoint-url"))
	case c.Target == bench.AWS:
		lambda = "function " + c.FunctionName + " in " + c.Region
		if endpoint, from := awsconfig.Endpoint("Lambda", f.Profile); endpoint != "" {
			lambda += fmt.Sprintf(" at %s (%s)", secret.Address(endpoint), from)
		}
	default:
		lambda = "Lambda on this machine"
	}
	if f.DatabaseURL != "" {
		database = fmt.Sprintf("database %s (%s)", whereIs(f.DatabaseURL), f.Named("database-url"))
	} else if f.Cluster != "" {
		database = "cluster " + f.Cluster
	}
	// On the built-in local target nothing has to be named.
	switch {
	case database != "":
		return []string{lambda, database}
	case c.Target == bench.Local && f.EndpointURL == "":
		return []string{"PostgreSQL and Lambda on this machine"}
	}
	return []string{lambda}
}

// whereIs returns the database and host of a URL, without secrets.
func whereIs(databaseURL string) string {
	// Where reads the URL as the connection will, with PostgreSQL's variables and defaults.
	at, err := address.Address{URL: databaseURL}.Where()
	if err != nil { // checkSurroundings reports it
		return secret.Address(databaseURL)
	}
	if strings.HasPrefix(at.Host, "/") {
		return at.Database + " in " + at.Host
	}
	return at.Database + " at " + net.JoinHostPort(at.Host, strconv.Itoa(at.Port))
}

// sayTarget prints the target line, which is the first line of a run.
func (f *flags) sayTarget(w io.Writer, c *bench.Config) {
	if !f.Quiet {
		fmt.Fprintln(w, quote.Line(f.targetLine(c)))
	}
}
