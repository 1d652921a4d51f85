package sql

import (
	"strings"
	"testing"

	"dsql-load-test/internal/local/front/sql/sqltest"
)

// Whatever the front's tables refuse is in the document.
func TestEveryRefusalIsDocumented(t *testing.T) {
	rows := sqltest.Rows(t, "statement")
	has := func(fits func(s statement, code, message string) bool) bool {
		for _, row := range rows {
			if fits(split(row[0])[0], row[1], row[2]) {
				return true
			}
		}
		return false
	}
	rules := 0
	for r := range rulesFor("") {
		rules++
		if !has(func(s statement, code, message string) bool {
			return r.fits(s, s.verb()) && r.Refusal == Refusal{code, message}
		}) {
			t.Errorf("no statement of the form %q with the answer %q", r.pattern, r.Message)
		}
	}
	if lines := strings.Count(refused, " => "); rules != lines || rules < 150 {
		t.Errorf("%d rules are read of %d", rules, lines)
	}
	for _, name := range strings.Fields(refusedTypes) {
		message := "datatype " + strings.ReplaceAll(name, "_v", " v") + " not supported"
		if !has(func(_ statement, _, got string) bool { return got == message }) {
			t.Errorf("no statement with the answer %q", message)
		}
	}
	if len(rows) < 100 {
		t.Errorf("%d statements", len(rows))
	}
}
