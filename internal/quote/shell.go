package quote

import (
	"fmt"
	"strconv"
	"strings"
)

// Path returns a path as an argument of a command that a user pastes into a shell: as it is
// if that is safe, else quoted, with escapes for invisible characters ($'a\nb'). -x becomes
// ./-x, because it looks like a flag.
func Path(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	switch {
	case path != "" && strings.Trim(path, plain) == "":
		return path
	case isVisible(path):
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(path) {
		switch c := path[i]; {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c == '\n', c == '\t', c == '\r':
			b.WriteString(strings.Trim(strconv.QuoteRune(rune(c)), "'"))
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}

// plain are characters without a special meaning in a shell, anywhere in a word.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-,:@%"
