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

// given is a setting with the value that the user gave it.
type given struct {
	setting
	value  string
	source string // with the value unless that is secret, for messages
}

// unread are settings that libpq reads and pgx doesn't, by key.
type unread map[string]given

// complete applies to c the settings that libpq reads from a connection string, a service or
// a variable and pgx doesn't. It refuses those that ask for a security which the connection
// wouldn't have, and drops those that change nothing.
func (p place) complete(c *pgconn.Config) error {
	for _, key := range []string{"datestyle", "geqo", "timezone"} { // a key in capitals also overrides the variable
		value := p.variables[settingOf(key).variable]
		if value == "" || c.RuntimeParams[key] != "" && c.RuntimeParams[key] != value {
			continue
		}
		delete(c.RuntimeParams, key)
		if parameter(c, key) == "" {
			c.RuntimeParams[key] = value
		}
	}
	u := p.takeUnread(c)
	if name := u["fallback_application_name"].value; name != "" && c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = name
	}
	negotiation := p.given("sslnegotiation", c.SSLNegotiation, c.SSLNegotiation != p.variables["PGSSLNEGOTIATION"])
	return errors.Join(
		dial(c, u["hostaddr"]), boundTLS(c, u["ssl_min_protocol_version"], u["ssl_max_protocol_version"]),
		u["gssencmode"].mustBe("disable", "prefer"), u["load_balance_hosts"].mustBe("disable", "random"), checkOrder(c, u["load_balance_hosts"]), negotiation.mustBe("postgres", "direct"),
		u.checkNumbers(c), p.checkTimeout(), p.checkSecurity(c, u),
	)
}

// checkTimeout refuses a connect_timeout above libpq's limit, the largest 32-bit number. A
// time.Duration can't hold all that pgx takes.
func (p place) checkTimeout() error {
	value := p.variables["PGCONNECT_TIMEOUT"]
	inString := p.has("connect_timeout")
	if inString {
		value = p.value("connect_timeout")
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= math.MaxInt32 {
		return nil // pgx has checked that it is a number
	}
	return p.given("connect_timeout", value, inString).wrong()
}

// takeUnread removes from c's session parameters those that no server knows, and adds those
// that a variable gives. A key overrides its variable, also if it is empty.
func (p place) takeUnread(c *pgconn.Config) unread {
	u := unread{}
	for _, key := range append(numbers(),
		"hostaddr", "requiressl", "requirepeer", "sslcrl", "sslcrldir", "ssl_min_protocol_version", "ssl_max_protocol_version", "gssencmode", "load_balance_hosts",
		"fallback_application_name",
		// These change nothing here: Go compresses nothing and takes texts as UTF-8.
		"sslcompression", "client_encoding", "gsslib", "gssdelegation",
	) {
		value, inString := c.RuntimeParams[key]
		delete(c.RuntimeParams, key)
		if !inString {
			value = p.variables[settingOf(key).variable]
		}
		u[key] = p.given(key, value, inString)
	}
	return u
}

// given returns a setting with its source. inString: the connection string or a service gave
// it, not a variable.
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

// mustBe refuses a value that isn't one of those allowed.
func (g given) mustBe(allowed ...string) error {
	if g.value == "" || slices.Contains(allowed, g.value) {
		return nil
	}
	return g.wrong()
}

func (g given) wrong() error { return fmt.Errorf("%s: must be %s", g.source, g.allowed) }

func (g given) refused(why string) error {
	return fmt.Errorf("%s: must be left out, because %s", g.source, why)
}

// numbers are keys whose values are numbers. They change nothing here: Go keeps connections
// alive by itself.
func numbers() []string {
	return []string{"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}
}

// checkNumbers refuses numbers that libpq can't parse, which it does only for servers over the
// network.
func (u unread) checkNumbers(c *pgconn.Config) error {
	if !slices.ContainsFunc(attempts(c), overNetwork) {
		return nil
	}
	var faults []error
	for _, key := range numbers() {
		g := u[key]
		if _, err := strconv.ParseInt(strings.TrimSpace(g.value), 10, 32); g.value != "" && err != nil {
			faults = append(faults, fmt.Errorf("the connection string's key %s = %s: must be a whole number", key, g.value))
		}
	}
	return errors.Join(faults...)
}

// checkOrder refuses a random order of several servers.
func checkOrder(c *pgconn.Config, order given) error {
	another := func(f *pgconn.FallbackConfig) bool { return f.Host != c.Host || f.Port != c.Port }
	if order.value != "random" || !slices.ContainsFunc(c.Fallbacks, another) {
		return nil
	}
	return order.refused("the servers are tried in the order in which they are named")
}

// checkSecurity refuses settings that ask for a security which the connection wouldn't have.
func (p place) checkSecurity(c *pgconn.Config, u unread) error {
	var faults []error
	if g := u["requiressl"]; strings.HasPrefix(g.value, "1") && g.value != p.variables["PGREQUIRESSL"] {
		faults = append(faults, g.refused("sslmode = require says the same"))
	}
	onSocket := func(a *pgconn.FallbackConfig) bool { return !overNetwork(a) }
	if g := u["requirepeer"]; g.value != "" && slices.ContainsFunc(attempts(c), onSocket) {
		faults = append(faults, g.refused("the suite doesn't check which user runs the server"))
	}
	if !slices.ContainsFunc(tlsConfigs(c), verifies) {
		return errors.Join(faults...)
	}
	const unchecked = "the suite doesn't check for revoked certificates"
	for _, key := range []string{"sslcrl", "sslcrldir"} {
		if u[key].value != "" {
			faults = append(faults, u[key].refused(unchecked))
		}
	}
	if files := homeFiles("root.crl"); len(files) > 0 && !p.ownRoots {
		faults = append(faults, fmt.Errorf("%s: must not be there, because %s", files[0], unchecked))
	}
	return errors.Join(faults...)
}

// parameter returns a parameter of the session, whose name the user may write in capitals.
func parameter(c *pgconn.Config, key string) string {
	for name, value := range c.RuntimeParams {
		if strings.EqualFold(name, key) {
			return value
		}
	}
	return ""
}

// attempts returns the connections that pgx tries one after the other: to each server, with
// TLS, without, or both. The first one is a copy of what c itself says.
func attempts(c *pgconn.Config) []*pgconn.FallbackConfig {
	return append([]*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
}

func overNetwork(a *pgconn.FallbackConfig) bool { return !strings.HasPrefix(a.Host, "/") }

// tlsConfigs returns those of all attempts with TLS.
func tlsConfigs(c *pgconn.Config) []*tls.Config {
	var all []*tls.Config
	for _, a := range attempts(c) {
		if a.TLSConfig != nil {
			all = append(all, a.TLSConfig)
		}
	}
	return all
}

// verifies reports whether TLS checks that a trusted root signed the server's certificate.
func verifies(c *tls.Config) bool { return c.VerifyPeerCertificate != nil || !c.InsecureSkipVerify }
