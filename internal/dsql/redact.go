package dsql

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// hidden stands for a password, as in url.URL.Redacted.
const hidden = "xxxxx"

// secretKeywords are the settings that hold a password.
func secretKeywords() []string { return []string{"password", "sslpassword"} }

// Redacted is a PostgreSQL URL or keyword/value text with xxxxx for each password.
func Redacted(address string) string {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return redactedURL(address)
	}
	if !strings.Contains(address, "=") {
		return withoutUser(address)
	}
	return redactedKeywords(address)
}

// redactedURL leaves it to pgx, which reads URLs as libpq does: several hosts, for
// one. It masks them only in the text of an error.
func redactedURL(address string) string {
	text := strings.TrimPrefix(pgconn.NewParseConfigError(address, "", nil).Error(), "cannot parse `")
	return strings.TrimSuffix(text, "`: ")
}

// redactedKeywords follows libpq's rules: blanks around =, values in quotes, and
// backslashes before a quote, a blank or a backslash.
func redactedKeywords(text string) string {
	const blanks = " \t\n\r\f\v"
	var out strings.Builder
	secret := false
	for text != "" {
		key, rest, found := strings.Cut(text, "=")
		if !found && secret && strings.Trim(text, blanks) != "" {
			text = " " + hidden // a password with a blank, perhaps
		}
		if !found {
			out.WriteString(withoutUser(text))
			break
		}
		value := strings.TrimLeft(rest, blanks)
		end := valueEnd(value)
		shown := value[:end]
		if slices.Contains(secretKeywords(), strings.ToLower(strings.Trim(key, blanks))) {
			shown, secret = hidden, true
		}
		out.WriteString(key + "=" + shown)
		text = value[end:]
	}
	return out.String()
}

// valueEnd is where the value that text begins with ends.
func valueEnd(text string) int {
	quoted := strings.HasPrefix(text, "'")
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quoted && c == '\'' && i > 0:
			return i + 1
		case !quoted && strings.ContainsRune(" \t\n\r\f\v", rune(c)):
			return i
		}
	}
	return len(text)
}

// parseError is pgx's error for an address that it can't parse, without a
// password: pgx masks those of URLs.
func parseError(err error) error {
	parse := new(pgconn.ParseConfigError)
	if !errors.As(err, &parse) || strings.Contains(parse.ConnString, "://") {
		return oneLine(err)
	}
	_, reason, _ := strings.Cut(oneLine(err).Error(), "`: ")
	if strings.Contains(parse.ConnString, "password") {
		reason, _, _ = strings.Cut(reason, " (") // it may quote a part of the password
	}
	return fmt.Errorf("cannot parse `%s`: %s", Redacted(parse.ConnString), reason)
}
