// Package sqltest reads the rules of docs/dsql.md for tests.
package sqltest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Rows returns the rows of the tables whose first column has this header, without
// backquotes.
func Rows(t testing.TB, header string) (rows [][]string) {
	t.Helper()
	inside := false
	for line := range strings.Lines(document(t)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "| "+header+" |"):
			inside = true
		case !strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "|-"):
			inside = false
		case inside && line[1] == ' ':
			var row []string
			for _, cell := range strings.Split(strings.Trim(line, "|"), " | ") {
				row = append(row, strings.Trim(strings.TrimSpace(cell), "`"))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// document returns the text of docs/dsql.md in a folder above the test's.
func document(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for above := filepath.Dir(folder); above != folder; folder, above = above, filepath.Dir(above) {
		if text, err := os.ReadFile(filepath.Join(folder, "docs", "dsql.md")); err == nil {
			return string(text)
		}
	}
	t.Fatal("no docs/dsql.md above the test's folder")
	return ""
}
