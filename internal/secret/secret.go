// Package secret keeps passwords out of all text that is shown, written or sent.
//
// Address shows a URL or a connection text without its password (url.go and shown.go, or
// keyword.go). Fault refuses an address whose password can't be located for certain. Hide
// (hide.go) is the last safety net: it masks secrets within any text before it is printed.
// file.go decides whether a path may be shown.
package secret

import (
	"regexp"
	"strings"
)

// Hidden replaces a password, as in url.URL.Redacted.
const Hidden = "xxxxx"

// dropped replaces text that can't be shown even in part.
const dropped = "..."

// Address returns a URL or PostgreSQL's keyword=value text without its passwords. If it
// isn't certain which part is the password, only the scheme remains, and the host if that
// is certain: no text before the last @ is shown. For any other text, such as a path,
// Address is Hide.
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

// named reports whether text sets a password: the word followed by =, not only the word.
func named(text string) bool {
	return strings.Contains(strings.ToLower(text), "password") && regexp.MustCompile(`(?i)password\s*=`).MatchString(text)
}

// isPassword reports whether a PostgreSQL setting holds a password.
func isPassword(key string) bool {
	key = strings.ToLower(key)
	return key == "password" || key == "sslpassword"
}
