package sql

import (
	"iter"
	"strings"
)

// statement is one SQL statement, and its tokens.
type statement struct {
	text   string // of the whole request that it is in
	tokens []sqlToken
}

// split cuts a text at the semicolons between its statements. Empty statements
// are left out.
func split(text string) []statement {
	var all []statement
	var tokens []sqlToken
	sc := scanner{text: text}
	depth := 0
	for {
		t, more := sc.next()
		symbol := ""
		if t.kind == tokSymbol {
			symbol = text[t.from:t.to]
		}
		switch {
		case symbol == "(":
			depth++
		case symbol == ")":
			depth--
		case !more, symbol == ";" && depth <= 0:
			if len(tokens) > 0 {
				all = append(all, statement{text, tokens})
			}
			if !more {
				return all
			}
			tokens, depth = nil, 0
			continue
		}
		tokens = append(tokens, t)
	}
}

// sql returns the statement's own text.
func (s statement) sql() string {
	return s.text[s.tokens[0].from:s.tokens[len(s.tokens)-1].to]
}

// at returns the text of token i, "" before the first and after the last.
func (s statement) at(i int) string {
	if i < 0 || i >= len(s.tokens) {
		return ""
	}
	return s.text[s.tokens[i].from:s.tokens[i].to]
}

// is reports whether token i is this word or symbol.
func (s statement) is(i int, word string) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind != tokQuoted && s.tokens[i].kind != tokString && strings.EqualFold(s.at(i), word)
}

// has reports whether these words follow one another from token i on.
func (s statement) has(i int, words ...string) bool {
	for n, w := range words {
		if !s.is(i+n, w) {
			return false
		}
	}
	return true
}

// isOneOf reports whether token i is one of the words that | separates.
func (s statement) isOneOf(i int, words string) bool {
	for words != "" {
		var word string
		if word, words, _ = strings.Cut(words, "|"); s.is(i, word) {
			return true
		}
	}
	return false
}

// outside yields the places from i to before end that are in no parentheses, and those
// where parentheses open.
func (s statement) outside(i, end int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; i < end && !s.is(i, ")") && yield(i); i++ {
			if s.is(i, "(") {
				i = s.closing(i)
			}
		}
	}
}

// find returns the first place at or after i, outside of parentheses, of one of the
// words that | separates; -1 if there is none.
func (s statement) find(i int, words string) int {
	for i := range s.outside(i, len(s.tokens)) {
		if s.tokens[i].kind == tokWord && s.isOneOf(i, words) {
			return i
		}
	}
	return -1
}

// first returns the first place from i to before end, in parentheses or not, where is holds;
// -1 if there is none.
func (s statement) first(i, end int, is func(i int) bool) int {
	for ; i < end; i++ {
		if is(i) {
			return i
		}
	}
	return -1
}

// contains reports whether one of the words that | separates is anywhere in the
// statement.
func (s statement) contains(words string) bool {
	isWord := func(i int) bool { return s.tokens[i].kind == tokWord && s.isOneOf(i, words) }
	return s.first(0, len(s.tokens), isWord) >= 0
}

// name returns the identifier at token i as PostgreSQL reads it: in lower case unless
// it is quoted.
func (s statement) name(i int) string {
	if i >= 0 && i < len(s.tokens) && s.tokens[i].kind == tokQuoted {
		inner := strings.TrimSuffix(strings.TrimPrefix(s.at(i), `"`), `"`)
		return strings.ReplaceAll(inner, `""`, `"`)
	}
	return strings.ToLower(s.at(i))
}
