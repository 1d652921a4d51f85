package secret

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// parts are the parts of a URL, each as it was written.
type parts struct {
	scheme   string
	user     string
	password *string // nil: the URL has none
	hosts    string  // with ports
	rest     string  // the path
	query    *string // nil: the URL has none
}

// Reasons why a URL is refused. They quote no part of it.
var (
	errScheme  = errors.New("it doesn't begin with postgres:// or postgresql://")
	errWeb     = errors.New("it doesn't begin with http:// or https://")
	errAt      = errors.New("it has more than the one @ before the host")
	errPath    = errors.New("a / stands before its @")
	errHost    = errors.New("its host or port can't be one")
	errPercent = errors.New("it has a % without two hexadecimal digits behind it")
	errBlank   = errors.New("it has a blank or a control character")
	errSetting = errors.New("its password is followed by a setting that isn't one of PostgreSQL's")
	errOther   = errors.New("it can't be read")
)

// split parses a URL like libpq, which allows more characters in a password than net/url.
// It refuses a URL that can be read in two ways.
func split(text string) (p parts, err error) {
	var rest string
	p.scheme, rest, _ = strings.Cut(text, "://")
	before := rest
	if end := strings.IndexAny(rest, "@/"); end >= 0 && rest[end] == '@' {
		user, password, has := strings.Cut(rest[:end], ":")
		before, rest, p.user = rest[:end], rest[end+1:], user
		if has {
			p.password = &password
		}
	} else if strings.HasPrefix(rest, "/") {
		before = "" // no user and no host: an @ is part of the path
	}
	switch at := strings.IndexByte(rest, '@'); {
	case at >= 0 && before == rest: // the @ comes after the first /
		return p, errPath
	case at >= 0 && before != "":
		return p, errAt
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	p.hosts, p.rest = rest[:end], rest[end:]
	if path, query, has := strings.Cut(p.rest, "?"); has {
		p.rest, p.query = path, &query
	}
	switch {
	case !hostsFit(p.hosts):
		return p, errHost
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return p, errBlank
	}
	if _, err := url.PathUnescape(text); err != nil {
		return p, errPercent
	}
	return p, nil
}

// hostsFit reports whether hosts is a list of hosts with optional ports.
func hostsFit(hosts string) bool {
	return regexp.MustCompile(`^(\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z._%~-]*)(:[0-9]{0,5})?(,(\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z._%~-]*)(:[0-9]{0,5})?)*$`).MatchString(hosts)
}

func postgres(scheme string) bool { return scheme == "postgres" || scheme == "postgresql" }

// checkQuery refuses unknown settings in a query with a password: such a setting may be the
// second half of the password.
func checkQuery(p parts) error {
	if p.query == nil || !named(decoded(*p.query)) {
		return nil
	}
	for pair := range strings.SplitSeq(*p.query, "&") {
		key, value, found := strings.Cut(pair, "=")
		if !found || strings.Contains(value, "=") || !known(decoded(key)) {
			return errSetting
		}
	}
	return nil
}

// decoded returns text without its percent-encoding; text itself if that is invalid.
func decoded(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// Web returns why text isn't an http or https address whose parts are certain. The error
// quotes no part of it.
func Web(text string) error {
	p, err := split(text)
	if err != nil {
		return err
	}
	u, err := url.Parse(text)
	switch {
	case !strings.EqualFold(p.scheme, "http") && !strings.EqualFold(p.scheme, "https"):
		return errWeb
	case err != nil || u.Host == "" || p.password != nil && strings.Contains(text, "#"):
		return errOther // net/url ends the host at a #
	}
	return nil
}
