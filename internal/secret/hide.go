package secret

import (
	"regexp"
	"strings"
	"sync"
)

// Hide masks the passwords of the URLs and connection texts within text, such as
// an error of another program quotes, and private keys. It can't know those with blanks in them:
// Address and Fault keep whole addresses from getting so far.
func Hide(text string) string {
	if strings.ContainsAny(text, "?&") { // first: a token may have an @
		text = inText().parameter.ReplaceAllString(text, "${1}="+Hidden)
	}
	if strings.Contains(text, "PRIVATE") {
		text = inText().key.ReplaceAllString(text, dropped)
	}
	if strings.Contains(text, "://") {
		text = inText().url.ReplaceAllStringFunc(text, hideUser)
		text = inText().cut.ReplaceAllStringFunc(text, hideRest)
		text = inText().web.ReplaceAllStringFunc(text, hidePath)
	}
	text = inText().port.ReplaceAllString(text, "${1}"+dropped+"${2}")
	text = inText().output.ReplaceAllString(text, "${1}"+dropped+"${2}")
	if named(text) {
		text = inText().keyword.ReplaceAllStringFunc(text, hideValue)
	}
	return text
}

// hideUser masks what stands between a URL's :// and its last @, unless it is
// masked, or the name of a user of PostgreSQL's.
func hideUser(found string) string {
	scheme, user, _ := strings.Cut(found, "://")
	if inText().plainUser.MatchString(user) && (strings.HasSuffix(user, Hidden+"@") || postgres(scheme)) {
		return found
	}
	return scheme + "://" + dropped + "@"
}

// hideRest masks what stands where a port should, in a URL that ends before its @.
func hideRest(found string) string {
	scheme, rest, _ := strings.Cut(found, "://")
	user, password, _ := strings.Cut(rest, ":")
	if password == Hidden {
		return found
	}
	return scheme + "://" + user + ":" + Hidden
}

// hideValue masks what stands behind the =, unless it is masked.
func hideValue(found string) string {
	key, value, _ := strings.Cut(found, "=")
	if strings.HasPrefix(strings.Trim(value, blanks), Hidden) {
		return found
	}
	return key + "=" + Hidden
}

type expressions struct{ url, cut, plainUser, keyword, parameter, port, output, key, web, run *regexp.Regexp }

// inText finds a URL's user and password up to the last @ of its run of characters;
// a URL whose port is none; a keyword's or parameter's password, but no variable of a shell;
// a web address's parameter that isSecret; what Go quotes of a URL as its port; the
// output of a credential_process, which the AWS SDK quotes; and a private key in PEM
// form, in lines or encoded, or the beginning of one. Web addresses with a path, and runs of
// letters and digits as long as a token, are for hidePath.
var inText = sync.OnceValue(func() expressions {
	return expressions{
		url:       regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S*@`),
		cut:       regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:\[\]"']+:(?:[^0-9\s/?#@"'\\]|[0-9]+%)[^\s/?#@"'\\]*`),
		plainUser: regexp.MustCompile(`^[0-9A-Za-z_.-]*(:` + Hidden + `)?@$`),
		parameter: regexp.MustCompile(`([?&][^\s?&="]*(?i:` + secretNames + `)[^\s?&="]*)=[^\s&"'\\]*[^\s&"'\\:]`), // a : goes on with the text
		port:      regexp.MustCompile(`(invalid port \\?")[^\s"\\]*(\\?")`),
		output:    regexp.MustCompile(`(?s)(parse failed of process output: ).*(, error: )`),
		key:       regexp.MustCompile(`(?s)-----BEGIN[^-]*PRIVATE[^-]*-----.*?(?:-----END[^-]*PRIVATE[^-]*-----|\z)`),
		web:       regexp.MustCompile(`\bhttps?://[^\s/?#"'<>]+/[^\s?#"'<>]*`),
		run:       regexp.MustCompile(`[0-9A-Za-z]{20,}`),
		keyword:   regexp.MustCompile(`(?i)\b((?:pg|ssl)?password)(\s*)=\s*('(?:\\.|[^'\\])*'?|[^\s&$'][^\s&]*)`),
	}
})
