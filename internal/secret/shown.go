package secret

import (
	"net/url"
	"regexp"
	"strings"
)

// shownURL returns a URL without its passwords.
func shownURL(text string) string {
	p, err := split(text)
	isName := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`).MatchString(p.scheme)
	switch {
	case !isName:
		return dropped
	case err == nil && postgres(p.scheme):
		err = checkQuery(p)
	case err == nil:
		if _, err = url.Parse(text); p.password != nil && strings.Contains(text, "#") {
			err = errOther // net/url ends the host at a #
		}
	}
	if err != nil {
		return p.scheme + "://" + dropped + hostAfterAt(text)
	}
	return p.String()
}

// String returns the URL with its secrets masked.
func (p parts) String() string {
	masked := isPassword
	if !postgres(p.scheme) {
		masked, p.rest = isSecret, hidePath(p.rest)
		if p.password == nil && p.user != "" {
			p.user = Hidden // in a web address it is often a token
		}
	}
	var b strings.Builder
	b.WriteString(p.scheme + "://" + p.user)
	if p.password != nil {
		b.WriteString(":" + Hidden)
	}
	if p.user != "" || p.password != nil {
		b.WriteString("@")
	}
	b.WriteString(p.hosts + p.rest)
	if p.query != nil {
		b.WriteString("?" + maskQuery(*p.query, masked))
	}
	return b.String()
}

// maskQuery masks the values of the parameters whose names are masked.
func maskQuery(query string, masked func(name string) bool) string {
	pairs := strings.Split(query, "&")
	hidden := false // the parameter before was masked
	for i, pair := range pairs {
		name, value, found := strings.Cut(pair, "=")
		switch {
		case found && (masked(decoded(name)) || named(decoded(value))): // options can set a password too
			pairs[i], hidden = name+"="+Hidden, true
		case !found && hidden && name != "":
			pairs[i] = Hidden // the rest of a secret with an & in it
		default:
			hidden = false
		}
	}
	return strings.Join(pairs, "&")
}

// hidePath masks the tokens in the path of a web address: long runs of digits, capital and
// small letters. Ids of traces and runs have no letters of both cases, so they stay; the
// name of a Lambda function may look like a token, so it stays too.
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

// isSecret reports whether the name of a parameter in a web address means a secret.
func isSecret(key string) bool {
	return regexp.MustCompile(`(?i)` + secretNames).MatchString(key)
}

// secretNames matches a part of a name that means a secret.
const secretNames = `passw|secret|token|signature|credential|auth|api.?key`

// hostAfterAt returns @ and the host after the only @ of text; "" if the text after the @
// may be something else.
func hostAfterAt(text string) string {
	before, after, found := strings.Cut(text, "@")
	if _, rest, isURL := strings.Cut(before, "://"); isURL {
		before = rest
	}
	found = found && !strings.ContainsAny(before, "/?#")
	host := regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]*(:[0-9]{1,5})?`).FindString(after)
	if !found || host == "" || strings.Contains(after, "@") || len(host) < len(after) && !strings.ContainsAny(after[len(host):len(host)+1], "/?") {
		return ""
	}
	return "@" + host
}
