package sql

import (
	_ "embed"
	"strings"
)

// refused is the table of the forms that DSQL doesn't have.
//
//go:embed refused.txt
var refused string

// rule is a line of the table.
type rule struct {
	pattern string // as statement.follows reads it
	Refusal
}

// rulesFor returns the rules whose pattern starts with verb, in their order.
func rulesFor(verb string) func(yield func(rule) bool) {
	return func(yield func(rule) bool) {
		for line := range strings.Lines(refused) {
			if !strings.HasPrefix(line, verb) { // most of them
				continue
			}
			pattern, answer, found := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
			code, message, _ := strings.Cut(answer, " ")
			if found && !yield(rule{pattern, Refusal{code, message}}) {
				return
			}
		}
	}
}

// fits reports whether s, whose first word is verb, has the rule's form.
func (r *rule) fits(s statement, verb string) bool {
	rest, found := strings.CutPrefix(r.pattern, verb)
	return found && (rest == "" || rest[0] == ' ') && s.matches(1, strings.Fields(rest))
}
