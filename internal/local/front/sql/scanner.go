package sql

import "strings"

// tokenKind is what a token of SQL is.
type tokenKind byte

const (
	tokWord   tokenKind = iota + 1 // a keyword or a plain name
	tokQuoted                      // "name"
	tokString                      // 'text', E'text', $tag$text$tag$
	tokNumber
	tokParam  // $1
	tokSymbol // one byte of anything else
)

// sqlToken is a piece of SQL: text[from:to].
type sqlToken struct {
	kind     tokenKind
	from, to int32
}

// scanner cuts SQL into tokens, as PostgreSQL does with
// standard_conforming_strings on. It never fails: what isn't ended goes to the
// end of the text.
type scanner struct {
	text string
	at   int
}

// next returns the next token, or false at the end.
func (s *scanner) next() (sqlToken, bool) {
	s.skipBlanks()
	if s.at >= len(s.text) {
		return sqlToken{}, false
	}
	from := s.at
	kind := s.scan()
	return sqlToken{kind, int32(from), int32(s.at)}, true
}

func (s *scanner) scan() tokenKind {
	c := s.text[s.at]
	switch {
	case c == '\'':
		s.quoted('\'', false)
		return tokString
	case c == '"':
		s.quoted('"', false)
		return tokQuoted
	case c == '$':
		return s.dollar()
	case isDigit(c):
		s.number()
		return tokNumber
	case isWordStart(c):
		return s.word()
	}
	s.at++
	return tokSymbol
}

// number takes 1, 1.5 or 1.5e-3; what follows may be a word, or E'text'.
func (s *scanner) number() {
	s.take(isDigit)
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		s.take(isDigit)
	}
	rest := s.text[s.at:]
	if len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
		digits := strings.TrimLeft(rest[1:2], "+-") + rest[2:]
		if len(digits) > 0 && isDigit(digits[0]) {
			s.at += len(rest) - len(digits)
			s.take(isDigit)
		}
	}
}

// word takes a word, and the string after it where the word is a string's prefix.
func (s *scanner) word() tokenKind {
	from := s.at
	s.take(isWordPart)
	rest := s.text[s.at:]
	if s.at-from > 1 || rest == "" {
		return tokWord
	}
	prefix := s.text[from] | 0x20 // in lower case
	switch {
	case rest[0] == '\'' && strings.IndexByte("ebxn", prefix) >= 0:
		s.quoted('\'', prefix == 'e')
		return tokString
	case prefix == 'u' && strings.HasPrefix(rest, "&'"):
		s.at++
		s.quoted('\'', false)
		return tokString
	case prefix == 'u' && strings.HasPrefix(rest, `&"`):
		s.at++
		s.quoted('"', false)
		return tokQuoted
	}
	return tokWord
}

func (s *scanner) take(part func(byte) bool) {
	for s.at < len(s.text) && part(s.text[s.at]) {
		s.at++
	}
}

// quoted takes a quoted text; the quote doubled stands for itself.
func (s *scanner) quoted(quote byte, backslash bool) {
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\\' && backslash:
			s.at++
		case c == quote && s.at+1 < len(s.text) && s.text[s.at+1] == quote:
			s.at++
		case c == quote:
			s.at++
			return
		}
	}
	s.at = len(s.text)
}

// dollar takes $1, or $tag$ and all up to the next $tag$.
func (s *scanner) dollar() tokenKind {
	from := s.at
	s.at++
	if s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.take(isDigit)
		return tokParam
	}
	if s.at < len(s.text) && isWordStart(s.text[s.at]) {
		s.take(func(c byte) bool { return isWordPart(c) && c != '$' })
	}
	if s.at >= len(s.text) || s.text[s.at] != '$' {
		s.at = from + 1
		return tokSymbol
	}
	s.at++
	tag := s.text[from:s.at]
	if i := strings.Index(s.text[s.at:], tag); i >= 0 {
		s.at += i + len(tag)
	} else {
		s.at = len(s.text)
	}
	return tokString
}

// skipBlanks skips white space and comments; /* */ nest.
func (s *scanner) skipBlanks() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.IndexByte(" \t\n\r\f\v", rest[0]) >= 0:
			s.at++
		case strings.HasPrefix(rest, "--"):
			i := strings.IndexAny(rest, "\r\n")
			if i < 0 {
				i = len(rest)
			}
			s.at += i
		case strings.HasPrefix(rest, "/*"):
			s.comment()
		default:
			return
		}
	}
}

func (s *scanner) comment() {
	depth := 0
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			depth++
			s.at += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			s.at += 2
			if depth == 0 {
				return
			}
		default:
			s.at++
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }
