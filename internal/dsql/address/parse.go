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

// Hints for an address that can't be parsed without doubt.
const (
	encodeHint = "a user or password in a URL is percent-encoded: %40 for @, %2F for /, %3A for :, %3F for ?, %23 for #, %25 for %, %20 for a blank; or leave the password out and set PGPASSWORD"
	quoteHint  = `a value with blanks, ' or \ stands in single quotes, with a \ before each ' and \; or leave the password out and set PGPASSWORD`
)

// place is the target of a connection: a PostgreSQL URL or keyword=value text, and the client
// variables that apply beside it.
type place struct {
	address   string
	variables variables
	// ownRoots: the program knows which certificates to trust. The user's settings about
	// trusted and revoked certificates don't apply.
	ownRoots bool
}

// config returns pgx's configuration for the place, by libpq's rules if pgx's differ. It
// reports all faults at once, each with the variable, file or key that it is in. They show
// the address as secret.Address does, or not at all if it can't be parsed: pgx's own errors
// quote the part that they can't read, which may be a part of the password.
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

// server returns the configuration as pgx reads it, without the pool's settings.
func (p place) server() (config *pgconn.Config, err error) {
	among(p.variables, func() { config, err = pgconn.ParseConfig(p.address) })
	return config, err
}

// translated returns the variables with PGREQUIRESSL and PGHOSTADDR, which pgx doesn't read, put
// in terms of variables that it reads.
func (v variables) translated() variables {
	t := v.without()
	if strings.HasPrefix(v["PGREQUIRESSL"], "1") && v["PGSSLMODE"] == "" {
		t["PGSSLMODE"] = "require"
	}
	if v["PGHOSTADDR"] != "" && v["PGHOST"] == "" {
		t["PGHOST"] = v["PGHOSTADDR"] // the default is the socket's folder
	}
	return t
}

// with returns the place with keys whose values are empty. They override the variables and the
// files in the user's home.
func (p place) with(keys ...string) place {
	for _, key := range keys {
		p.address = WithKey(p.address, key, "")
	}
	return p
}

// WithKey returns an address with one more key, whose value needs no escapes.
func WithKey(address, key, value string) string {
	switch {
	case !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://"): // as pgx distinguishes texts from URLs
		return address + " " + key + "='" + value + "'"
	case strings.Contains(address, "?"):
		return address + "&" + key + "=" + value
	}
	return address + "?" + key + "=" + value
}

// isURL reports whether the address is meant as a URL, also one with an unknown scheme.
func (p place) isURL() bool { return regexp.MustCompile(`^[^\s=/:@]*://`).MatchString(p.address) }

func (p place) unreadable(reason error) error {
	if p.isURL() {
		return quote.Hint(fmt.Errorf("database URL %s: %w", secret.Address(p.address), reason), "%s", encodeHint)
	}
	return quote.Hint(fmt.Errorf("database URL: %w", reason), "%s", quoteHint)
}

// fault returns an error of pgx's about the address itself.
func (p place) fault(err error) error {
	reason := reasonOf(err)
	if strings.HasPrefix(reason, "failed to parse as ") {
		return p.unreadable(errors.New("it can't be read"))
	}
	switch inner := innermost(err); {
	case inner == pgxNoCertificate:
		reason = strings.Replace(reason, inner, "sslrootcert "+plain(inner, p.variables), 1)
	case strings.HasPrefix(inner, pgxNoServices):
		reason = strings.Replace(reason, inner, plain(inner, p.variables), 1)
	}
	return fmt.Errorf("database URL %s: %s", secret.Address(p.address), reason)
}

// reasonOf returns pgx's error about an address, without the address.
func reasonOf(err error) string {
	reason := failure.OneLine(err).Error()
	if parse := new(pgconn.ParseConfigError); errors.As(err, &parse) {
		reason = strings.TrimPrefix(reason, failure.OneLine(pgconn.NewParseConfigError(parse.ConnString, "", nil)).Error())
	}
	return reason
}
