package front

import (
	"os"
	"strings"
	"testing"
)

// documented are the rows of the table of docs/dsql.md whose header's first
// column this is, without backquotes.
func documented(t testing.TB, header string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/dsql.md")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
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
