// Package quote makes text from outside harmless before it is printed. Text of a function,
// AWS, PostgreSQL, a file or a variable can contain control characters, line breaks, markup
// and passwords.
//
// Line (quote.go) is for a line in a terminal; the others build on it. Copy (copy.go)
// applies it to all texts within a value, and Messages (error.go) to an error. Markdown,
// Cell and Link (markup.go), Path (shell.go) and JSONWriter (json.go) add the escapes of
// their formats.
package quote

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"dsql-load-test/internal/secret"
)

// longest is the number of bytes that Line shows of a text.
const longest = 4000

// Line returns text on one line, without the passwords in it. Go's escapes, such as \x1b, \n
// and \u202e, replace invisible characters. A very long text is cut.
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

// visible escapes characters without a glyph: control characters, line separators, those
// that change the direction of text, and bytes that aren't UTF-8.
func visible(text string) string {
	if isVisible(text) {
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

// isVisible reports whether text needs no escapes.
func isVisible(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !strconv.IsGraphic(r) {
			return false
		}
	}
	return true
}
