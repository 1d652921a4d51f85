package front

import "strings"

// follows reports whether the statement starts as pattern says: words separated
// by blanks. a|b is one of two words, [a] a word that may be missing, and ...
// anything up to the next word of the pattern outside of parentheses.
func (s statement) follows(pattern string) bool {
	at, seek := 0, false
	for want := range strings.FieldsSeq(pattern) {
		optional := want[0] == '['
		if optional {
			want = want[1 : len(want)-1]
		}
		switch {
		case want == "...":
			seek = true
			continue
		case seek:
			if at = s.find(at, want); at < 0 {
				return false
			}
			seek = false
		case s.isOneOf(at, want):
		case optional:
			continue
		default:
			return false
		}
		at++
	}
	return true
}

// isOneOf reports whether token i is one of the words that | separates.
func (s statement) isOneOf(i int, words string) bool {
	for word := range strings.SplitSeq(words, "|") {
		if s.is(i, word) {
			return true
		}
	}
	return false
}

// closing is the place of the parenthesis that closes the one at i, or the
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

// parts are the pieces between the commas from i to before end.
func (s statement) parts(i, end int) []span {
	var all []span
	depth, first := 0, i
	for ; i < end; i++ {
		switch {
		case s.is(i, "("):
			depth++
		case s.is(i, ")"):
			depth--
		case depth == 0 && s.is(i, ","):
			all = append(all, span{first, i})
			first = i + 1
		}
	}
	return append(all, span{first, end})
}

// within is the place of words, one after the other, in p; -1 if they aren't
// there.
func (s statement) within(p span, words ...string) int {
	for i := p.first; i+len(words) <= p.end; i++ {
		if s.has(i, words...) {
			return i
		}
	}
	return -1
}
