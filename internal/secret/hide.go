package secret

import (
	"regexp"
	"strings"
	"sync"
)

// Hide masks private keys, and the passwords of URLs and connection texts within text, such
// as an error of another program quotes. It doesn't recognize passwords with blanks: use
// Address and Fault for whole addresses.
func Hide(text string) string {
	if strings.ContainsAny(text, "?&") { // comes first, because a token may contain an @
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

// hideUser masks the text between a URL's :// and its last @, unless it is masked already
// or is only the name of a PostgreSQL user.
func hideUser(found string) string {
	scheme, user, _ := strings.Cut(found, "://")
	if inText().plainUser.MatchString(user) && (strings.HasSuffix(user, Hidden+"@") || postgres(scheme)) {
		return found
	}
	return scheme + "://" + dropped + "@"
}

// hideRest masks the text in the place of a port, in a URL that was cut off before its @.
func hideRest(found string) string {
	scheme, rest, _ := strings.Cut(found, "://")
	user, password, _ := strings.Cut(rest, ":")
	if password == Hidden {
		return found
	}
	return scheme + "://" + user + ":" + Hidden
}

// hideValue masks the text after the =, unless it is masked already.
func hideValue(found string) string {
	key, value, _ := strings.Cut(found, "=")
	if strings.HasPrefix(strings.Trim(value, blanks), Hidden) {
		return found
	}
	return key + "=" + Hidden
}

// expressions find secrets within a text:
//   - url: a URL up to its last @; cut: a URL without @ whose port isn't a number;
//   - plainUser: the rest of url after ://, if it is a plain name, masked or without password;
//   - keyword: password=value, but not a shell variable ($x); parameter: a secret parameter
//     of a web address;
//   - port: the port that net/url quotes, often a part of a password; output: the output of
//     a credential_process, which the AWS SDK quotes;
//   - key: a private key in PEM form, whole or cut off;
//   - web: a web address with a path, and run: a run as long as a token, both for hidePath.
type expressions struct{ url, cut, plainUser, keyword, parameter, port, output, key, web, run *regexp.Regexp }

// inText compiles the expressions once, when the first text is masked.
var inText = sync.OnceValue(func() expressions {
	return expressions{
		url:       regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S*@`),
		cut:       regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:\[\]"']+:(?:[^0-9\s/?#@"'\\]|[0-9]+%)[^\s/?#@"'\\]*`),
		plainUser: regexp.MustCompile(`^[0-9A-Za-z_.-]*(:` + Hidden + `)?@$`),
		parameter: regexp.MustCompile(`([?&][^\s?&="]*(?i:` + secretNames + `)[^\s?&="]*)=[^\s&"'\\]*[^\s&"'\\:]`), // a : at the end belongs to the text around the URL
		port:      regexp.MustCompile(`(invalid port \\?")[^\s"\\]*(\\?")`),
		output:    regexp.MustCompile(`(?s)(parse failed of process output: ).*(, error: )`),
		key:       regexp.MustCompile(`(?s)-----BEGIN[^-]*PRIVATE[^-]*-----.*?(?:-----END[^-]*PRIVATE[^-]*-----|\z)`),
		web:       regexp.MustCompile(`\bhttps?://[^\s/?#"'<>]+/[^\s?#"'<>]*`),
		run:       regexp.MustCompile(`[0-9A-Za-z]{20,}`),
		keyword:   regexp.MustCompile(`(?i)\b((?:pg|ssl)?password)(\s*)=\s*('(?:\\.|[^'\\])*'?|[^\s&$'][^\s&]*)`),
	}
})
