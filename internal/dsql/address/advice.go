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

// Advised adds a hint to the error of a connection to a, if a variable, a file or the
// connection string may be the cause.
func (a Address) Advised(err error) error {
	return quote.Advise(failure.OneLine(err), a.settingsHint(err))
}

// ConnectHint returns advice on a connection to a that failed; empty when there is none. If
// the server refused a parameter, the source of that parameter is the better advice.
func (a Address) ConnectHint(err error) string {
	if failure.RefusesParameter(err) {
		return cmp.Or(a.settingsHint(err), failure.ConnectHint(err))
	}
	return cmp.Or(failure.ConnectHint(err), a.settingsHint(err))
}

// settingsHint names the refused parameter and its source, or the place of the trusted
// certificates, or a password file that is passed over, or else the variables and files that
// the connection uses; empty when it uses none.
func (a Address) settingsHint(err error) string {
	p := a.place()
	pool, failed := p.config()
	if failed != nil || a.Own {
		return ""
	}
	config := &pool.ConnConfig.Config
	if refused := new(pgconn.PgError); errors.As(err, &refused) {
		if hint := p.parameterHint(config, refused); hint != "" {
			return hint
		}
	}
	if errors.As(err, new(x509.UnknownAuthorityError)) {
		return a.trustHint(p)
	}
	if _, open := p.withoutOpenPasswords(); open != "" && loginRefused(err) && config.Password == "" {
		return open + " is passed over, because others may use its passwords: chmod 600 makes it count"
	}
	var hints []string
	if used := p.used(config, err); len(used) > 0 {
		hints = append(hints, "look at what counts for the connection: "+strings.Join(used, ", "))
	}
	if unusable := p.unusable(config); unusable != nil {
		hints = append(hints, "these can't be used, and were left out: "+failure.OneLine(unusable).Error())
	}
	return strings.Join(hints, "; ")
}

// used returns the variables and files that c uses and that err may be about.
func (p place) used(c *pgconn.Config, err error) []string {
	names := p.effective(c)
	if !loginRefused(err) {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "PGPASSWORD" || name == "PGPASSFILE" })
	}
	var used []string
	if len(names) > 0 {
		used = append(used, p.variables.shown(names))
	}
	if strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "certificate") {
		for _, s := range p.suspects() {
			used = append(used, s.files...)
		}
	}
	return used
}

// loginRefused reports whether the server or a pooler may have refused the password.
func loginRefused(err error) bool {
	refused := new(pgconn.PgError)
	return errors.As(err, &refused) && (strings.HasPrefix(refused.Code, "28") || refused.Code == failure.ProtocolViolation)
}

// trustHint is advice on a server whose certificate no trusted root signed.
func (a Address) trustHint(p place) string {
	const (
		lacks  = " is without the certificate that signed the server's"
		signed = " names the file with the certificate that signed the server's"
	)
	keyed := "PGSSLROOTCERT"
	if a.URL != "" {
		keyed += ", or sslrootcert in the database URL,"
	}
	files := homeFiles("root.crt")
	switch roots := p.variables["PGSSLROOTCERT"]; {
	case a.URL == "" && a.Roots != "":
		return "DSQL_ROOT_CERTIFICATE holds other certificates than the one that signed the server's"
	case a.URL != "" && p.has("sslrootcert"):
		return "sslrootcert in the database URL names a file without the certificate that signed the server's"
	case roots != "" && roots != "system":
		return "PGSSLROOTCERT = " + roots + lacks
	case len(files) > 0 && !p.ownRoots:
		return files[0] + lacks + ": " + keyed + signed
	}
	var gos []string // variables of Go's own
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value := os.Getenv(name); value != "" {
			gos = append(gos, name+" = "+value)
		}
	}
	if len(gos) == 0 {
		return keyed + signed
	}
	return keyed + signed + ", in place of those of " + strings.Join(gos, ", ")
}

// parameterHint is advice on a parameter of the session that the server refused (it quotes the
// name, or the fault is in the options) or that a pooler doesn't accept; empty for other errors.
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

// source returns the source of a session's parameter, with the value, for messages.
func (p place) source(key, value string) string {
	variable := settingOf(key).variable
	return p.given(key, value, p.variables[variable] != value || variable == key).source
}

// effective returns the variables that change the configuration.
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

// outline returns all of a configuration that a variable can change, as text to compare.
func outline(c *pgconn.Config) string {
	text := fmt.Sprint(c.Database, c.User, c.Password, c.ConnectTimeout, c.RuntimeParams, c.SSLNegotiation, c.SSLCertMode,
		c.MinProtocolVersion, c.MaxProtocolVersion, c.ChannelBinding, c.RequireAuth, c.ValidateConnect == nil)
	for _, a := range attempts(c) {
		text += fmt.Sprint(a.Host, a.Port, a.TLSConfig == nil)
		if t := a.TLSConfig; t != nil {
			text += fmt.Sprint(t.ServerName, t.InsecureSkipVerify, t.RootCAs == nil, t.MinVersion, t.MaxVersion)
			for _, certificate := range t.Certificates {
				text += string(certificate.Leaf.Raw)
			}
		}
	}
	return text
}
