// Package quote makes text from outside harmless where it is printed: what a
// function, AWS, PostgreSQL, a file or a variable says can hold control
// characters, line breaks and markup.
//
// Line is for a terminal, Copy does the same for a whole value, Messages for an
// error. Markdown, Cell, Link and JSONWriter add what their form needs.
package quote

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"dsql-load-test/internal/secret"
)

// longest is how many bytes of one text are shown.
const longest = 4000

// Line is text on one line, with everything that isn't seen made visible by Go's
// escapes: \x1b, \n, \u202e, and without the passwords of addresses in it. Of a
// very long text only the begin is left.
func Line(text string) string {
	text = secret.Hide(text)
	cut := ""
	if len(text) > longest {
		cut = fmt.Sprintf(" ... (%d bytes)", len(text))
		end := longest
		for end > longest-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return visible(text) + cut
}

// visible escapes what has no glyph: controls, line separators, what changes the
// direction of text, and bytes that aren't UTF-8.
func visible(text string) string {
	if seen(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case strconv.IsGraphic(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToGraphic(r), "'"))
		}
		text = text[size:]
	}
	return b.String()
}

// seen reports whether all of text is.
func seen(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !strconv.IsGraphic(r) {
			return false
		}
	}
	return true
}
