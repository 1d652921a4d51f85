package sql

import "strings"

// follows reports whether the statement starts as pattern says. A pattern is
// separated by blanks and begins with a word:
//
//	a|b    one of these words or symbols
//	!a|b   any token but these
//	[a b]  may be missing
//	NAME   a name, also with its schema's
//	STRING a string
//	(...)  parentheses with all that is in them
//	...    anything outside of further parentheses, up to what follows
//	..     the same without a comma
//	ITEM   here or after any comma: where an item of a list starts
//	END    the statement's end
func (s statement) follows(pattern string) bool {
	first, rest, _ := strings.Cut(pattern, " ")
	return s.isOneOf(0, first) && s.matches(1, strings.Fields(rest))
}

// matches reports whether the tokens from i on are as the pattern says.
func (s statement) matches(i int, pattern []string) bool {
	for n, want := range pattern {
		rest := pattern[n+1:]
		switch {
		case want == "...", want == "..", want == "ITEM":
			return s.matchesLater(i, want, rest)
		case want[0] == '[':
			length := optionLength(pattern[n:])
			text := strings.Join(pattern[n:n+length], " ")
			option := strings.Fields(text[1 : len(text)-1])
			rest = pattern[n+length:]
			return s.matches(i, append(option, rest...)) || s.matches(i, rest)
		case want == "END":
			return i == len(s.tokens)
		case i >= len(s.tokens):
			return false
		case want == "NAME":
			if i = s.afterName(i); i < 0 {
				return false
			}
		case want == "STRING":
			if s.tokens[i].kind != tokString {
				return false
			}
			i++
		case want == "(...)":
			if !s.is(i, "(") {
				return false
			}
			i = s.closing(i) + 1
		case want[0] == '!':
			if s.isOneOf(i, want[1:]) {
				return false
			}
			i++
		case !s.isOneOf(i, want):
			return false
		default:
			i++
		}
	}
	return true
}

// matchesLater reports whether rest fits at i or later, as the word skip allows.
func (s statement) matchesLater(i int, skip string, rest []string) bool {
	for start := true; i <= len(s.tokens); i++ {
		if (start || skip != "ITEM") && s.matches(i, rest) {
			return true
		}
		switch {
		case s.is(i, "("):
			i = s.closing(i)
		case s.is(i, ")"), skip == ".." && s.is(i, ","):
			return false
		}
		start = s.is(i, ",")
	}
	return false
}

// optionLength returns the number of words in the brackets at the pattern's start.
func optionLength(pattern []string) int {
	depth := 0
	for n, word := range pattern {
		depth += strings.Count(word, "[") - strings.Count(word, "]")
		if depth <= 0 {
			return n + 1
		}
	}
	return len(pattern)
}

// afterName returns the place after the name at i, or -1 if there is no name.
func (s statement) afterName(i int) int {
	for {
		if i >= len(s.tokens) || s.tokens[i].kind != tokWord && s.tokens[i].kind != tokQuoted || s.isOneOf(i, "constraint|column") {
			return -1
		}
		if i++; !s.is(i, ".") {
			return i
		}
		i++
	}
}

// closing returns the place of the parenthesis that closes the one at i, or the
// statement's end.
func (s statement) closing(i int) int {
	depth := 0
	for ; i < len(s.tokens); i++ {
		switch {
		case s.is(i, "("):
			depth++
		case s.is(i, ")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s.tokens)
}

// span is the tokens from first to before end.
type span struct{ first, end int }

// parts returns the pieces between the commas from i to before end.
func (s statement) parts(i, end int) []span {
	var all []span
	first := i
	for i := range s.outside(i, end) {
		if s.is(i, ",") {
			all = append(all, span{first, i})
			first = i + 1
		}
	}
	return append(all, span{first, end})
}

// within returns the place in p where words follow one another; -1 if they don't.
func (s statement) within(p span, words ...string) int {
	return s.first(p.first, p.end-len(words)+1, func(i int) bool { return s.has(i, words...) })
}
