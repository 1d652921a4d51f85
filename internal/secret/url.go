package secret

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// parts of a URL, each as it was written.
type parts struct {
	scheme   string
	user     string
	password *string // nil without one
	hosts    string  // with ports
	rest     string  // the path
	query    *string // nil without one
}

// What makes a URL ambiguous.
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

// split takes a URL apart as libpq does, which leaves all kinds of characters to a
// password that net/url doesn't. It refuses one that could be meant in two ways.
func split(text string) (p parts, err error) {
	var rest string
	p.scheme, rest, _ = strings.Cut(text, "://")
	before := rest
	if end := strings.IndexAny(rest, "@/"); end >= 0 && rest[end] == '@' {
		var user, password string
		var has bool
		user, password, has = strings.Cut(rest[:end], ":")
		before, rest, p.user = rest[:end], rest[end+1:], user
		if has {
			p.password = &password
		}
	} else if strings.HasPrefix(rest, "/") {
		before = "" // no user and no host: an @ means nothing
	}
	switch at := strings.IndexByte(rest, '@'); {
	case at >= 0 && before == rest: // no user was found
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
	return p, percent(text)
}

func hostsFit(hosts string) bool {
	return regexp.MustCompile(`^(\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z._%~-]*)(:[0-9]{0,5})?(,(\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z._%~-]*)(:[0-9]{0,5})?)*$`).MatchString(hosts)
}

// percent reports a % that encodes nothing.
func percent(text string) error {
	if _, err := url.PathUnescape(text); err != nil {
		return errPercent
	}
	return nil
}

// database is what makes a PostgreSQL URL ambiguous or wrong; nil when nothing
// does.
func database(p parts) error {
	if !postgres(p.scheme) {
		return errScheme
	}
	return settings(p)
}

func postgres(scheme string) bool { return scheme == "postgres" || scheme == "postgresql" }

// settings of a query with a password: one that isn't known may be its second half.
func settings(p parts) error {
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

// decoded is text without its percent-encoding, as far as it has one.
func decoded(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// shownURL is a URL without its passwords.
func shownURL(text string) string {
	p, err := split(text)
	isName := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`).MatchString(p.scheme)
	switch {
	case !isName:
		return dropped
	case err == nil && postgres(p.scheme):
		err = settings(p)
	case err == nil:
		if _, err = url.Parse(text); p.password != nil && strings.Contains(text, "#") {
			err = errOther // for net/url, a # ends the host
		}
	}
	if err != nil {
		return p.scheme + "://" + dropped + hostAfterAt(text)
	}
	return p.String()
}

// String is the URL with masks.
func (p parts) String() string {
	var b strings.Builder
	b.WriteString(p.scheme + "://")
	if p.password == nil && p.user != "" && !postgres(p.scheme) {
		p.user = Hidden // on the web a token, often
	}
	b.WriteString(p.user)
	if p.password != nil {
		b.WriteString(":" + Hidden)
	}
	if p.user != "" || p.password != nil {
		b.WriteString("@")
	}
	if !postgres(p.scheme) {
		p.rest = hidePath(p.rest)
	}
	b.WriteString(p.hosts + p.rest)
	if p.query == nil {
		return b.String()
	}
	masked := isPassword
	if !postgres(p.scheme) {
		masked = isSecret
	}
	hidden := false // the setting before
	for i, pair := range strings.Split(*p.query, "&") {
		key, value, found := strings.Cut(pair, "=")
		if i == 0 {
			b.WriteString("?")
		} else {
			b.WriteString("&")
		}
		switch {
		case found && (masked(decoded(key)) || named(decoded(value))): // options can set a password too
			value, hidden = Hidden, true
		case !found && hidden && key != "":
			key = Hidden // the rest of a secret that has an & in it
		default:
			hidden = false
		}
		b.WriteString(key)
		if found {
			b.WriteString("=" + value)
		}
	}
	return b.String()
}

// hidePath masks the tokens in a web address's path: runs of letters and digits, both
// capital and small, as nobody names a thing. A Lambda function may have such a name,
// and ids of traces and runs aren't such.
func hidePath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if i > 0 && parts[i-1] == "functions" {
			continue
		}
		parts[i] = inText().run.ReplaceAllStringFunc(part, func(run string) string {
			if strings.ContainsAny(run, "0123456789") && strings.ToLower(run) != run && strings.ToUpper(run) != run {
				return Hidden
			}
			return run
		})
	}
	return strings.Join(parts, "/")
}

// isSecret reports whether a parameter of a web address holds a secret, by its name.
func isSecret(key string) bool {
	return regexp.MustCompile(`(?i)` + secretNames).MatchString(key)
}

// secretNames are parts of the names that secrets have.
const secretNames = `passw|secret|token|signature|credential|auth|api.?key`

// hostAfterAt is @ and the host after the only @ of text, where nothing else can
// be meant by it; else it is empty.
func hostAfterAt(text string) string {
	before, after, found := strings.Cut(text, "@")
	_, before, isURL := strings.Cut(before, "://")
	if !isURL {
		before, _, _ = strings.Cut(text, "@")
	}
	found = found && !strings.ContainsAny(before, "/?#")
	host := regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]*(:[0-9]{1,5})?`).FindString(after)
	if !found || host == "" || strings.Contains(after, "@") || len(host) < len(after) && !strings.ContainsAny(after[len(host):len(host)+1], "/?") {
		return ""
	}
	return "@" + host
}

// Web is why text can't be taken for a web address, http or https, whose parts are
// certain. It quotes nothing of it.
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
		return errOther // for net/url, a # ends the host
	}
	return nil
}
