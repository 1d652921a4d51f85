// Package address knows where a database is and how to log in to it: from a URL, the
// variables and files of PostgreSQL's clients, or as an Aurora DSQL cluster.
package address

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/secret"
)

// Address is where a database is and how to log in: by a URL, or as a DSQL cluster with
// an IAM token.
type Address struct {
	// URL is a PostgreSQL URL or keyword/value text; it goes over the rest.
	URL string
	// Host is the cluster's name: the token is for it, and TLS verifies it.
	Host string
	// Endpoint is the host name or IP address that connections are opened to. It
	// is Host unless that name doesn't resolve to the cluster here: behind a VPC
	// endpoint without private DNS, for one.
	Endpoint string
	Port     int
	Database string
	User     string // admin, or a role that IAM was granted to
	Region   string
	// Profile is the AWS profile that the token is made with; empty leaves it to
	// AWS_PROFILE.
	Profile string
	// Roots are the certificates, PEM, that the cluster's must go back to; empty
	// for the system's.
	Roots string
	// Own: a server or front that this program started. No variable and no file of
	// PostgreSQL's clients counts there.
	Own bool
}

// Limits of DSQL's connections (Aurora DSQL User Guide, "Cluster quotas").
const (
	// maxConnectionLife lies below the hour after which DSQL cuts a connection.
	maxConnectionLife = 55 * time.Minute
	lifeJitter        = 5 * time.Minute
	adminUser         = "admin"
	defaultPort       = 5432
)

// From reads the function's variables: DATABASE_URL, or the original
// suite's DSQL_HOST, else AURORA_DSQL_ENDPOINT, with AURORA_DSQL_PORT,
// DATABASE_NAME, IAM_USERNAME, and AWS_REGION, else AWS_DEFAULT_REGION, else the
// region in the cluster's name. Two are ours: DSQL_HOSTADDR, as libpq's hostaddr,
// is dialed instead of the name, and DSQL_ROOT_CERTIFICATE (PEM) goes over the
// system's roots. All faults are reported at once.
func From(getenv func(string) string) (Address, error) {
	return Named(getenv, func(variable string) string { return variable })
}

// Named is From of values that were given by other names than the
// variables': named returns them, for the faults.
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
		faults = append(faults, fmt.Errorf("%s is not set: must be the cluster's region, for %s = %s is not of the form ID.dsql.REGION.on.aws, which says it",
			named("AWS_REGION"), named(hostFrom), a.Host))
	case inName != "" && inName != a.Region:
		faults = append(faults, fmt.Errorf("%s = %s: the cluster %s is in %s", named(regionFrom), a.Region, a.Host, inName))
	}
	return a, errors.Join(faults...)
}

// Cluster is the endpoint of the cluster at an address, also of one that a URL with
// that host names; empty where it isn't known to be one.
func (a Address) Cluster(host string) string {
	switch {
	case a.URL == "":
		return a.Host
	case RegionOf(host) != "":
		return host
	}
	return ""
}

// notInName are characters of a URL or a port that people give with a host name.
const notInName = "/:@ "

// firstSet is the first of two variables where it is set, else the second.
func firstSet(getenv func(string) string, first, second string) string {
	if getenv(first) == "" {
		return second
	}
	return first
}

// RegionOf is the region in a cluster's name ID.dsql.REGION.on.aws; empty for any other name.
func RegionOf(host string) string {
	parts := strings.Split(host, ".")
	if len(parts) == 5 && strings.HasPrefix(parts[1], "dsql") && parts[3] == "on" && parts[4] == "aws" {
		return parts[2]
	}
	return ""
}

// Config is what pgx connects by. For a cluster it is TLS with the certificate
// verified against the host's name, started at once (direct) unless
// PGSSLNEGOTIATION says otherwise; PGSSLROOTCERT names other roots than the system's.
func (a Address) Config() (*pgxpool.Config, error) {
	c, err := a.place().config()
	switch {
	case err != nil:
		return nil, err
	case a.URL != "":
		return c, nil
	}
	secured := c.ConnConfig.TLSConfig
	if c.ConnConfig.SSLNegotiation == "" {
		c.ConnConfig.SSLNegotiation = "direct"
		secured.NextProtos = []string{"postgresql"}
	}
	secured.ServerName = a.Host
	if a.Roots != "" {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(a.Roots)) {
			return nil, errors.New("DSQL_ROOT_CERTIFICATE: must be certificates in PEM form")
		}
		secured.RootCAs = roots
	}
	c.MaxConnLifetime, c.MaxConnLifetimeJitter = maxConnectionLife-lifeJitter, lifeJitter
	return c, nil
}

// place is the target of a connection, with the client variables and files that count
// there: none for a server or front of our own, all for a URL, as with psql, and for a
// cluster all but those about the login.
func (a Address) place() place {
	p := place{address: a.URL, ownRoots: a.Own || a.URL == "" && a.Roots != ""}
	if a.URL == "" {
		u := url.URL{
			Scheme: "postgres", User: url.User(a.User), Host: net.JoinHostPort(a.Endpoint, strconv.Itoa(a.Port)), Path: "/" + a.Database,
			RawQuery: "sslmode=verify-full",
		}
		p.address = u.String()
	}
	switch {
	case a.Own:
		return p.with("passfile", "sslcert", "sslkey", "sslrootcert")
	case a.URL != "":
		p.variables = usersVariables()
		return p
	}
	p.variables = usersVariables().without(ofLogin()...)
	if p.ownRoots {
		p = p.with("sslrootcert")
	}
	return p.with("passfile", "sslcert", "sslkey")
}

// Authenticate makes each new connection come with a token of its own: one is
// good for 15 minutes, and looked at only while connecting.
func (a Address) Authenticate(ctx context.Context, c *pgxpool.Config) error {
	if a.URL != "" {
		return nil
	}
	cfg, err := awsconfig.Load(ctx, config.WithRegion(a.Region), config.WithSharedConfigProfile(a.Profile))
	if err != nil {
		return fmt.Errorf("AWS configuration: %w", err)
	}
	c.BeforeConnect = func(ctx context.Context, cc *pgx.ConnConfig) error {
		token, err := a.token(ctx, cfg.Credentials)
		if err != nil {
			return &failure.NoToken{Err: err}
		}
		cc.Password = token
		return nil
	}
	return nil
}

// Token is a password for the cluster, made of the AWS credentials at hand.
func Token(ctx context.Context, a Address) (string, error) {
	cfg, err := awsconfig.Load(ctx, config.WithRegion(a.Region), config.WithSharedConfigProfile(a.Profile))
	if err != nil {
		return "", fmt.Errorf("AWS configuration: %w", err)
	}
	token, err := a.token(ctx, cfg.Credentials)
	if err != nil {
		return "", &failure.NoToken{Err: err}
	}
	return token, nil
}

// token is a signed permission to connect, which is secret.
func (a Address) token(ctx context.Context, credentials aws.CredentialsProvider) (string, error) {
	if a.User == adminUser {
		return auth.GenerateDBConnectAdminAuthToken(ctx, a.Host, a.Region, credentials)
	}
	return auth.GenerateDbConnectAuthToken(ctx, a.Host, a.Region, credentials)
}

// Server is what package pgconn connects by.
func (a Address) Server() (*pgconn.Config, error) {
	c, err := a.Config()
	if err != nil {
		return nil, err
	}
	return &c.ConnConfig.Config, nil
}

// Location is where statements go.
type Location struct {
	Host     string // or the folder of a Unix socket
	Port     int
	Database string
}

// Where returns where statements go.
func (a Address) Where() (Location, error) {
	config, err := a.Config()
	if err != nil {
		return Location{}, err
	}
	c := config.ConnConfig
	return Location{Host: c.Host, Port: int(c.Port), Database: c.Database}, nil
}
