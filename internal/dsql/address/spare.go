package address

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// usable is the place without the files of TLS that it can do without, where they
// can't be used: psql connects all the same (PostgreSQL 15, fe-secure-openssl.c). With
// sslmode disable, allow or prefer these are all; else a key without a certificate, and
// a certificate that isn't there. Roots that can't be used stay a fault where TLS is
// required: somebody wants the server verified.
func (p place) usable() place {
	if p.filesFault() == nil {
		return p
	}
	for _, keys := range [][]string{{"sslkey"}, {"sslcert", "sslkey"}, {"sslrootcert"}, {"sslcert", "sslkey", "sslrootcert"}} {
		without := p.with(keys...)
		c, err := without.server()
		if err != nil {
			continue
		}
		isCertificate := keys[len(keys)-1] == "sslkey"
		if withoutTLS(c) || isCertificate && (len(keys) == 1 || p.noCertificate()) {
			return without
		}
	}
	return p
}

// unusable are the files that usable leaves out of a connection that tries TLS, each
// with the reason; nil for none.
func (p place) unusable(c *pgconn.Config) error {
	p.variables = p.variables.translated()
	if err := p.filesFault(); err != nil && len(tlsConfigs(c)) > 0 {
		return err
	}
	return nil
}

// filesFault is what pgx, or psql with a key that others may use, refuses of the place.
func (p place) filesFault() error {
	c, err := p.server()
	if err != nil {
		return p.blamed(err)
	}
	return p.checkKey(c)
}

// withoutTLS reports whether connections over the network may be without TLS.
func withoutTLS(c *pgconn.Config) bool {
	attempts := append([]*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
	return slices.ContainsFunc(attempts, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil && !isSocket(f.Host) })
}

// noCertificate: the variable names a file that isn't there.
func (p place) noCertificate() bool {
	file := p.variables["PGSSLCERT"]
	_, err := os.Stat(file)
	return file != "" && errors.Is(err, fs.ErrNotExist) && !strings.Contains(p.address, "sslcert")
}
