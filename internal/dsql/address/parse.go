package address

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/dsql/failure"
	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// What to do about an address that can't be taken apart for certain.
const (
	encodeHint = "a user or password in a URL is percent-encoded: %40 for @, %2F for /, %3A for :, %3F for ?, %23 for #, %25 for %, %20 for a blank; or leave the password out and set PGPASSWORD"
	quoteHint  = `a value with blanks, ' or \ stands in single quotes, with a \ before each ' and \; or leave the password out and set PGPASSWORD`
)

// place is where a connection goes: a PostgreSQL URL or keyword=value text, and the
// client variables that count beside it.
type place struct {
	address   string
	variables variables
	// ownRoots: which certificates are trusted, and which aren't any more, is not the
	// user's to say.
	ownRoots bool
}

// config is pgx's configuration for the place, by the rules of libpq where it
// differs. All faults are reported at once, each by the variable, file or key that
// it is in. Of the address they show what secret.Address does, and nothing of a text
// that is neither: pgx's own errors quote what they stumble upon, which can be a part
// of the password.
func (p place) config() (*pgxpool.Config, error) {
	if err := secret.Fault(p.address); err != nil {
		return nil, p.unreadable(err)
	}
	p.variables = p.variables.translated()
	p = p.usable()
	server, err := p.server()
	if err != nil {
		return nil, p.blamed(err)
	}
	if err := errors.Join(checkKeys(server.RuntimeParams), p.checkKey(server)); err != nil {
		return nil, err
	}
	p, _ = p.withoutOpenPasswords()
	var config *pgxpool.Config
	among(p.variables, func() { config, err = pgxpool.ParseConfig(p.address) })
	if err != nil {
		return nil, p.fault(err)
	}
	if err := p.complete(&config.ConnConfig.Config); err != nil {
		return nil, err
	}
	return config, nil
}

// server is the configuration as pgx reads it, without its own settings.
func (p place) server() (config *pgconn.Config, err error) {
	among(p.variables, func() { config, err = pgconn.ParseConfig(p.address) })
	return config, err
}

// translated are the variables with those that pgx doesn't read put in terms of
// others.
func (v variables) translated() variables {
	t := v.without()
	if strings.HasPrefix(v["PGREQUIRESSL"], "1") && v["PGSSLMODE"] == "" {
		t["PGSSLMODE"] = "require"
	}
	if v["PGHOSTADDR"] != "" && v["PGHOST"] == "" {
		t["PGHOST"] = v["PGHOSTADDR"] // else it would be the socket's folder
	}
	return t
}

// with is the place with keys whose values are empty, so that what a variable or a
// file in the user's home would give them doesn't count.
func (p place) with(keys ...string) place {
	for _, key := range keys {
		p.address = WithKey(p.address, key, "")
	}
	return p
}

// WithKey is an address with one more key, whose value needs no escapes.
func WithKey(address, key, value string) string {
	switch {
	case !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://"): // as pgx tells texts from URLs
		return address + " " + key + "='" + value + "'"
	case strings.Contains(address, "?"):
		return address + "&" + key + "=" + value
	}
	return address + "?" + key + "=" + value
}

// ExecMode is how pgx executes statements as the user set it, in the URL or in a
// service; empty where it isn't set.
func (a Address) ExecMode() string {
	p := a.place()
	p.variables = p.variables.translated()
	c, err := p.usable().server()
	if err != nil {
		return ""
	}
	return c.RuntimeParams[failure.ExecModeKey]
}

// isURL reports whether the address is meant as a URL, if of a scheme that there isn't.
func (p place) isURL() bool { return regexp.MustCompile(`^[^\s=/:@]*://`).MatchString(p.address) }

func (p place) unreadable(reason error) error {
	if p.isURL() {
		return quote.Hint(fmt.Errorf("database URL %s: %w", secret.Address(p.address), reason), "%s", encodeHint)
	}
	return quote.Hint(fmt.Errorf("database URL: %w", reason), "%s", quoteHint)
}

// fault is an error of pgx's about the address itself.
func (p place) fault(err error) error {
	reason := reasonOf(err)
	if strings.HasPrefix(reason, "failed to parse as ") {
		return p.unreadable(errors.New("it can't be read"))
	}
	switch inner := innermost(err); {
	case inner == noCertificate:
		reason = strings.Replace(reason, inner, "sslrootcert "+plain(inner, p.variables), 1)
	case strings.HasPrefix(inner, noServices):
		reason = strings.Replace(reason, inner, plain(inner, p.variables), 1)
	}
	return fmt.Errorf("database URL %s: %s", secret.Address(p.address), reason)
}

// reasonOf is what pgx says of an address, without the address.
func reasonOf(err error) string {
	reason := failure.OneLine(err).Error()
	if parse := new(pgconn.ParseConfigError); errors.As(err, &parse) {
		reason = strings.TrimPrefix(reason, failure.OneLine(pgconn.NewParseConfigError(parse.ConnString, "", nil)).Error())
	}
	return reason
}
