package sql

import (
	"slices"
	"strings"
)

// edit replaces the tokens from first to before end by text.
type edit struct {
	first, end int
	text       string
}

// edited returns the statement's text after the edits, which may not overlap.
func (s statement) edited(edits ...edit) string {
	if len(edits) == 0 {
		return s.sql()
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.first - b.first })
	var b strings.Builder
	at := s.tokens[0].from
	for _, e := range edits {
		b.WriteString(s.text[at:s.start(e.first)])
		b.WriteString(e.text)
		at = s.start(e.end)
		if e.end > e.first {
			at = s.tokens[e.end-1].to
		}
	}
	b.WriteString(s.text[at:s.tokens[len(s.tokens)-1].to])
	return b.String()
}

// start returns where token i starts in the text; after the last token, where the
// statement ends.
func (s statement) start(i int) int32 {
	if i < len(s.tokens) {
		return s.tokens[i].from
	}
	return s.tokens[len(s.tokens)-1].to
}

// without returns the edit that removes n tokens from i on.
func without(i, n int) edit { return edit{first: i, end: i + n} }

// Quoted returns text as a literal of SQL.
func Quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// QuotedName returns a name as an identifier of SQL.
func QuotedName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
