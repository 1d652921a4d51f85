package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"dsql-load-test/internal/quote"
	"dsql-load-test/internal/secret"
)

// complain prints the lines of err, each as "error:" or "hint:". given has the arguments and
// variables of the program: if an address among them has a password, it is never printed.
func complain(w io.Writer, err error, given ...string) {
	for _, m := range quote.Messages(err) {
		word := "error"
		if m.Hint {
			word = "hint"
		}
		fmt.Fprintf(w, "%s: %s\n", word, withoutPasswords(m.Text, given))
	}
}

// withoutPasswords returns line with the passwords of the addresses in given removed.
func withoutPasswords(line string, given []string) string {
	for _, arg := range given {
		if _, value, found := strings.Cut(arg, "="); found && strings.HasPrefix(arg, "-") {
			arg = value
		}
		shown := secret.Address(arg)
		if shown == arg {
			continue
		}
		// An error may contain the address as it was given, or quoted by %q.
		for _, written := range []string{arg, strings.Trim(strconv.Quote(arg), `"`)} {
			line = strings.ReplaceAll(line, quote.Line(written), shown)
		}
	}
	return line
}
