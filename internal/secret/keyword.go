package secret

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Reasons why keyword=value text is refused.
var (
	errNeither = errors.New("it is neither a URL, postgres://..., nor keyword=value text")
	errQuote   = errors.New("a quote in it isn't closed")
	errBlanks  = errors.New("a value with blanks in it is not quoted")
)

const blanks = " \t\n\r\f\v"

// keywords returns PostgreSQL's keyword=value text without its passwords, or an error if its
// parts aren't certain. Like libpq it accepts blanks around =, quoted values and
// backslashes.
func keywords(text string) (shown string, err error) {
	var out strings.Builder
	secret := named(text)
	for text != "" {
		key, rest, found := strings.Cut(text, "=")
		name := strings.Trim(key, blanks)
		switch {
		case !found && name == "":
			return out.String() + text, nil
		case out.Len() == 0 && !(found && regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`).MatchString(name)):
			return "", errNeither
		case !found || strings.ContainsAny(name, blanks):
			return "", errBlanks
		case secret && !known(name):
			return "", errSetting
		}
		value := strings.TrimLeft(rest, blanks)
		end, closed := valueEnd(value)
		if !closed {
			return "", errQuote
		}
		if quoted := value[:end]; strings.HasPrefix(quoted, "'") && end < len(value) && !strings.ContainsRune(blanks, rune(value[end])) {
			return "", errBlanks // text follows the closing quote
		}
		shown := value[:end]
		if isPassword(name) || named(shown) {
			shown = Hidden
		}
		out.WriteString(key + "=" + shown)
		text = value[end:]
	}
	return out.String(), nil
}

// valueEnd returns the end of the value that text begins with. closed is false if the value
// has an opening quote only.
func valueEnd(text string) (end int, closed bool) {
	quoted := strings.HasPrefix(text, "'")
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quoted && c == '\'' && i > 0:
			return i + 1, true
		case !quoted && strings.ContainsRune(blanks, rune(c)):
			return i, true
		}
	}
	return len(text), !quoted
}

// known reports whether PostgreSQL's clients accept a setting of that name.
func known(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(strings.Fields(knownSettings), name) || strings.HasPrefix(name, "pool_")
}

// knownSettings are the keywords of libpq (PostgreSQL, "Parameter Key Words") and pgx, and
// the server settings that users set for a session.
const knownSettings = ` host hostaddr port dbname database user password passfile require_auth channel_binding connect_timeout client_encoding options
 application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout replication gssencmode ssl sslmode
 sslnegotiation sslcompression sslcert sslkey sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer min_protocol_version max_protocol_version
 ssl_min_protocol_version ssl_max_protocol_version krbsrvname krbspn gsslib gssdelegation service servicefile target_session_attrs load_balance_hosts
 default_query_exec_mode statement_cache_capacity description_cache_capacity
 search_path timezone datestyle intervalstyle extra_float_digits statement_timeout lock_timeout idle_in_transaction_session_timeout
 default_transaction_read_only default_transaction_isolation synchronous_commit work_mem `

// Fault returns why the parts of a PostgreSQL URL or keyword=value text aren't certain, so
// that it must be neither used nor shown. The error quotes no part of it.
func Fault(text string) error {
	if strings.Contains(text, "://") && !keywordFirst(text) {
		p, err := split(text)
		switch {
		case !postgres(p.scheme):
			return errScheme
		case err == nil:
			return checkQuery(p)
		}
		return err
	}
	_, err := keywords(text)
	return err
}

// keywordFirst reports whether the text before :// begins with a keyword and =.
func keywordFirst(text string) bool {
	before, _, _ := strings.Cut(text, "://")
	name, _, found := strings.Cut(before, "=")
	return found && known(strings.Trim(name, blanks))
}
