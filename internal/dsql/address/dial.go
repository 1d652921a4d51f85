package address

import (
	"cmp"
	"crypto/tls"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// dial makes c connect to given addresses instead of looking its hosts' names up.
// TLS asks for the names as before.
func dial(c *pgconn.Config, g given) error {
	if g.value == "" {
		return nil
	}
	addresses := strings.Split(g.value, ",")
	for i, text := range addresses {
		address, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return g.wrong()
		}
		addresses[i] = address.String()
	}
	// One host is tried several times in a row: with TLS, and without.
	all, at := []*string{&c.Host}, 0
	ports := []uint16{c.Port}
	for _, f := range c.Fallbacks {
		all, ports = append(all, &f.Host), append(ports, f.Port)
	}
	hostOf := make([]int, len(all))
	for i := 1; i < len(all); i++ {
		if *all[i] != *all[i-1] || ports[i] != ports[i-1] {
			at++
		}
		hostOf[i] = at
	}
	if at+1 != len(addresses) {
		return g.wrong()
	}
	for i := range all {
		*all[i] = addresses[hostOf[i]]
	}
	return nil
}

const tlsVersionsAllowed = "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3, the lowest (TLSv1.2 where none is given) not above the highest"

// tlsVersion is Go's number of a version as libpq names it; 0 of none.
func tlsVersion(name string) (version uint16, known bool) {
	version, known = map[string]uint16{
		"": 0, "tlsv1": tls.VersionTLS10, "tlsv1.1": tls.VersionTLS11, "tlsv1.2": tls.VersionTLS12, "tlsv1.3": tls.VersionTLS13,
	}[strings.ToLower(name)]
	return version, known
}

// boundTLS sets the lowest and the highest version of TLS.
func boundTLS(c *pgconn.Config, lowest, highest given) error {
	from, known := tlsVersion(lowest.value)
	if !known {
		return lowest.wrong()
	}
	to, known := tlsVersion(highest.value)
	// Without a lowest one it is TLS 1.2, of libpq's and of Go's.
	if !known || to != 0 && cmp.Or(from, tls.VersionTLS12) > to {
		return highest.wrong()
	}
	for _, config := range tlsConfigs(c) {
		config.MinVersion, config.MaxVersion = from, to
	}
	return nil
}
