package address

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
)

// Advised adds advice to the error of a connection to a, where a variable, a file or the
// connection string may be the cause.
func (a Address) Advised(err error) error {
	if hint := a.settingsHint(err); hint != "" {
		return quote.Hint(failure.OneLine(err), "%s", hint)
	}
	return failure.OneLine(err)
}

// settingsHint names the parameter that the server refused and its source, or the place
// of the trusted certificates, else the variables and files that the connection uses;
// empty when it uses none.
func (a Address) settingsHint(err error) string {
	p := a.place()
	config, failed := p.config()
	if failed != nil || a.Own {
		return ""
	}
	if refused := new(pgconn.PgError); errors.As(err, &refused) {
		if hint := p.parameterHint(&config.ConnConfig.Config, refused); hint != "" {
			return hint
		}
	}
	if errors.As(err, new(x509.UnknownAuthorityError)) {
		return a.trustHint(p)
	}
	var parts []string
	names := p.effective(&config.ConnConfig.Config)
	if !loginRefused(err) {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "PGPASSWORD" || name == "PGPASSFILE" })
	}
	if _, open := p.withoutOpenPasswords(); open != "" && loginRefused(err) && config.ConnConfig.Password == "" {
		return open + " is passed over, for others may use its passwords: chmod 600 makes it count"
	}
	if len(names) > 0 {
		parts = append(parts, p.variables.shown(names))
	}
	if strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "certificate") {
		for _, s := range p.suspects() {
			parts = append(parts, s.files...)
		}
	}
	var hints []string
	if len(parts) > 0 {
		hints = append(hints, "look at what counts for the connection: "+strings.Join(parts, ", "))
	}
	if unusable := p.unusable(&config.ConnConfig.Config); unusable != nil {
		hints = append(hints, "these can't be used, and were left out: "+failure.OneLine(unusable).Error())
	}
	return strings.Join(hints, "; ")
}

// loginRefused reports whether the server or a pooler may have refused the password.
func loginRefused(err error) bool {
	refused := new(pgconn.PgError)
	return errors.As(err, &refused) && (strings.HasPrefix(refused.Code, "28") || refused.Code == failure.ProtocolViolation)
}

// trustHint is advice on a server whose certificate is signed by none that is trusted.
func (a Address) trustHint(p place) string {
	const signed = " names the file with the certificate that signed the server's"
	keyed := "PGSSLROOTCERT"
	if a.URL != "" {
		keyed += ", or sslrootcert in the database URL,"
	}
	inURL := regexp.MustCompile(`(?i)\bsslrootcert\s*=`).MatchString(a.URL)
	switch roots := p.variables["PGSSLROOTCERT"]; {
	case a.URL == "" && a.Roots != "":
		return "DSQL_ROOT_CERTIFICATE holds other certificates than the one that signed the server's"
	case inURL:
		return "sslrootcert in the database URL names a file without the certificate that signed the server's"
	case roots != "" && roots != "system":
		return "PGSSLROOTCERT = " + roots + " is without the certificate that signed the server's"
	}
	if files := homeFiles("root.crt"); len(files) > 0 && !p.ownRoots {
		return files[0] + " is without the certificate that signed the server's: " + keyed + signed
	}
	var own []string // Go's variables
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value := os.Getenv(name); value != "" {
			own = append(own, name+" = "+value)
		}
	}
	if len(own) == 0 {
		return keyed + signed
	}
	return keyed + signed + ", in place of those of " + strings.Join(own, ", ")
}

// ConnectHint is what to do about a connection to a that failed; empty when nothing
// is known. Of a parameter it is first of all where that comes from.
func (a Address) ConnectHint(err error) string {
	if failure.RefusesParameter(err) {
		return cmp.Or(a.settingsHint(err), failure.ConnectHint(err))
	}
	return cmp.Or(failure.ConnectHint(err), a.settingsHint(err))
}

// parameterHint is about a parameter of the session that the server refused: one
// that it quotes, or a fault in the options; or one that a pooler doesn't take.
func (p place) parameterHint(c *pgconn.Config, refused *pgconn.PgError) string {
	if failure.UnknownToPooler(refused) {
		key, named := strings.CutPrefix(refused.Message, failure.UnsupportedParameter+": ")
		if !named {
			key = "options"
		}
		if value := parameter(c, key); value != "" {
			return p.source(key, value) + ": " + failure.PassOver
		}
		return failure.PassOver
	}
	if !failure.RefusedParameter(refused) {
		return ""
	}
	for _, quoted := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(refused.Message, -1) {
		for key, value := range c.RuntimeParams {
			if strings.EqualFold(key, quoted[1]) {
				return p.refusedParameter(key, value)
			}
		}
	}
	if options := c.RuntimeParams["options"]; options != "" {
		return p.refusedParameter("options", options)
	}
	return ""
}

func (p place) refusedParameter(key, value string) string {
	return p.source(key, value) + ": the server takes no such parameter of a session, or not with this value"
}

// source is what gave a parameter of the session, with its value for messages.
func (p place) source(key, value string) string {
	variable := settingOf(key).variable
	return p.given(key, value, p.variables[variable] != value || variable == key).source
}

// effective are the variables that change the configuration.
func (p place) effective(c *pgconn.Config) []string {
	var names []string
	for name, value := range p.variables {
		if value == "" {
			continue
		}
		q := p
		q.variables = p.variables.without(name)
		if without, err := q.config(); err != nil || outline(&without.ConnConfig.Config) != outline(c) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// outline is what two configurations differ in.
func outline(c *pgconn.Config) string {
	text := fmt.Sprint(hosts(c), c.Port, c.Database, c.User, c.Password, c.ConnectTimeout, c.RuntimeParams, c.SSLNegotiation, c.SSLCertMode,
		c.MinProtocolVersion, c.MaxProtocolVersion, c.ChannelBinding, c.RequireAuth, c.ValidateConnect == nil)
	for _, t := range tlsConfigs(c) {
		text += fmt.Sprint(t.ServerName, t.InsecureSkipVerify, t.RootCAs == nil, t.MinVersion, t.MaxVersion)
		for _, certificate := range t.Certificates {
			text += string(certificate.Leaf.Raw)
		}
	}
	return text
}
