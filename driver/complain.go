package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"dsql-load-test/internal/quote"
)

// complain prints each line of err as an error, hints as hints. No text from
// outside begins a line.
func complain(w io.Writer, err error) {
	var s *suggestion
	if errors.As(err, &s) {
		fmt.Fprintf(w, "error: %s\nDid you mean this?\n", quote.Line(s.fault))
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
		fmt.Fprintf(w, "%s: %s\n", word, m.Text)
	}
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
