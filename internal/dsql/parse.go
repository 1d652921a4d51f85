package dsql

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"dsql-load-test/internal/secret"
)

// What to do about an address that can't be taken apart for certain.
const (
	encodeHint = "a user or password in a URL is percent-encoded: %40 for @, %2F for /, %3A for :, %3F for ?, %23 for #, %25 for %, %20 for a blank; or leave the password out and set PGPASSWORD"
	quoteHint  = `a value with blanks, ' or \ stands in single quotes, with a \ before each ' and \; or leave the password out and set PGPASSWORD`
)

// parse is pgx's configuration for a PostgreSQL URL or keyword=value text. Its
// errors show of it what secret.Address does, and nothing of a text that is
// neither: pgx's own quote what they stumble upon, which can be a part of the
// password.
func parse(address string) (*pgxpool.Config, error) {
	isURL := strings.Contains(address, "://")
	if err := secret.Fault(address); err != nil {
		return nil, unreadable(address, isURL, err)
	}
	c, err := pgxpool.ParseConfig(address)
	if err == nil {
		return c, nil
	}
	reason := oneLine(err).Error()
	if parse := new(pgconn.ParseConfigError); errors.As(err, &parse) {
		reason = strings.TrimPrefix(reason, oneLine(pgconn.NewParseConfigError(address, "", nil)).Error())
	}
	if strings.HasPrefix(reason, "failed to parse as ") {
		return nil, unreadable(address, isURL, errors.New("it can't be read"))
	}
	return nil, fmt.Errorf("database URL %s: %s", secret.Address(address), reason)
}

func unreadable(address string, isURL bool, reason error) error {
	if isURL {
		return &hintedError{fmt.Errorf("database URL %s: %w", secret.Address(address), reason), encodeHint}
	}
	return &hintedError{fmt.Errorf("database URL: %w", reason), quoteHint}
}
