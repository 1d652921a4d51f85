package sql

import (
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
		t, ok := sc.next()
		if !ok {
			break
		}
		if t.kind == tokSymbol {
			switch text[t.from] {
			case '(':
				depth++
			case ')':
				depth--
			case ';':
				if depth > 0 {
					break
				}
				if len(tokens) > 0 {
					all = append(all, statement{text, tokens})
				}
				tokens, depth = nil, 0
				continue
			}
		}
		tokens = append(tokens, t)
	}
	if len(tokens) > 0 {
		all = append(all, statement{text, tokens})
	}
	return all
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

// oneOf returns the one of words that token i is, or "".
func (s statement) oneOf(i int, words ...string) string {
	for _, w := range words {
		if s.is(i, w) {
			return w
		}
	}
	return ""
}

// find returns the place of the first of words at or after i that is in no
// parentheses; -1 if there is none.
func (s statement) find(i int, words ...string) int {
	depth := 0
	for ; i < len(s.tokens); i++ {
		switch {
		case s.is(i, "("):
			depth++
		case s.is(i, ")"):
			depth--
		case depth == 0 && s.tokens[i].kind == tokWord && s.oneOf(i, words...) != "":
			return i
		}
	}
	return -1
}

// contains reports whether one of words is anywhere in the statement.
func (s statement) contains(words ...string) bool {
	for i := range s.tokens {
		if s.tokens[i].kind == tokWord && s.oneOf(i, words...) != "" {
			return true
		}
	}
	return false
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
