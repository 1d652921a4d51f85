package main

import (
	"errors"
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
	var s *suggestion
	if errors.As(err, &s) {
		fmt.Fprintf(w, "error: %s\nDid you mean this?\n", withoutPasswords(quote.Line(s.fault), given))
		for _, command := range s.commands {
			fmt.Fprintf(w, "\t%s\n", quote.Line(command))
		}
		return
	}
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

// suggestion is an error of cobra's that offers other commands.
type suggestion struct {
	error
	fault    string
	commands []string
}

// suggested takes err, which is of cobra, apart where it offers something. What
// the user typed is quoted in it.
func suggested(err error) error {
	if err == nil {
		return nil
	}
	fault, commands, found := strings.Cut(err.Error(), "\n\nDid you mean this?\n")
	if !found {
		return err
	}
	return &suggestion{error: err, fault: fault, commands: strings.Fields(commands)}
}
