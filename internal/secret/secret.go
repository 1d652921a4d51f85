// Package secret keeps passwords out of what is shown, written and sent.
//
// Address is for a URL or a connection text that is to be shown, Fault says
// beforehand which of them can't be taken apart for certain, and Hide is the last
// net, under every text that is printed.
package secret

import (
	"regexp"
	"strings"
)

// Hidden stands for a password, as in url.URL.Redacted.
const Hidden = "xxxxx"

// dropped stands for what can't be shown in part.
const dropped = "..."

// Address is a URL, or PostgreSQL's keyword=value text, without its passwords.
// Where it isn't certain which part is the password, only the scheme is left, and
// the host where that is certain: nothing that stands before the last @ is shown.
// Any other text is as Hide leaves it, a file's path for one.
func Address(text string) string {
	switch {
	case regexp.MustCompile(`^[^\s/:@]*://`).MatchString(text):
		return shownURL(text)
	case named(text):
		shown, err := keywords(text)
		if err != nil {
			return dropped
		}
		return shown
	case regexp.MustCompile(`^[^\s/:@.][^\s:@]*:(?s:.*)@`).MatchString(text): // a URL without its scheme
		return dropped + hostAfterAt(text)
	}
	return Hide(text)
}

// named reports whether text sets what holds a password. A path that has the word in
// it doesn't.
func named(text string) bool {
	return strings.Contains(strings.ToLower(text), "password") && regexp.MustCompile(`(?i)password\s*=`).MatchString(text)
}

// isPassword reports whether a setting of PostgreSQL's holds a password.
func isPassword(key string) bool {
	key = strings.ToLower(key)
	return key == "password" || key == "sslpassword"
}
