package address

import (
	"cmp"
	"crypto/tls"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// dial makes c connect to the IP addresses in hostaddr instead of looking its hosts' names up.
// TLS still verifies the names.
func dial(c *pgconn.Config, hostaddr given) error {
	if hostaddr.value == "" {
		return nil
	}
	addresses := strings.Split(hostaddr.value, ",")
	for i, text := range addresses {
		address, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return hostaddr.wrong()
		}
		addresses[i] = address.String()
	}
	// pgx tries a server several times in a row: with TLS, and without.
	servers := 0
	var last pgconn.FallbackConfig
	for _, a := range attempts(c) {
		if servers == 0 || a.Host != last.Host || a.Port != last.Port {
			servers++
			last = *a
		}
		if servers > len(addresses) {
			return hostaddr.wrong()
		}
		a.Host = addresses[servers-1]
	}
	if servers != len(addresses) {
		return hostaddr.wrong()
	}
	c.Host = addresses[0]
	return nil
}

const tlsVersionsAllowed = "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3, the lowest (TLSv1.2 if none is given) not above the highest"

// boundTLS sets the lowest and the highest version of TLS, which have libpq's names.
func boundTLS(c *pgconn.Config, lowest, highest given) error {
	versions := map[string]uint16{
		"": 0, "tlsv1": tls.VersionTLS10, "tlsv1.1": tls.VersionTLS11, "tlsv1.2": tls.VersionTLS12, "tlsv1.3": tls.VersionTLS13,
	}
	from, known := versions[strings.ToLower(lowest.value)]
	if !known {
		return lowest.wrong()
	}
	to, known := versions[strings.ToLower(highest.value)]
	// libpq's and Go's default for the lowest is TLS 1.2.
	if !known || to != 0 && cmp.Or(from, tls.VersionTLS12) > to {
		return highest.wrong()
	}
	for _, config := range tlsConfigs(c) {
		config.MinVersion, config.MaxVersion = from, to
	}
	return nil
}
