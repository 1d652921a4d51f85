package sql

import (
	"testing"

	"dsql-load-test/internal/local/front/sql/sqltest"
)

// FuzzSQL: tokens are in order and leave out nothing but blanks and comments; a
// statement cut out of a text means the same by itself.
func FuzzSQL(f *testing.F) {
	for _, header := range []string{"statement", "accepted statement"} {
		for _, row := range sqltest.Rows(f, header) {
			f.Add(row[0])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		sc := scanner{text: text}
		at := int32(0)
		for {
			tok, ok := sc.next()
			if !ok {
				break
			}
			if tok.from < at || tok.to <= tok.from || int(tok.to) > len(text) {
				t.Fatalf("token %v after %d in a text of %d", tok, at, len(text))
			}
			gap := scanner{text: text[at:tok.from]}
			if _, more := gap.next(); more {
				t.Fatalf("%q left out", gap.text)
			}
			at = tok.to
		}
		for _, s := range split(text) {
			c := classOf(s)
			again := Classify(s.sql())
			if len(again) != 1 || again[0].Kind != c.Kind || (again[0].Refused == nil) != (c.Refused == nil) || again[0].Rows != c.Rows {
				t.Fatalf("%q by itself is %+v, in its text %+v", s.sql(), again, c)
			}
		}
	})
}
