// Package address knows where a database is and how to log in to it: from a URL, from the
// variables and files that PostgreSQL's clients read, or as an Aurora DSQL cluster.
//
// Read address.go, then config.go and parse.go, which make pgx's configuration as psql would.
// pgx reads most settings itself. libpq.go adds those that it doesn't read, setting.go is the
// table of all, and variables.go gives pgx the environment that applies to one connection.
// pgx stops at the first fault and doesn't name its variable or file: blame.go finds these by
// leaving one after the other out, and advice.go does the same after a failed connection.
package address

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"dsql-load-test/internal/secret"
)

// Address is where a database is and how to log in: by a URL, or to a DSQL cluster with
// an IAM token.
type Address struct {
	// URL is a PostgreSQL URL or keyword=value text. If it is set, only Own applies beside it.
	URL string
	// Host is the cluster's name: the token is made for it, and TLS verifies it.
	Host string
	// Endpoint is the host name or IP address that connections are opened to. It
	// equals Host unless that name doesn't resolve to the cluster here, for example
	// behind a VPC endpoint without private DNS.
	Endpoint string
	Port     int
	Database string
	User     string // admin, or a role that IAM was granted to
	Region   string
	// Profile is the AWS profile that signs the token; empty leaves it to AWS_PROFILE.
	Profile string
	// Roots are the trusted root certificates in PEM form; empty for the system's.
	Roots string
	// Own: this program started the server or front. The variables and files of
	// PostgreSQL's clients don't apply to it.
	Own bool
}

const (
	adminUser   = "admin"
	defaultPort = 5432
)

// From reads the function's variables: DATABASE_URL; or DSQL_HOST (the original suite's
// name), else AURORA_DSQL_ENDPOINT, with AURORA_DSQL_PORT, DATABASE_NAME, IAM_USERNAME, and
// AWS_REGION, else AWS_DEFAULT_REGION, else the region in the cluster's name. The original
// suite has no DSQL_HOSTADDR, which is dialed instead of the name, as libpq's hostaddr, and
// no DSQL_ROOT_CERTIFICATE (PEM), which replaces the system's roots. It reports all faults
// at once.
func From(getenv func(string) string) (Address, error) {
	return Named(getenv, func(variable string) string { return variable })
}

// Named is From for values that didn't come from variables: named returns the name of a
// value's real source, such as a flag, for the faults.
func Named(getenv, named func(variable string) string) (Address, error) {
	hostFrom, regionFrom := firstSet(getenv, "DSQL_HOST", "AURORA_DSQL_ENDPOINT"), firstSet(getenv, "AWS_REGION", "AWS_DEFAULT_REGION")
	a := Address{
		URL: getenv("DATABASE_URL"), Host: getenv(hostFrom), Endpoint: cmp.Or(getenv("DSQL_HOSTADDR"), getenv(hostFrom)), Port: defaultPort,
		Database: cmp.Or(getenv("DATABASE_NAME"), "postgres"), User: cmp.Or(getenv("IAM_USERNAME"), adminUser), Region: getenv(regionFrom),
		Roots: getenv("DSQL_ROOT_CERTIFICATE"),
	}
	switch {
	case a.URL != "":
		return a, nil
	case a.Host == "":
		return a, errors.New("the function's environment names no database: set AURORA_DSQL_ENDPOINT, or DATABASE_URL")
	}
	var faults []error
	isName := !strings.ContainsAny(a.Host, notInName)
	if !isName {
		faults = append(faults, fmt.Errorf("%s = %s: must be a host name, without scheme or port", named(hostFrom), secret.Address(a.Host)))
	}
	if _, err := netip.ParseAddr(a.Endpoint); err != nil && a.Endpoint != a.Host && strings.ContainsAny(a.Endpoint, notInName) {
		faults = append(faults, fmt.Errorf("%s = %s: must be an IP address or a host name, without scheme or port",
			named("DSQL_HOSTADDR"), secret.Address(a.Endpoint)))
	}
	if text := getenv("AURORA_DSQL_PORT"); text != "" {
		var err error
		if a.Port, err = strconv.Atoi(text); err != nil || a.Port < 1 || a.Port > 65535 {
			faults = append(faults, fmt.Errorf("%s = %s: must be 1 to 65535", named("AURORA_DSQL_PORT"), text))
		}
	}
	inName := RegionOf(a.Host)
	a.Region = cmp.Or(a.Region, inName)
	switch {
	case !isName:
	case a.Region == "":
		faults = append(faults, fmt.Errorf("%s is not set: must be the cluster's region, because %s = %s is not of the form ID.dsql.REGION.on.aws, which names it",
			named("AWS_REGION"), named(hostFrom), a.Host))
	case inName != "" && inName != a.Region:
		faults = append(faults, fmt.Errorf("%s = %s: the cluster %s is in %s", named(regionFrom), a.Region, a.Host, inName))
	}
	return a, errors.Join(faults...)
}

// Cluster returns the endpoint of the cluster at this address: Host, or host, the one in the
// URL, if it is a cluster's name; else empty.
func (a Address) Cluster(host string) string {
	switch {
	case a.URL == "":
		return a.Host
	case RegionOf(host) != "":
		return host
	}
	return ""
}

// notInName are characters of a URL or a port, which people give with a host name.
const notInName = "/:@ "

// firstSet returns the first variable's name if it is set, else the second's.
func firstSet(getenv func(string) string, first, second string) string {
	if getenv(first) == "" {
		return second
	}
	return first
}

// RegionOf returns the region in a cluster's name ID.dsql.REGION.on.aws; empty for any other name.
func RegionOf(host string) string {
	parts := strings.Split(host, ".")
	if len(parts) == 5 && strings.HasPrefix(parts[1], "dsql") && parts[3] == "on" && parts[4] == "aws" {
		return parts[2]
	}
	return ""
}
