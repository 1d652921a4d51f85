package address

import (
	"crypto/x509"
	"errors"
	"maps"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql/failure"
)

// DSQL cuts a connection after an hour (Aurora DSQL User Guide, "Cluster quotas"), so the pool
// replaces one after 50 to 55 minutes.
const (
	connectionLife = 50 * time.Minute
	lifeJitter     = 5 * time.Minute
)

// Config returns pgx's configuration. For a cluster TLS verifies the certificate against the
// host's name, and starts with the connection's first byte (direct) unless PGSSLNEGOTIATION
// says otherwise; PGSSLROOTCERT replaces the system's roots.
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
	c.MaxConnLifetime, c.MaxConnLifetimeJitter = connectionLife, lifeJitter
	return c, nil
}

// place returns the target of a connection with the client variables and files that apply to
// it: none for our own server or front, all for a URL, as with psql, and for a cluster all
// except those about the login.
func (a Address) place() place {
	p := place{address: a.URL, ownRoots: a.Own || a.URL == "" && a.Roots != ""}
	if a.URL == "" {
		u := url.URL{
			Scheme: "postgres", User: url.User(a.User), Host: net.JoinHostPort(a.Endpoint, strconv.Itoa(a.Port)), Path: "/" + a.Database,
			RawQuery: "sslmode=verify-full",
		}
		p.address = u.String()
	}
	if !a.Own {
		p.variables = usersVariables()
	}
	if a.URL != "" && !a.Own {
		return p
	}
	maps.DeleteFunc(p.variables, func(name, _ string) bool { return settingOf(name).login })
	if p.ownRoots {
		p = p.with("sslrootcert")
	}
	return p.with("passfile", "sslcert", "sslkey")
}

// ExecMode returns how pgx executes statements as the user set it, in the URL or in a
// service; empty if it isn't set.
func (a Address) ExecMode() string {
	p := a.place()
	p.variables = p.variables.translated()
	c, err := p.usable().server()
	if err != nil {
		return ""
	}
	return c.RuntimeParams[failure.ExecModeKey]
}

// Server returns pgconn's configuration, which is Config without the pool's settings.
func (a Address) Server() (*pgconn.Config, error) {
	c, err := a.Config()
	if err != nil {
		return nil, err
	}
	return &c.ConnConfig.Config, nil
}

// Location is the database that statements go to.
type Location struct {
	Host     string // or the folder of a Unix socket
	Port     int
	Database string
}

// Where returns the database that statements go to.
func (a Address) Where() (Location, error) {
	c, err := a.Server()
	if err != nil {
		return Location{}, err
	}
	return Location{Host: c.Host, Port: int(c.Port), Database: c.Database}, nil
}
