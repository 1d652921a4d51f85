package address

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// given is a setting as the user gave it.
type given struct {
	setting
	value  string
	source string // with the value, for messages
}

// taken are libpq's settings that pgx doesn't read, by their keys.
type taken map[string]given

// complete gives c what libpq takes from a connection string, a service or a
// variable and pgx doesn't know. What asks for a security that wouldn't be given is
// refused, and what is of no consequence left out.
func (p place) complete(c *pgconn.Config) error {
	for _, key := range []string{"datestyle", "geqo", "timezone"} { // a key in capitals goes over the variable too
		value := p.variables[settingOf(key).variable]
		if value == "" || c.RuntimeParams[key] != "" && c.RuntimeParams[key] != value {
			continue
		}
		delete(c.RuntimeParams, key)
		if parameter(c, key) == "" {
			c.RuntimeParams[key] = value
		}
	}
	t := p.take(c)
	if name := t["fallback_application_name"].value; name != "" && c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = name
	}
	negotiation := p.given("sslnegotiation", c.SSLNegotiation, c.SSLNegotiation != p.variables["PGSSLNEGOTIATION"])
	return errors.Join(
		dial(c, t["hostaddr"]), boundTLS(c, t["ssl_min_protocol_version"], t["ssl_max_protocol_version"]),
		t["gssencmode"].mustBe("disable", "prefer"), t["load_balance_hosts"].mustBe("disable", "random"), checkOrder(c, t["load_balance_hosts"]), negotiation.mustBe("postgres", "direct"),
		t.checkNumbers(c), p.checkTimeout(), p.checkSecurity(c, t),
	)
}

// longest is libpq's of the time to connect, which a Duration would not always hold.
const longest = math.MaxInt32

// checkTimeout refuses a time to connect that libpq takes for no number.
func (p place) checkTimeout() error {
	value := p.variables["PGCONNECT_TIMEOUT"]
	inString := p.has("connect_timeout")
	if inString {
		value = p.value("connect_timeout")
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= longest {
		return nil // pgx looked at it
	}
	return p.given("connect_timeout", value, inString).wrong()
}

// take removes from the session's parameters those that are no server's, and finds
// those that a variable gives. A key goes over its variable, also where it is empty.
func (p place) take(c *pgconn.Config) taken {
	t := taken{}
	for _, key := range []string{
		"hostaddr", "requiressl", "requirepeer", "sslcrl", "sslcrldir", "ssl_min_protocol_version", "ssl_max_protocol_version", "gssencmode", "load_balance_hosts",
		// These change nothing here: Go keeps connections alive, compresses nothing and takes texts as UTF-8.
		"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslcompression", "client_encoding", "gsslib", "gssdelegation",
		"fallback_application_name",
	} {
		value, inString := c.RuntimeParams[key]
		delete(c.RuntimeParams, key)
		if !inString {
			value = p.variables[settingOf(key).variable]
		}
		t[key] = p.given(key, value, inString)
	}
	return t
}

// given is a setting with what gave it. A hidden value isn't shown.
func (p place) given(key, value string, inString bool) given {
	s := settingOf(key)
	switch {
	case !inString:
		return given{s, value, variables{s.variable: value}.shown([]string{s.variable})}
	case s.secret(value):
		return given{s, value, p.keySource(key)}
	}
	return given{s, value, p.keySource(key) + " = " + orEmpty(value)}
}

// mustBe reports a value that is none of those allowed.
func (g given) mustBe(allowed ...string) error {
	if g.value == "" || slices.Contains(allowed, g.value) {
		return nil
	}
	return g.wrong()
}

func (g given) wrong() error { return fmt.Errorf("%s: must be %s", g.source, g.allowed) }

func (g given) refused(why string) error {
	return fmt.Errorf("%s: must be left out, for %s", g.source, why)
}

// checkNumbers reports what libpq takes for a number, at servers that aren't at a
// socket, and is none.
func (t taken) checkNumbers(c *pgconn.Config) error {
	if !slices.ContainsFunc(hosts(c), func(host string) bool { return !isSocket(host) }) {
		return nil
	}
	var faults []error
	for _, key := range []string{"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"} {
		g := t[key]
		if _, err := strconv.ParseInt(strings.TrimSpace(g.value), 10, 32); g.value != "" && err != nil {
			faults = append(faults, fmt.Errorf("the connection string's key %s = %s: must be a whole number", key, g.value))
		}
	}
	return errors.Join(faults...)
}

// checkOrder refuses what asks for servers in an order drawn by chance.
func checkOrder(c *pgconn.Config, g given) error {
	another := func(f *pgconn.FallbackConfig) bool { return f.Host != c.Host || f.Port != c.Port }
	if g.value != "random" || !slices.ContainsFunc(c.Fallbacks, another) {
		return nil
	}
	return g.refused("the servers are tried in the order in which they are named")
}

// checkSecurity refuses what asks for a security that wouldn't be given.
func (p place) checkSecurity(c *pgconn.Config, t taken) error {
	var faults []error
	if g := t["requiressl"]; strings.HasPrefix(g.value, "1") && g.value != p.variables["PGREQUIRESSL"] {
		faults = append(faults, g.refused("sslmode = require says the same"))
	}
	if g := t["requirepeer"]; g.value != "" && slices.ContainsFunc(hosts(c), isSocket) {
		faults = append(faults, g.refused("who runs the server is not looked at"))
	}
	if !slices.ContainsFunc(tlsConfigs(c), verifies) {
		return errors.Join(faults...)
	}
	const unlooked = "revoked certificates are not looked for"
	for _, key := range []string{"sslcrl", "sslcrldir"} {
		if t[key].value != "" {
			faults = append(faults, t[key].refused(unlooked))
		}
	}
	if files := homeFiles("root.crl"); len(files) > 0 && !p.ownRoots {
		faults = append(faults, fmt.Errorf("%s: must not be there, for %s", files[0], unlooked))
	}
	return errors.Join(faults...)
}

// parameter is one of the session, whose names may be written in capitals.
func parameter(c *pgconn.Config, key string) string {
	for name, value := range c.RuntimeParams {
		if strings.EqualFold(name, key) {
			return value
		}
	}
	return ""
}

func isSocket(host string) bool { return strings.HasPrefix(host, "/") }

// verifies reports whether the server's certificate must go back to given roots.
func verifies(c *tls.Config) bool { return c.VerifyPeerCertificate != nil || !c.InsecureSkipVerify }

// tlsConfigs are those of all hosts.
func tlsConfigs(c *pgconn.Config) []*tls.Config {
	var all []*tls.Config
	for _, config := range append([]*pgconn.FallbackConfig{{TLSConfig: c.TLSConfig}}, c.Fallbacks...) {
		if config.TLSConfig != nil {
			all = append(all, config.TLSConfig)
		}
	}
	return all
}

// hosts are those of a configuration, each as often as it is tried.
func hosts(c *pgconn.Config) []string {
	all := []string{c.Host}
	for _, f := range c.Fallbacks {
		all = append(all, f.Host)
	}
	return all
}
