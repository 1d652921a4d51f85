package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// complain prints each line of err as an error, hints as hints. No text from
// outside begins a line, and none has a password that is in an address among given,
// the command line and the variables, wherever it stands there.
func complain(w io.Writer, err error, given ...string) {
	for _, m := range quote.Messages(err) {
		word := "error"
		if m.Hint {
			word = "hint"
		}
		fmt.Fprintf(w, "%s: %s\n", word, withoutPasswords(m.Text, given))
	}
}

// withoutPasswords is a line with the addresses among given as they may be shown.
func withoutPasswords(line string, given []string) string {
	for _, arg := range given {
		if _, value, found := strings.Cut(arg, "="); found && strings.HasPrefix(arg, "-") {
			arg = value
		}
		shown := secret.Address(arg)
		if shown == arg {
			continue
		}
		for _, written := range []string{arg, strings.Trim(strconv.Quote(arg), `"`)} {
			line = strings.ReplaceAll(line, quote.Line(written), shown)
		}
	}
	return line
}
