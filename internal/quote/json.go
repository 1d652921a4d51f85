package quote

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// JSONWriter returns a writer that escapes invisible characters in JSON, which doesn't
// change its meaning. A Write must not end within a character.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ w io.Writer }

// Write implements io.Writer.
func (j jsonWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(j.w, escaped(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escaped escapes invisible characters in JSON. Except for line breaks, JSON can have them
// only within strings.
func escaped(text string) string {
	if isVisible(strings.ReplaceAll(text, "\n", "")) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || strconv.IsGraphic(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
