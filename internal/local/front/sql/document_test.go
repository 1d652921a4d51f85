package sql

import (
	"strings"
	"testing"

	"dsql-load-test/internal/local/front/sql/sqltest"
)

// Whatever the front's tables refuse is in the document.
func TestEveryRefusalIsDocumented(t *testing.T) {
	rows := sqltest.Rows(t, "statement")
	has := func(fits func(statement, string) bool) bool {
		for _, row := range rows {
			if fits(split(row[0])[0], row[2]) {
				return true
			}
		}
		return false
	}
	for form := range refusedForms {
		if !has(func(s statement, message string) bool { return form.fits(s, s.verb()) && message == form.message }) {
			t.Errorf("no statement of the form %q with the answer %q", form.pattern, form.message)
		}
	}
	for _, name := range strings.Fields(refusedTypes) {
		message := "datatype " + strings.ReplaceAll(name, "_v", " v") + " not supported"
		if !has(func(_ statement, got string) bool { return got == message }) {
			t.Errorf("no statement with the answer %q", message)
		}
	}
	if len(rows) < 100 {
		t.Errorf("%d statements", len(rows))
	}
}
