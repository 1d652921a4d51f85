package address

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// usable returns the place without those TLS files that can't be used and aren't needed: psql
// connects all the same (PostgreSQL 15, fe-secure-openssl.c). With sslmode disable, allow or
// prefer none is needed; otherwise a key without a certificate isn't, nor a certificate that
// doesn't exist. Roots that can't be used stay a fault when TLS is required, because the user
// wants the server verified.
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

// unusable returns the files that usable leaves out of a connection that tries TLS, each
// with the reason; nil for none.
func (p place) unusable(c *pgconn.Config) error {
	if len(tlsConfigs(c)) == 0 {
		return nil
	}
	p.variables = p.variables.translated()
	return p.filesFault()
}

// filesFault returns why pgx refuses the place, or psql a key that others may use.
func (p place) filesFault() error {
	c, err := p.server()
	if err != nil {
		return p.blamed(err)
	}
	return p.checkKey(c)
}

// withoutTLS reports whether a connection over the network may be without TLS.
func withoutTLS(c *pgconn.Config) bool {
	return slices.ContainsFunc(attempts(c), func(a *pgconn.FallbackConfig) bool { return a.TLSConfig == nil && overNetwork(a) })
}

// noCertificate reports whether PGSSLCERT names a file that doesn't exist.
func (p place) noCertificate() bool {
	file := p.variables["PGSSLCERT"]
	_, err := os.Stat(file)
	return file != "" && errors.Is(err, fs.ErrNotExist) && !strings.Contains(p.address, "sslcert")
}
