package address

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// ClusterID returns the identifier in the cluster's name ID.dsql.REGION.on.aws; empty for any
// other name.
func (a Address) ClusterID() string {
	if id := regexp.MustCompile(`^([a-z0-9]{26})\.`).FindStringSubmatch(a.Host); id != nil && RegionOf(a.Host) != "" {
		return id[1]
	}
	return ""
}

// ClusterRegion returns the region in the cluster's name; empty for any other name.
func (a Address) ClusterRegion() string { return RegionOf(a.Host) }

// HostPort returns the cluster's name, with the port unless that is 5432.
func (a Address) HostPort() string {
	if a.Port == defaultPort || a.Port == 0 {
		return a.Host
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}

// Reach opens a connection to the database's port, with TLS if that starts with the first
// byte, and closes it again without logging in.
func Reach(ctx context.Context, a Address) error {
	pool, err := a.Config()
	if err != nil {
		return err
	}
	c := pool.ConnConfig
	network, address := pgconn.NetworkAddress(c.Host, c.Port)
	conn, err := c.DialFunc(ctx, network, address)
	if err != nil {
		return a.Advised(fmt.Errorf("connect to %s: %w", address, err))
	}
	if c.TLSConfig == nil || c.SSLNegotiation != "direct" {
		return conn.Close()
	}
	secured := tls.Client(conn, c.TLSConfig)
	if err := secured.HandshakeContext(ctx); err != nil {
		return a.Advised(fmt.Errorf("TLS with %s: %w", address, errors.Join(err, conn.Close())))
	}
	return secured.Close()
}
